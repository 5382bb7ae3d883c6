import Foundation
import Models
import Testing

@testable import Adapters

@Suite("A plan agrees with PEFT")
struct GoldenPlanTests {
    private static let accepted = Golden.shared.cases.filter { $0.outcome[at: "error"] == .null }
    private static let refused = Golden.shared.cases.filter { $0.outcome[at: "error"] != .null }

    @Test("The same layers are adapted, with the same rank, alpha and scaling", arguments: accepted)
    func adaptsTheSameLayers(_ test: Golden.Case) throws {
        let plan = try test.plan()
        let paths = Golden.shared.modules(test.skeleton).map(\.path)
        let expected = test.outcome[at: "linears"].elements
        #expect(plan.linears.map(\.path) == expected.map { paths[$0.elements[0].intValue ?? 0] })
        for (linear, row) in zip(plan.linears, expected) {
            #expect(linear.rank == row.elements[1].intValue)
            #expect(linear.alpha == row.elements[2].doubleValue)
            #expect(linear.scaling == row.elements[3].doubleValue)
        }
    }

    @Test("The same modules are saved and the same biases train", arguments: accepted)
    func savesTheSameModules(_ test: Golden.Case) throws {
        let plan = try test.plan()
        let paths = Golden.shared.modules(test.skeleton).map(\.path)
        #expect(plan.savedModules == test.outcome[at: "saved"].integers.map { paths[$0] })
        #expect(Set(plan.trainedBiases) == Set(test.outcome[at: "biases"].integers.map { paths[$0] }))
        #expect(plan.trainableCount == test.outcome[at: "trainable"].intValue)
    }

    @Test("target_modules are resolved to what PEFT would save", arguments: accepted)
    func resolvesTargets(_ test: Golden.Case) throws {
        switch (try test.plan().configuration.targetModules, test.outcome[at: "resolved"]) {
        case (.pattern(let pattern), let resolved): #expect(pattern == resolved.text)
        case (.names([]), let resolved): #expect(resolved == .string(AdapterConfiguration.noTargets))
        case (.names(let names), let resolved): #expect(Set(names) == Set(resolved.elements.map(\.text)))
        case (let other, _): Issue.record("unresolved: \(String(describing: other))")
        }
    }

    @Test("What PEFT refuses is refused", arguments: refused)
    func refusesTheSame(_ test: Golden.Case) {
        let codes: [String: [AdapterError.Code]] = [
            "NoMatchingPeftModuleError": [.nothingMatched], "TypeError": [.invalidConfiguration],
            "ValueError": [.unsupported, .invalidConfiguration], "error": [.invalidConfiguration],
        ]
        let error = #expect(throws: AdapterError.self) { try test.plan() }
        #expect(
            error.map { codes[test.outcome[at: "error"].text]?.contains($0.code) == true } == true,
            "\(String(describing: error))")
    }

    @Test("A file that PEFT wrote holds what the plan expects", arguments: Golden.shared.keyed)
    func expectsTheSameKeys(_ test: Golden.Case) throws {
        let plan = try test.plan()
        let found = test.outcome[at: "keys"].shapes
        let report = try AdapterKeyReport(expected: plan.parameters, found: found, file: "golden")
        #expect(report.missing == [])
        #expect(report.unexpected == [])
        #expect(report.matched.allSatisfy { $0.key == $0.found })
        #expect(report.matched.count + report.ignored.count == test.outcome[at: "keys"].members.count)
    }

    @Test(
        "A configuration that PEFT saved is written back byte for byte",
        arguments: Golden.shared.savedConfigurations.indices)
    func writesTheSameFile(_ index: Int) throws {
        let text = Golden.shared.savedConfigurations[index]
        let (configuration, notes) = try AdapterFolder.configuration(Data(text.utf8), file: "adapter_config.json")
        #expect(String(decoding: configuration.fileContents(), as: UTF8.self) == text)
        #expect(notes == [])
    }
}
