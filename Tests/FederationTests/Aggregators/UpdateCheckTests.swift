import Foundation
import Tensors
import Testing

@testable import Federation

@Suite("Checks of an update")
struct UpdateCheckTests {
    private func refusal(
        _ name: String = "mean", ranks: [Int] = [3], normBound: Double? = nil, round: Int = 0,
        _ change: (inout Update) -> Void
    ) throws -> String {
        let fixture = try RoundFixture(ranks: ranks, globalRank: 3, style: .trained, round: round)
        let aggregator = try Aggregators.named(name)
        let check = try UpdateCheck(fixture.start, for: aggregator, weights: 1...100, normBound: normBound)
        var update = fixture.updates(for: aggregator)[0]
        try check.check(update)
        change(&update)
        let error = #expect(throws: FederationError.self) { try check.check(update) }
        #expect(error?.code == .invalidUpdate && error?.message.contains("w0") == true)
        return error?.message ?? ""
    }

    @Test("Missing and unknown tensors are named")
    func names() throws {
        #expect(try refusal { $0.state["head.bias"] = nil }.contains("head.bias is missing"))
        #expect(try refusal { $0.state["extra"] = Tensor(zeros: [1]) }.contains("extra is not trained in round 0"))
    }

    @Test("A factor that the round does not train is refused", arguments: [(0, "A"), (1, "B")])
    func frozenFactor(_ round: Int, _ factor: String) throws {
        let key = "m.q.lora_\(factor).weight"
        let message = try refusal("rolora", round: round) { $0.state[key] = Tensor(zeros: [3, 3]) }
        #expect(message.contains("\(key) is not trained in round \(round)"))
    }

    @Test("Wrong shapes and types are named with what was expected")
    func shapes() throws {
        let message = try refusal { $0.state["head.bias"] = Tensor(zeros: [5]) }
        #expect(message.contains("head.bias is [5], expected [4]"))
        let half = try refusal { $0.state["head.bias"] = Tensor(zeros: [4]).converted(to: .bfloat16) }
        #expect(half.contains("head.bias is BF16, expected F32"))
        #expect(try refusal { $0.state["m.k.lora_A.weight"] = Tensor(zeros: [2, 11]) }.contains("expected [3, 11]"))
    }

    @Test("Ranks may differ where the method allows it, but the two factors must agree and none be above the layout's")
    func ranks() throws {
        for name in ["flora", "flexlora", "hetlora"] {
            let above = try refusal(name, ranks: [2]) { $0.state["m.k.lora_A.weight"] = Tensor(zeros: [4, 11]) }
            #expect(above.contains("m.k.lora_A.weight has rank 4, expected 1 to 3"))
            let other = try refusal(name, ranks: [2]) { $0.state["m.k.lora_A.weight"] = Tensor(zeros: [1, 11]) }
            #expect(other.contains("m.k.lora_B.weight is [5, 2], expected [5, 1]"))
            let flat = try refusal(name, ranks: [1]) { $0.state["m.k.lora_A.weight"] = Tensor(zeros: [11]) }
            #expect(flat.contains("m.k.lora_A.weight has rank 11"))
        }
    }

    @Test("NaN and infinity are refused wherever they are", arguments: [Float.nan, .infinity, -.infinity])
    func notFinite(_ value: Float) throws {
        let message = try refusal { $0.state["head.bias"] = Tensor([0, 0, 0, value], shape: [4]) }
        #expect(message.contains("head.bias holds NaN or infinity"))
    }

    @Test("Weights outside the bounds are refused", arguments: [0, -1, 0.5, 101, .nan, .infinity])
    func weights(_ weight: Double) throws {
        #expect(try refusal { $0.summary.weight = weight }.contains("outside 1.0...100.0"))
    }

    @Test("An update beyond the norm bound is refused, counted from what its worker started from")
    func normBound() throws {
        for ranks in [[3], [2]] {
            let message = try refusal(ranks[0] == 3 ? "mean" : "hetlora", ranks: ranks, normBound: 1) {
                $0.state["head.bias"] = Tensor([9, 9, 9, 9], shape: [4])
            }
            #expect(message.contains("more than the bound of 1.0"))
        }
    }

    @Test("Bounds that no update can meet are errors of the configuration")
    func bounds() throws {
        let (start, aggregator) = (try RoundFixture(ranks: [2]).start, try Aggregators.named("mean"))
        #expect(throws: FederationError.self) { try UpdateCheck(start, for: aggregator, weights: 0...1) }
        #expect(throws: FederationError.self) { try UpdateCheck(start, for: aggregator, weights: 1...1e300) }
        #expect(throws: FederationError.self) {
            try UpdateCheck(start, for: aggregator, weights: 1...2, normBound: .nan)
        }
    }
}
