import Foundation

/// The Fourier transform of complex sequences of one power-of-two length, in place, radix two.
///
/// The transform's values come in bit-reversed order, and the inverse takes them in that order: element-wise products
/// between the two do not mind, and nothing is ever reordered.
struct FourierTransform {
    /// e^{−πi k/half} for k < half, from index half − 1 on: for each half in turn, so that every pass reads in order.
    private var cosines: [Double] = []
    private var sines: [Double] = []

    /// A transform of sequences of `count`.
    init(count: Int) {
        var half = 1
        while half < count {
            let step = Double.pi / Double(half)
            cosines += (0..<half).map { cos(step * Double($0)) }
            sines += (0..<half).map { -sin(step * Double($0)) }
            half *= 2
        }
    }

    /// X_k = Σ_j x_j e^{−2πi jk/N}: decimation in frequency.
    func forward(_ sequence: inout ComplexSequence) {
        passes(&sequence.real, &sequence.imaginary) { re, im, wr, wi in
            var half = re.count / 2
            while half >= 1 {
                Self.split(re, im, wr + (half - 1), wi + (half - 1), half: half)
                half /= 2
            }
        }
    }

    /// The inverse, by way of swapped parts: decimation in time.
    func inverse(_ sequence: inout ComplexSequence) {
        passes(&sequence.imaginary, &sequence.real) { re, im, wr, wi in
            var half = 1
            while half < re.count {
                Self.join(re, im, wr + (half - 1), wi + (half - 1), half: half)
                half *= 2
            }
        }
        let share = 1 / Double(sequence.real.count)
        for index in sequence.real.indices {
            sequence.real[index] *= share
            sequence.imaginary[index] *= share
        }
    }

    private typealias Parts = UnsafeMutableBufferPointer<Double>
    private typealias Roots = UnsafePointer<Double>

    private func passes(
        _ real: inout [Double], _ imaginary: inout [Double], _ body: (Parts, Parts, Roots, Roots) -> Void
    ) {
        real.withUnsafeMutableBufferPointer { re in
            imaginary.withUnsafeMutableBufferPointer { im in
                cosines.withUnsafeBufferPointer { wr in
                    sines.withUnsafeBufferPointer { wi in
                        guard let wr = wr.baseAddress, let wi = wi.baseAddress else { return }
                        body(re, im, wr, wi)
                    }
                }
            }
        }
    }

    private static func split(_ re: Parts, _ im: Parts, _ wr: Roots, _ wi: Roots, half: Int) {
        for start in stride(from: 0, to: re.count, by: 2 * half) {
            for offset in 0..<half {
                let (a, b) = (start + offset, start + offset + half)
                let (x, y) = (re[a] - re[b], im[a] - im[b])
                (re[a], im[a]) = (re[a] + re[b], im[a] + im[b])
                (re[b], im[b]) = (x * wr[offset] - y * wi[offset], x * wi[offset] + y * wr[offset])
            }
        }
    }

    private static func join(_ re: Parts, _ im: Parts, _ wr: Roots, _ wi: Roots, half: Int) {
        for start in stride(from: 0, to: re.count, by: 2 * half) {
            for offset in 0..<half {
                let (a, b) = (start + offset, start + offset + half)
                let x = re[b] * wr[offset] - im[b] * wi[offset]
                let y = re[b] * wi[offset] + im[b] * wr[offset]
                (re[b], im[b]) = (re[a] - x, im[a] - y)
                (re[a], im[a]) = (re[a] + x, im[a] + y)
            }
        }
    }
}
