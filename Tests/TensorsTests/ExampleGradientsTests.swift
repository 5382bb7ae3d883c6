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
        for index in single.indices {
            for (place, leaf) in layer.leaves.enumerated() {
                let found = split.gradient(ofExample: index, for: leaf)
                #expect((found == nil) == (single[index][place] == nil), "example \(index), leaf \(place)")
                let differences = zip(found?.values ?? [], single[index][place]?.values ?? []).map { abs($0 - $1) }
                #expect(differences.max() ?? 0 < 1e-5, "example \(index), leaf \(place)")
            }
        }
    }

    @Test("are those of passes over one example each")
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
        let gradients = { (selects: Bool) in
            Tensor.$exampleBoundaries.withValue(boundaries) {
                let middle = x.projected(by: [layer.first]).activated(by: .silu)
                let head = Projection(weight: random([9, 6], 8))
                let labels = wanted.map { $0 % 9 }
                guard selects else {
                    return middle.projected(by: [layer.second]).gathered(wanted).crossEntropy(
                        head: head, labels: labels
                    ).backwardByExample(count: lengths.count)
                }
                return Tensor.withRows(wanted) {
                    middle.gathered(wanted).projected(by: [layer.second]).crossEntropy(head: head, labels: labels)
                }.backwardByExample(count: lengths.count)
            }
        }
        let (found, expected) = (gradients(true), gradients(false))
        #expect(norm(found, 0, layer) == 0 && norm(found, 3, layer) > 0)
        for index in lengths.indices {
            let (found, expected) = (norm(found, index, layer), norm(expected, index, layer))
            #expect(abs(found - expected) <= 1e-5 * expected)
        }
    }

    private func norm(_ gradients: ExampleGradients, _ index: Int, _ layer: Layer) -> Double {
        layer.leaves.reduce(0) { $0 + (gradients.gradient(ofExample: index, for: $1)?.squaredNorm ?? 0) }
    }

    @Test("count rows by what examples hold of them, such as pictures of several rows")
    func units() {
        let layer = layer()
        let x = random([12, 12], 7)
        let run = { (boundaries: [Int]) in
            Tensor.$exampleBoundaries.withValue(boundaries) {
                let found = loss(layer, x, Array(repeating: 1, count: 12)).backwardByExample(count: 3)
                return (0..<3).map { norm(found, $0, layer) }
            }
        }
        #expect(run([0, 1, 1, 3]) == run([0, 4, 4, 12]))
    }

    @Test(
        "are the same to the last bit whatever shares the pass, where examples are computed apart",
        arguments: [DType.float32, .bfloat16])
    func apart(type: DType) {
        let layer = layer(dropout: 0.3)
        let parts = lengths.enumerated().map { index, length in random([length, 12], UInt64(20 + index)) }
        let bits = { (examples: [Int]) -> [[[UInt32]]] in
            let rows = examples.reduce(0) { $0 + lengths[$1] }
            let x = Tensor(examples.flatMap { parts[$0].values }, shape: [rows, 12])
            let ends = examples.reduce(into: [0]) { $0.append($0.last! + lengths[$1]) }
            let found = Tensor.$exampleKeys.withValue(examples.map { UInt64($0) }) {
                let hidden = Tensor.$exampleBoundaries.withValue(ends) {
                    x.cast(to: type).projected(by: [layer.first]).activated(by: .silu)
                        .projected(by: [layer.second], as: .float32)
                }
                return hidden.crossEntropy(
                    head: Projection(weight: random([9, 6], 8)), labels: Array(repeating: 4, count: rows),
                    examples: ends
                ).backwardByExample(count: examples.count)
            }
            return examples.indices.map { place in
                layer.leaves.map { found.gradient(ofExample: place, for: $0)?.values.map(\.bitPattern) ?? [] }
            }
        }
        let together = bits([0, 1, 2, 3, 4])
        for index in lengths.indices where lengths[index] > 0 {
            #expect(bits([index]) == [together[index]], "example \(index)")
            #expect(bits([4, index, 3]).dropFirst().first == together[index], "example \(index) after another")
        }
        #expect(Set(together.map { $0[0] }).count == lengths.count)
    }
}
