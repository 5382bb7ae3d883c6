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
