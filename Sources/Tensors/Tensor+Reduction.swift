import CKernels

extension Tensor {
    /// The sum of the squares of a float32 tensor's elements, in float64.
    public var squaredNorm: Double { lorad_dot(floats, floats, count) }

    /// Whether an element of a float32 tensor is NaN or infinite.
    public var hasNonFinite: Bool { lorad_has_nonfinite(floats, count) != 0 }

    /// The sum of two constants of one shape, in this tensor's memory where nobody else holds it.
    public consuming func sum(adding other: Tensor) -> Tensor { adding(other) }
}
