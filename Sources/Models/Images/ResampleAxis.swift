import CImageCodecs

/// The weights that make one axis of a resized image: output i is a weighted sum of a run of inputs.
///
/// The kernel is stretched by the reduction, sampled at pixel centres, normalised to sum 1 and rounded to fixed point;
/// this is the convolution that Pillow documents and whose rounding it defines.
struct ResampleAxis {
    /// The first input of each output.
    private(set) var first: [Int32] = []
    /// How many inputs each output has.
    private(set) var count: [Int32] = []
    /// `taps` weights for each output, the unused ones zero.
    private(set) var weights: [Int32] = []
    /// The most inputs an output can have.
    let taps: Int

    /// The weights of outputs `window`, of an axis resized from `input` to `output` pixels.
    init(input: Int, output: Int, window: Range<Int>, filter: ResampleFilter) {
        if input == output || filter == .nearest {
            taps = 1
            pick(Self.nearest(input: input, output: output, window: window))
            return
        }
        let scale = Double(input) / Double(output)
        let stretch = max(1, scale)
        let support = filter.support * stretch
        taps = 2 * Int(support.rounded(.up)) + 1
        for index in window {
            let center = (Double(index) + 0.5) * scale
            let start = max(0, Int(center - support + 0.5))
            let end = min(input, Int(center + support + 0.5))
            append(start: start, (start..<end).map { filter((Double($0) - center + 0.5) * (1 / stretch)) })
        }
    }

    /// The inputs that the outputs need.
    var inputs: Range<Int> {
        let ends = zip(first, count).map { Int($0 + $1) }
        return Int(first.min() ?? 0)..<(ends.max() ?? 0)
    }

    /// The same weights over inputs that begin at `start`.
    func shifted(by start: Int) -> ResampleAxis {
        var axis = self
        axis.first = first.map { $0 - Int32(start) }
        return axis
    }

    /// Calls the kernel with a C view of the weights.
    func withKernelAxis(_ body: (inout lorad_resample_axis) -> Void) {
        first.withUnsafeBufferPointer { first in
            count.withUnsafeBufferPointer { count in
                weights.withUnsafeBufferPointer { weights in
                    var axis = lorad_resample_axis(
                        first: first.baseAddress, count: count.baseAddress, weights: weights.baseAddress, taps: taps,
                        outputs: first.count)
                    body(&axis)
                }
            }
        }
    }

    private static let one = Double(1 << LORAD_RESAMPLE_BITS)

    private mutating func append(start: Int, _ raw: [Double]) {
        let sum = raw.reduce(0, +)
        let normalised = sum == 0 ? raw : raw.map { $0 / sum }
        first.append(Int32(start))
        count.append(Int32(raw.count))
        weights += normalised.map { Int32(($0 * Self.one).rounded(.toNearestOrAwayFromZero)) }
        weights += repeatElement(0, count: taps - raw.count)
    }

    private mutating func pick(_ inputs: [Int32]) {
        first = inputs
        count = Array(repeating: 1, count: inputs.count)
        weights = Array(repeating: Int32(Self.one), count: inputs.count)
    }

    /// The input under each output's centre, found by steps of the scale as Pillow finds it.
    private static func nearest(input: Int, output: Int, window: Range<Int>) -> [Int32] {
        let scale = Double(input) / Double(output)
        var position = scale * 0.5
        return (0..<window.upperBound).compactMap { index in
            defer { position += scale }
            return index < window.lowerBound ? nil : Int32(min(input - 1, Int(position)))
        }
    }
}
