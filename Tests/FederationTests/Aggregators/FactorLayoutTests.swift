import Tensors
import Testing

@testable import Federation

@Suite("The layout of factors")
struct FactorLayoutTests {
    @Test("PEFT's keys are found, embeddings too, and their scales follow from rank and alpha")
    func discovery() throws {
        let state = StateDict([
            ("a.lora_A.weight", Tensor(zeros: [4, 3])), ("a.lora_B.weight", Tensor(zeros: [5, 4])),
            ("e.lora_embedding_A", Tensor(zeros: [2, 9])), ("e.lora_embedding_B", Tensor(zeros: [6, 2])),
            ("head.weight", Tensor(zeros: [2])),
        ])
        let layout = try FactorLayout(finding: state) { $0 == "a" ? 8 : 1 }
        #expect(layout.pairs.map(\.module) == ["a", "e"] && layout.pairs.map(\.scale) == [2, 0.5])
        #expect(layout.pairs.map(\.inputs) == [3, 9] && layout.pairs.map(\.outputs) == [5, 6])
        #expect(layout.pair(of: "head.weight") == nil && layout.pair(of: "e.lora_embedding_B")?.rank == 2)
        #expect(try FactorLayout(finding: state, isRankStabilized: true) { _ in 8 }.pairs[0].scale == 4)
    }

    @Test("A factor alone, factors of different ranks and impossible numbers are refused")
    func refusals() throws {
        func refused(_ entries: [(String, Tensor)], alpha: Double = 1) {
            #expect(throws: FederationError.self) { try FactorLayout(finding: StateDict(entries)) { _ in alpha } }
        }
        let (a, b) = (("m.lora_A.weight", Tensor(zeros: [2, 3])), ("m.lora_B.weight", Tensor(zeros: [4, 2])))
        refused([a])
        refused([b])
        refused([a, ("m.lora_B.weight", Tensor(zeros: [4, 3]))])
        refused([("m.lora_A.weight", Tensor(zeros: [2])), b])
        refused([("m.lora_A.weight", Tensor(zeros: [0, 3])), ("m.lora_B.weight", Tensor(zeros: [4, 0]))])
        refused([a, b], alpha: 0)
        refused([a, b], alpha: .nan)
    }

    @Test("A state that does not fit its layout is refused")
    func start() throws {
        let state = StateDict([
            ("m.lora_A.weight", Tensor(zeros: [2, 3])), ("m.lora_B.weight", Tensor(zeros: [4, 2])),
        ])
        let layout = try FactorLayout(finding: state) { _ in 1 }
        var other = state
        other["m.lora_A.weight"] = Tensor(zeros: [1, 3])
        #expect(throws: FederationError.self) { try RoundStart(state: other, layout: layout, round: 0) }
        other["m.lora_A.weight"] = nil
        #expect(throws: FederationError.self) { try RoundStart(state: other, layout: layout, round: 0) }
        other = state
        other["bias"] = Tensor(zeros: [2]).converted(to: .bfloat16)
        #expect(throws: FederationError.self) { try RoundStart(state: other, layout: layout, round: 0) }
    }

    @Test("A cut keeps the first directions, with the same say as before", arguments: [false, true])
    func cut(_ isRankStabilized: Bool) throws {
        let fixture = try RoundFixture(ranks: [3], isRankStabilized: isRankStabilized)
        let (state, layout) = (fixture.start.state, fixture.start.layout)
        let cut = try layout.cut(state, toRank: 2)
        for pair in layout.pairs {
            let (a, b) = (DenseMatrix(try #require(state[pair.aKey])), DenseMatrix(try #require(state[pair.bKey])))
            let expected = RoundFixture.product(
                b.prefix(columns: 2).tensor, a.transposed.prefix(columns: 2).transposedTensor, scale: pair.scale)
            #expect(try fixture.product(cut, pair).distance(to: expected) < 1e-5)
        }
        #expect(cut["head.bias"]?.values == state["head.bias"]?.values)
        #expect(try layout.cut(state, toRank: 9).numbers == state.numbers)
        #expect(throws: FederationError.self) { try layout.cut(state, toRank: 0) }
    }

    @Test(
        "A factor of another type or shape than its layout's is not cut",
        arguments: ["m.q.lora_A.weight", "m.q.lora_B.weight"])
    func foreignFactors(_ key: String) throws {
        let fixture = try RoundFixture(ranks: [3])
        let (state, layout) = (fixture.start.state, fixture.start.layout)
        let factor = try #require(state[key])
        for foreign in [factor.converted(to: .bfloat16), Tensor(zeros: [3]), Tensor(zeros: [1, 1])] {
            var other = state
            other[key] = foreign
            let error = #expect(throws: FederationError.self) { try layout.cut(other, toRank: 2) }
            #expect(error?.message.contains("\(key) should be F32 \(factor.shape)") == true, "\(error?.message ?? "")")
        }
    }
}
