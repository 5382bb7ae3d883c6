import Foundation
import Models
import Testing

@testable import Adapters

/// What PEFT made of the configurations in Fixtures/adapters/generate.py.
struct Golden {
    struct Case: CustomTestStringConvertible, Sendable {
        let skeleton: String
        let configuration: String
        let outcome: JSONValue

        var testDescription: String { "\(skeleton) \(configuration)" }
    }

    static let shared: Golden = {
        do {
            let file = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../Fixtures/adapters/golden.json")
            return Golden(root: try JSONValue(parsing: Data(contentsOf: file), file: "golden.json"))
        } catch {
            fatalError("\(error)")
        }
    }()

    let root: JSONValue

    var cases: [Case] { root[at: "cases"].elements.map(Self.testCase) }

    var keyed: [Case] { root[at: "keys"].elements.map(Self.testCase) }

    var savedConfigurations: [String] { root[at: "saved"].elements.map(\.text) }

    func modules(_ skeleton: String) -> [ModuleDescription] {
        root[at: "skeletons"][at: skeleton].elements.map { row in
            let parameters = row.elements[3].members.map { ModuleDescription.Parameter($0.key, $0.value.integers) }
            return ModuleDescription(
                path: row.elements[0].text, kind: .init(rawValue: row.elements[1].text) ?? .other,
                isOutputEmbedding: row.elements[2] == .bool(true), parameters: parameters)
        }
    }

    private static func testCase(_ value: JSONValue) -> Case {
        Case(skeleton: value[at: "skeleton"].text, configuration: value[at: "configuration"].text, outcome: value)
    }
}

extension Golden.Case {
    /// The plan that lorad makes of the case.
    func plan() throws -> AdapterPlan {
        try AdapterPlan(
            configuration: configurationValue(), modules: Golden.shared.modules(skeleton),
            modelType: skeleton == "llama" ? "llama" : "llava")
    }

    func configurationValue() throws -> AdapterConfiguration {
        try AdapterConfiguration(object: JSONValue(parsing: Data(configuration.utf8), file: "golden"))
    }
}

extension JSONValue {
    /// The value of a key, null where there is none.
    subscript(at key: String) -> JSONValue { members.first { $0.key == key }?.value ?? .null }

    var elements: [JSONValue] { arrayValue ?? [] }

    var members: [Member] { objectValue ?? [] }

    var text: String { stringValue ?? "" }

    var integers: [Int] { elements.compactMap(\.intValue) }

    /// Shapes by key.
    var shapes: [String: [Int]] {
        Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value.integers) })
    }
}
