import Tensors

extension Contribution {
    /// Whether the loss and every number of the update are finite.
    var isFinite: Bool { metrics.loss.isFinite && update.entries.allSatisfy { Self.isFinite($0.tensor) } }

    private static func isFinite(_ tensor: Tensor) -> Bool {
        switch tensor.dtype {
        case .float32: !tensor.hasNonFinite
        case .float64, .bfloat16, .float16: tensor.values.allSatisfy(\.isFinite)
        case .int64, .int32, .int16, .int8, .uint8, .bool: true
        }
    }
}
