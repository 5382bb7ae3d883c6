import CKernels

/// The type of a tensor's elements, named as in the safetensors format.
public enum DType: String, Sendable, Codable, CaseIterable {
    case float64 = "F64"
    case float32 = "F32"
    case bfloat16 = "BF16"
    case float16 = "F16"
    case int64 = "I64"
    case int32 = "I32"
    case int16 = "I16"
    case int8 = "I8"
    case uint8 = "U8"
    case bool = "BOOL"

    /// Bytes an element.
    public var size: Int {
        switch self {
        case .float64, .int64: 8
        case .float32, .int32: 4
        case .bfloat16, .float16, .int16: 2
        case .int8, .uint8, .bool: 1
        }
    }

    /// Whether the engine computes with it.
    public var isComputable: Bool { self == .float32 || self == .bfloat16 || self == .float16 }
}

extension DType {
    /// The type as elementwise kernels know it, which take these two.
    var kernel: lorad_type {
        switch self {
        case .float32: LORAD_F32
        case .bfloat16: LORAD_BF16
        default: preconditionFailure("activations of type \(self)")
        }
    }
}
