import Tensors

extension Contribution {
    /// Whether the loss and every number of the update are finite.
    var isFinite: Bool { metrics.loss.isFinite && update.isFinite }
}

extension StateDict {
    /// Whether every number is finite.
    var isFinite: Bool {
        entries.allSatisfy { entry in
            switch entry.tensor.dtype {
            case .float32: !entry.tensor.hasNonFinite
            case .float64, .bfloat16, .float16: entry.tensor.values.allSatisfy(\.isFinite)
            case .int64, .int32, .int16, .int8, .uint8, .bool: true
            }
        }
    }
}
