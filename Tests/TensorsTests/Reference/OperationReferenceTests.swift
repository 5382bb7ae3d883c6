import Foundation
import Testing

@testable import Tensors

@Suite("Operations, by their definition")
struct OperationReferenceTests {
    private static let rows = 70
    private static let columns = 37
    private var random = TestRandom(21)

    private func line(_ values: [Float], _ row: Int) -> [Double] {
        values[row * Self.columns..<(row + 1) * Self.columns].map(Double.init)
    }

    @Test("A layer norm has the mean and variance that its weight and bias say", arguments: [1, 1e-3, 1e3] as [Float])
    func layerNorm(scale: Float) {
        var random = random
        let x = random.tensor([Self.rows, Self.columns], scale: scale)
        let (weight, bias) = (random.tensor([Self.columns]), random.tensor([Self.columns]))
        let expected = (0..<Self.rows).flatMap { row -> [Double] in
            let x = line(x.values, row)
            let mean = x.reduce(0, +) / Double(x.count)
            let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
            return x.indices.map {
                (x[$0] - mean) / (variance + 1e-5).squareRoot() * Double(weight.values[$0]) + Double(bias.values[$0])
            }
        }
        let found = x.layerNormalized(weight: weight, bias: bias, epsilon: 1e-5).values
        #expect(relativeDistance(found, expected) < 1e-5)
    }

    @Test("A row far from zero keeps its variance in a layer norm")
    func shiftedLayerNorm() {
        let values = (0..<Self.columns).map { 1000 + Float($0) / 8 }
        let x = Tensor(values, shape: [1, Self.columns])
        let (ones, zeros) = (
            Tensor(Array(repeating: 1, count: Self.columns), shape: [Self.columns]), Tensor(zeros: [Self.columns])
        )
        let mean = values.map(Double.init).reduce(0, +) / Double(values.count)
        let variance = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(values.count)
        let expected = values.map { (Double($0) - mean) / (variance + 1e-5).squareRoot() }
        #expect(relativeDistance(x.layerNormalized(weight: ones, bias: zeros, epsilon: 1e-5).values, expected) < 1e-4)
    }

    @Test("A root-mean-square norm divides by the root of the mean square", arguments: [1, 1e-3, 1e3] as [Float])
    func rootMeanSquareNorm(scale: Float) {
        var random = random
        let x = random.tensor([Self.rows, Self.columns], scale: scale)
        let weight = random.tensor([Self.columns])
        let expected = (0..<Self.rows).flatMap { row -> [Double] in
            let x = line(x.values, row)
            let square = x.reduce(0) { $0 + $1 * $1 } / Double(x.count)
            return x.indices.map { x[$0] / (square + 1e-6).squareRoot() * Double(weight.values[$0]) }
        }
        #expect(relativeDistance(x.rmsNormalized(weight: weight, epsilon: 1e-6).values, expected) < 1e-5)
    }

    static func definition(_ activation: Activation, _ x: Double) -> Double {
        switch activation {
        case .gelu: x * 0.5 * erfc(-x / 2.0.squareRoot())
        case .geluTanh: 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        case .quickGelu: x / (1 + exp(-1.702 * x))
        case .silu: x / (1 + exp(-x))
        case .relu: max(x, 0)
        }
    }

    @Test("An activation follows its formula from the far left to the far right", arguments: Activation.allCases)
    func activation(activation: Activation) {
        let values = stride(from: Float(-12), through: 12, by: 0.03).map { $0 } + [-1e4, -200, 200, 1e4, 0, -0.0]
        let found = Tensor(values, shape: [1, values.count]).activated(by: activation).values
        for (x, y) in zip(values, found) {
            let expected = Self.definition(activation, Double(x))
            #expect(abs(Double(y) - expected) <= 2e-6 * max(1, abs(Double(x))), "\(activation) of \(x)")
        }
    }

    @Test("The gated product is silu of the first half times the second")
    func gatedProduct() {
        var random = random
        let x = random.tensor([6, 26], scale: 8)
        let (gate, up) = (x.values.prefix(6 * 13), x.values.suffix(6 * 13))
        let expected = zip(gate, up).map { Self.definition(.silu, Double($0)) * Double($1) }
        #expect(relativeDistance(x.swiGLU(columns: 13).values, expected) < 1e-6)
    }

