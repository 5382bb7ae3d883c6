import Testing

@testable import Tensors

@Suite("Gradients by example")
struct ExampleGradientsTests {
    /// Examples of no, one, a few and many rows: the last ones take the product, the others inner products.
    private let lengths = [3, 1, 0, 40, 2]
    private var boundaries: [Int] { lengths.reduce(into: [0]) { $0.append($0.last! + $1) } }

    private func random(_ shape: [Int], _ seed: UInt64) -> Tensor {
        var generator = SplitMix64(seed: seed)
        return Tensor((0..<shape.reduce(1, *)).map { _ in Float(generator.nextNormal()) * 0.3 }, shape: shape)
    }

    private struct Layer {
        let first: Projection
        let second: Projection
        let weight: Tensor
        var leaves: [Tensor] { [first.adapters[0].a, first.adapters[0].b, weight] }
    }

    private func layer(dropout: Float = 0) -> Layer {
        let adapter = LowRankFactors(
            a: random([4, 12], 1).trainable(), b: random([20, 4], 2).trainable(), scale: 0.7, dropout: dropout,
            dropoutKey: 5)
        let weight = random([6, 20], 4).trainable()
        return Layer(
            first: Projection(weight: random([20, 12], 3), adapter: adapter), second: Projection(weight: weight),
            weight: weight)
    }

    /// A number that every row adds to by itself.
    private func loss(_ layer: Layer, _ x: Tensor, _ targets: [Int32], twice: Bool = false) -> Tensor {
        var hidden = x.projected(by: [layer.first])
        if twice { hidden = hidden + x.projected(by: [layer.first]) }
        return hidden.activated(by: .silu).projected(by: [layer.second]).crossEntropy(
            head: Projection(weight: random([9, 6], 8)), labels: targets)
    }

    private func check(_ layer: Layer, twice: Bool = false, checkpointed: Bool = false, key: UInt64? = nil) {
        let rows = boundaries.last!
        let (x, targets) = (random([rows, 12], 7), (0..<rows).map { Int32($0 % 9) })
        let split = Tensor.$dropoutKey.withValue(key) {
            Tensor.$exampleBoundaries.withValue(boundaries) {
                let block = { @Sendable (x: Tensor) in x.projected(by: [layer.first]) }
                let graph =
                    checkpointed
                    ? x.checkpointed(block).activated(by: .silu).projected(by: [layer.second]).crossEntropy(
                        head: Projection(weight: random([9, 6], 8)), labels: targets)
                    : loss(layer, x, targets, twice: twice)
                return graph.backwardByExample(count: lengths.count)
            }
        }
        // By force: everything again for each example, the other rows' losses cut off.
        let single = (0..<lengths.count).map { index -> [Tensor?] in
            let range = boundaries[index]..<boundaries[index + 1]
            guard !range.isEmpty else { return layer.leaves.map { _ in nil } }
            let found = Tensor.$dropoutKey.withValue(key) {
                let hidden = x.projected(by: [layer.first])
                let sum = twice ? hidden + x.projected(by: [layer.first]) : hidden
                let upstream = Tensor([1], shape: [1])
                return sum.activated(by: .silu).projected(by: [layer.second]).gathered(range.map(Int32.init))
                    .crossEntropy(head: Projection(weight: random([9, 6], 8)), labels: Array(targets[range]))
                    .backward(upstream: upstream)
            }
            return layer.leaves.map { found[$0] }
        }
        for (index, norm) in split.squaredNorms(over: layer.leaves).enumerated() {
            let expected = single[index].reduce(0) { $0 + ($1?.squaredNorm ?? 0) }
            #expect(abs(norm - expected) <= 1e-5 * max(expected, 1e-9), "example \(index): \(norm), \(expected)")
        }
        let scales: [Float] = [0.5, 2, 7, 0.1, -1]
        for (place, leaf) in layer.leaves.enumerated() {
            let sum = split.sum(for: leaf, scaledBy: scales)!.values
            var expected = [Float](repeating: 0, count: leaf.count)
            for (gradients, scale) in zip(single, scales) {
                for (index, value) in (gradients[place]?.values ?? []).enumerated() { expected[index] += scale * value }
            }
            let largest = zip(sum, expected).map { abs($0 - $1) }.max()!
            #expect(largest < 1e-4, "leaf \(place) is off by \(largest)")
        }
    }

    @Test("have the norms and weighted sums of passes over one example each")
    func plain() { check(layer()) }

    @Test("see the same dropout masks") func dropout() { check(layer(dropout: 0.3), key: 11) }

    @Test("are those of layers that are computed again") func checkpointed() { check(layer(), checkpointed: true) }

    @Test("are of the sum where a weight is used twice") func shared() { check(layer(), twice: true) }

    @Test("are those of the rows that go on where only some do")
    func someRows() {
        let (layer, rows) = (layer(), boundaries.last!)
        let x = random([rows, 12], 7)
        // The first example loses all rows, the last row counts twice.
        let wanted = (4..<Int32(rows)).filter { $0 % 3 != 0 } + [Int32(rows) - 1]
        let norms = { (selects: Bool) in
            Tensor.$exampleBoundaries.withValue(boundaries) {
                let middle = x.projected(by: [layer.first]).activated(by: .silu)
                let head = Projection(weight: random([9, 6], 8))
                let labels = wanted.map { $0 % 9 }
                guard selects else {
                    return middle.projected(by: [layer.second]).gathered(wanted).crossEntropy(
                        head: head, labels: labels
                    ).backwardByExample(count: lengths.count).squaredNorms(over: layer.leaves)
                }
                return Tensor.withRows(wanted) {
                    middle.gathered(wanted).projected(by: [layer.second]).crossEntropy(head: head, labels: labels)
                }.backwardByExample(count: lengths.count).squaredNorms(over: layer.leaves)
            }
        }
        let (found, expected) = (norms(true), norms(false))
        #expect(found[0] == 0 && found[3] > 0)
        for (found, expected) in zip(found, expected) { #expect(abs(found - expected) <= 1e-5 * expected) }
    }

    @Test("count rows by what examples hold of them, such as pictures of several rows")
    func units() {
        let layer = layer()
        let x = random([12, 12], 7)
        let run = { (boundaries: [Int]) in
            Tensor.$exampleBoundaries.withValue(boundaries) {
                loss(layer, x, Array(repeating: 1, count: 12)).backwardByExample(count: 3).squaredNorms(
                    over: layer.leaves)
            }
        }
        #expect(run([0, 1, 1, 3]) == run([0, 4, 4, 12]))
    }
}
