import Foundation

/// A resampling kernel; the raw values are Pillow's, which preprocessor configurations use.
public enum ResampleFilter: Int, Sendable, Hashable, CaseIterable {
    case nearest = 0
    case lanczos = 1
    case bilinear = 2
    case bicubic = 3
    case box = 4
    case hamming = 5

    /// Half the kernel's width, in input pixels when enlarging.
    var support: Double {
        switch self {
        case .nearest: 0
        case .box: 0.5
        case .bilinear, .hamming: 1
        case .bicubic: 2
        case .lanczos: 3
        }
    }

    /// The kernel at distance `x`.
    func callAsFunction(_ x: Double) -> Double {
        switch self {
        case .nearest: 0
        case .box: x > -0.5 && x <= 0.5 ? 1 : 0
        case .bilinear: max(0, 1 - abs(x))
        case .hamming: Self.windowedSinc(x)
        case .bicubic: Self.keysCubic(abs(x))
        case .lanczos: abs(x) < 3 ? Self.sinc(x) * Self.sinc(x / 3) : 0
        }
    }

    /// Keys' cubic convolution (1981) with a = −½.
    private static func keysCubic(_ x: Double) -> Double {
        let a = -0.5
        if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
        return 0
    }

    private static func windowedSinc(_ x: Double) -> Double {
        abs(x) >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * cos(.pi * x))
    }

    private static func sinc(_ x: Double) -> Double {
        x == 0 ? 1 : sin(.pi * x) / (.pi * x)
    }
}
