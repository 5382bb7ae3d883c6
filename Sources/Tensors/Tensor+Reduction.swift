import CKernels

extension Tensor {
    /// The sum of the squares of a float32 tensor's elements, in float64.
    public var squaredNorm: Double { lorad_dot(floats, floats, count) }

    /// Whether an element of a float32 tensor is NaN or infinite.
    public var hasNonFinite: Bool { lorad_has_nonfinite(floats, count) != 0 }

    /// The sum of two constants of the same shape. It reuses this tensor's memory if nothing else refers to it.
    public consuming func sum(adding other: Tensor) -> Tensor { adding(other) }
}
