import Models
import Testing

@testable import Adapters

@Suite("Targets are those that PEFT finds in full-size models")
struct TargetGoldenTests {
    /// Taken by PEFT, refused here with a reason and a way out.
    private static let stricter = [
        "saved name is any ending": "write the module's full name, \"multi_modal_projector\"",
        "a convolution": "LoRA on convolutions is not supported yet",
        "an embedding": "LoRA on embeddings is not supported yet",
    ]
    /// Refused by PEFT, taken here under its present name, with a warning.
    private static let renamed = "an old checkpoint key is no module"

    private static let cases = TargetGoldens.shared.cases
    private static let accepted = cases.filter { !$0.isRefused && stricter[$0.name] == nil }
    private static let refused = cases.filter { $0.isRefused && $0.name != renamed }

    @Test("The same are adapted with the same rank, alpha and scaling, and the same are saved", arguments: accepted)
    func targets(_ test: TargetGoldens.Case) throws {
        let plan = try test.plan()
        let found = Dictionary(
            uniqueKeysWithValues: plan.linears.map { ($0.path, [Double($0.rank), $0.alpha, $0.scaling]) })
        #expect(found == test.expected)
        #expect(plan.savedModules == test.expectedSaved)
    }

    @Test("What PEFT refuses is refused", arguments: refused)
    func refusals(_ test: TargetGoldens.Case) {
        #expect(throws: AdapterError.self) { try test.plan() }
    }

    @Test("Where lorad is stricter it says so", arguments: cases.filter { stricter[$0.name] != nil })
    func strictness(_ test: TargetGoldens.Case) throws {
        let error = #expect(throws: AdapterError.self) { try test.plan() }
        #expect(error?.message.contains(try #require(Self.stricter[test.name])) == true)
    }

    @Test("A module's older name is taken as today's, with a warning")
    func olderName() throws {
        let test = try #require(Self.cases.first { $0.name == Self.renamed })
        let plan = try test.plan()
        #expect(plan.linears.map(\.path) == ["model.language_model.layers.0.self_attn.q_proj"])
        #expect(plan.warnings.contains { $0.contains("in transformers 5 and was read as that") })
    }

    @Test("Every case of the fixture is compared")
    func count() {
        #expect(Self.accepted.count + Self.refused.count + Self.stricter.count + 1 == 68)
    }
}
