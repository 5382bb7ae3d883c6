import Foundation
import Models
import Testing

@testable import Adapters

/// What PEFT made of the configurations in Fixtures/adapters/generate.py.
struct Golden {
    struct Case: CustomTestStringConvertible, Sendable {
        let skeleton: String
        let configuration: String
        let outcome: OrderedJSON

        var testDescription: String { "\(skeleton) \(configuration)" }
    }

    static let shared: Golden = {
        do {
            let file = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../Fixtures/adapters/golden.json")
            return Golden(root: try OrderedJSONParser.parse(Data(contentsOf: file), file: "golden.json"))
        } catch {
            fatalError("\(error)")
        }
    }()

    let root: OrderedJSON

    var cases: [Case] { root["cases"].elements.map(Self.testCase) }

    var keyed: [Case] { root["keys"].elements.map(Self.testCase) }

    var savedConfigurations: [String] { root["saved"].elements.map(\.text) }

    func modules(_ skeleton: String) -> [ModuleDescription] {
        root["skeletons"][skeleton].elements.map { row in
            let parameters = row.elements[3].members.map { ModuleDescription.Parameter($0.key, $0.value.integers) }
            return ModuleDescription(
                path: row.elements[0].text, kind: .init(rawValue: row.elements[1].text) ?? .other,
                isOutputEmbedding: row.elements[2] == .bool(true), parameters: parameters)
        }
    }

    private static func testCase(_ value: OrderedJSON) -> Case {
        Case(skeleton: value["skeleton"].text, configuration: value["configuration"].text, outcome: value)
    }
}

extension Golden.Case {
    /// The plan that lorad makes of the case.
    func plan() throws -> AdapterPlan {
        try AdapterPlan(
            configuration: configurationValue(), modules: Golden.shared.modules(skeleton),
            modelType: skeleton == "llama" ? "llama" : "llava")
    }

    func configurationValue() throws -> LoRAConfiguration {
        try LoRAConfiguration(object: OrderedJSONParser.parse(Data(configuration.utf8), file: "golden"))
    }
}

extension OrderedJSON {
    subscript(key: String) -> OrderedJSON { members.first { $0.key == key }?.value ?? .null }

    var elements: [OrderedJSON] { if case .array(let values) = self { values } else { [] } }

    var members: [Member] { if case .object(let members) = self { members } else { [] } }

    var text: String { if case .string(let text) = self { text } else { "" } }

    var integers: [Int] { elements.compactMap(\.asInteger) }

    /// Shapes by key.
    var shapes: [String: [Int]] {
        Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value.integers) })
    }
}
