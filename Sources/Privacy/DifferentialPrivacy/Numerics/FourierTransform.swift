import Foundation

/// The Fourier transform of complex sequences of one power-of-two length, its roots of unity computed once.
struct FourierTransform {
    private let cosines: [Double]
    private let sines: [Double]

    /// A transform of sequences of `count`.
    init(count: Int) {
        let step = 2 * Double.pi / Double(count)
        cosines = (0..<max(1, count / 2)).map { cos(step * Double($0)) }
        sines = (0..<max(1, count / 2)).map { -sin(step * Double($0)) }
    }

    /// X_k = Σ_j x_j e^{−2πi jk/N}, in place: radix two, decimation in time.
    func forward(_ sequence: inout ComplexSequence) { transform(&sequence.real, &sequence.imaginary) }

    /// The inverse in place, by way of swapped parts.
    func inverse(_ sequence: inout ComplexSequence) {
        transform(&sequence.imaginary, &sequence.real)
        let share = 1 / Double(sequence.real.count)
        for index in sequence.real.indices {
            sequence.real[index] *= share
            sequence.imaginary[index] *= share
        }
    }

    private func transform(_ real: inout [Double], _ imaginary: inout [Double]) {
        Self.reorder(&real, &imaginary)
        real.withUnsafeMutableBufferPointer { re in
            imaginary.withUnsafeMutableBufferPointer { im in
                cosines.withUnsafeBufferPointer { wr in
                    sines.withUnsafeBufferPointer { wi in
                        var half = 1
                        while half < re.count {
                            Self.butterflies(re, im, wr, wi, half: half)
                            half *= 2
                        }
                    }
                }
            }
        }
    }

    private static func butterflies(
        _ re: UnsafeMutableBufferPointer<Double>, _ im: UnsafeMutableBufferPointer<Double>,
        _ wr: UnsafeBufferPointer<Double>, _ wi: UnsafeBufferPointer<Double>, half: Int
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

    private static func reorder(_ real: inout [Double], _ imaginary: inout [Double]) {
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

/// Complex numbers by their parts.
struct ComplexSequence {
    /// The real parts.
    var real: [Double]
    /// The imaginary parts.
    var imaginary: [Double]

    init(real: [Double]) {
        self.real = real
        imaginary = Array(repeating: 0, count: real.count)
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