    @Test("Cross-entropy is minus the logarithm of the softmax, however large the logits", arguments: [1, 60, 2000])
    func crossEntropy(scale: Float) {
        var random = random
        let (hidden, head) = (random.tensor([9, 5], scale: scale), random.tensor([11, 5]))
        let labels = (0..<9).map { Int32($0 * 7 % 11) }
        let (h, w) = (hidden.values, head.values)
        var (expected, hits) = (0.0, [Bool]())
        for (row, label) in labels.enumerated() {
            let logits = (0..<11).map { word in
                (0..<5).reduce(0.0) { $0 + Double(h[row * 5 + $1]) * Double(w[word * 5 + $1]) }
            }
            let highest = logits.max() ?? 0
            expected += highest + log(logits.reduce(0) { $0 + exp($1 - highest) }) - logits[Int(label)]
            hits.append(logits[Int(label)] == highest)
        }
        for rows in [1, 4, 64] {
            let found = hidden.crossEntropy(head: Projection(weight: head), labels: labels, rowsAtATime: rows).values
            #expect(relativeDistance(found, [expected]) < 1e-5)
            let scored = hidden.scored(head: Projection(weight: head), labels: labels, rowsAtATime: rows)
            #expect(abs(scored.loss - expected) < 1e-5 * max(1, expected))
            #expect(scored.hits == hits)
        }
    }

    @Test("Patches are squares of the picture, channel after channel, row after row")
    func patches() {
        let (channels, height, width, size) = (3, 6, 4, 2)
        let values = (0..<2 * channels * height * width).map(Float.init)
        let found = Tensor(values, shape: [2, channels, height, width]).patches(of: size)
        #expect(found.shape == [2 * 6, channels * size * size])
        var expected: [Float] = []
        for picture in 0..<2 {
            for (y, x) in (0..<3).flatMap({ y in (0..<2).map { (y, $0) } }) {
                for (channel, dy, dx) in (0..<channels).flatMap({ c in (0..<4).map { (c, $0 / 2, $0 % 2) } }) {
                    let row = (picture * channels + channel) * height + y * size + dy
                    expected.append(values[row * width + x * size + dx])
                }
            }
        }
        #expect(found.values == expected)
    }

    @Test("Rows with values of their own count in lookups and products as if they stood in the weight")
    func replacedRows() {
        var random = random
        let (weight, own, x) = (random.tensor([7, 5]), random.tensor([2, 5]), random.tensor([4, 5]))
        let rows = ReplacedRows(indices: [5, 1], values: own)
        let whole = rows.applied(to: weight)
        #expect(whole.rows(5..<6).values == own.rows(0..<1).values)
        #expect(whole.rows(0..<1).values == weight.rows(0..<1).values)
        let indices: [Int32] = [1, 0, 5, 5, 6]
        #expect(
            EmbeddingTable(weight: weight, replaced: rows).gathered(indices).values == whole.gathered(indices).values)
        let found = x.projected(by: [Projection(weight: weight, replaced: rows)]).values
        #expect(relativeDistance(found, x.projected(by: [Projection(weight: whole)]).values.map(Double.init)) < 1e-6)
    }

    @Test("Projections of one input give together what each gives alone", arguments: [false, true])
    func groups(isHalf: Bool) {
        var random = random
        let type: DType = isHalf ? .bfloat16 : .float32
        let x = random.tensor([33, 20]).converted(to: type)
        let projections = [17, 4, 9].map { outputs in
            Projection(
                weight: random.tensor([outputs, 20]).converted(to: type), bias: random.tensor([outputs]),
                adapter: LowRankFactors(a: random.tensor([3, 20]), b: random.tensor([outputs, 3]), scale: 0.5))
        }
        let together = x.projected(by: projections).values
        let alone = projections.flatMap { x.projected(by: [$0]).values }
        #expect(relativeDistance(together, alone.map(Double.init)) < (isHalf ? 0.01 : 1e-6))
    }
}
