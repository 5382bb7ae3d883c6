import Foundation

/// Complex sequences of a power-of-two length, transformed in place.
struct FourierSequence {
    /// The real parts.
    var real: [Double]
    /// The imaginary parts.
    var imaginary: [Double]

    init(real: [Double]) {
        self.real = real
        imaginary = Array(repeating: 0, count: real.count)
    }

    /// X_k = Σ_j x_j e^{−2πi jk/N}, radix two, decimation in time.
    mutating func transform() {
        let count = real.count
        reorder()
        var cosines = (0..<max(1, count / 2)).map { cos(2 * Double.pi * Double($0) / Double(count)) }
        var sines = (0..<max(1, count / 2)).map { -sin(2 * Double.pi * Double($0) / Double(count)) }
        real.withUnsafeMutableBufferPointer { re in
            imaginary.withUnsafeMutableBufferPointer { im in
                cosines.withUnsafeMutableBufferPointer { wr in
                    sines.withUnsafeMutableBufferPointer { wi in
                        var half = 1
                        while half < count {
                            Self.butterflies(re, im, wr, wi, half: half)
                            half *= 2
                        }
                    }
                }
            }
        }
    }

    /// The inverse, by way of swapped parts.
    mutating func invert() {
        swap(&real, &imaginary)
        transform()
        swap(&real, &imaginary)
        let share = 1 / Double(real.count)
        for index in real.indices {
            real[index] *= share
            imaginary[index] *= share
        }
    }

    /// Multiplies by the `exponent`-th power of another sequence, element by element, by repeated squaring.
    mutating func multiply(by other: Self, power exponent: Int) {
        for index in real.indices {
            var (baseRe, baseIm) = (other.real[index], other.imaginary[index])
            var (re, im) = (real[index], imaginary[index])
            var rest = exponent
            while true {
                if rest & 1 == 1 { (re, im) = (re * baseRe - im * baseIm, re * baseIm + im * baseRe) }
                rest >>= 1
                if rest == 0 { break }
                (baseRe, baseIm) = (baseRe * baseRe - baseIm * baseIm, 2 * baseRe * baseIm)
            }
            (real[index], imaginary[index]) = (re, im)
        }
    }

    private static func butterflies(
        _ re: UnsafeMutableBufferPointer<Double>, _ im: UnsafeMutableBufferPointer<Double>,
        _ wr: UnsafeMutableBufferPointer<Double>, _ wi: UnsafeMutableBufferPointer<Double>, half: Int
    ) {
        let stride = re.count / (2 * half)
        for start in Swift.stride(from: 0, to: re.count, by: 2 * half) {
            for offset in 0..<half {
                let (a, b) = (start + offset, start + offset + half)
                let (c, s) = (wr[offset * stride], wi[offset * stride])
                let (x, y) = (re[b] * c - im[b] * s, re[b] * s + im[b] * c)
                (re[b], im[b]) = (re[a] - x, im[a] - y)
                (re[a], im[a]) = (re[a] + x, im[a] + y)
            }
        }
    }

    private mutating func reorder() {
        let bits = real.count.trailingZeroBitCount
        guard bits > 0 else { return }
        for index in real.indices {
            let mirrored = Int(truncatingIfNeeded: UInt64(index).bitReversed >> UInt64(64 - bits))
            guard mirrored > index else { continue }
            real.swapAt(index, mirrored)
            imaginary.swapAt(index, mirrored)
        }
    }
}

extension UInt64 {
    /// The bits in the opposite order.
    fileprivate var bitReversed: UInt64 {
        var x = byteSwapped
        x = (x & 0x0F0F_0F0F_0F0F_0F0F) << 4 | (x >> 4) & 0x0F0F_0F0F_0F0F_0F0F
        x = (x & 0x3333_3333_3333_3333) << 2 | (x >> 2) & 0x3333_3333_3333_3333
        return (x & 0x5555_5555_5555_5555) << 1 | (x >> 1) & 0x5555_5555_5555_5555
    }
}
