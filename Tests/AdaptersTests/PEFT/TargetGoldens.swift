import Foundation
import Models
import Testing

@testable import Adapters

/// What PEFT made of the configurations in Fixtures/peft/targets.py.
struct TargetGoldens {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let skeleton: String
        let configuration: JSONValue
        let outcome: JSONValue

        var testDescription: String { "\(name) (\(skeleton))" }
        var isRefused: Bool { outcome[at: "error"] != .null }
    }

    static let shared: TargetGoldens = {
        do {
            let file = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../Fixtures/peft/targets.json")
            return TargetGoldens(root: try JSONValue(parsing: Data(contentsOf: file), file: "targets.json"))
        } catch {
            fatalError("\(error)")
        }
    }()

    let root: JSONValue

    var cases: [Case] {
        root[at: "cases"].elements.map {
            Case(
                name: $0[at: "name"].text, skeleton: $0[at: "skeleton"].text, configuration: $0[at: "config"],
                outcome: $0)
        }
    }

    func modules(_ skeleton: String) -> [ModuleDescription] {
        root[at: "skeletons"][at: skeleton][at: "modules"].elements.map { row in
            let kind = Self.kind(row.elements[1].text)
            return ModuleDescription(
                path: row.elements[0].text, kind: kind, isOutputEmbedding: row.elements[0].text == "lm_head",
                parameters: Self.parameters(kind, row.elements[2].intValue, row.elements[3].intValue))
        }
    }

    private static func kind(_ type: String) -> ModuleDescription.Kind {
        switch type {
        case "Linear": .linear
        case "Embedding": .embedding
        case "Conv2d": .convolution
        case "ModuleList": .list
        default: type.hasSuffix("Norm") ? .norm : .other
        }
    }

    /// A weight of the right shape; the fixture knows no others.
    private static func parameters(
        _ kind: ModuleDescription.Kind, _ first: Int?, _ second: Int?
    ) -> [ModuleDescription.Parameter] {
        guard let first, let second else { return kind == .norm ? [.init("weight", [1])] : [] }
        return [.init("weight", kind == .embedding ? [first, second] : [second, first])]
    }
}

extension TargetGoldens.Case {
    func plan() throws -> AdapterPlan {
        try AdapterPlan(
            configuration: AdapterConfiguration(object: configuration),
            modules: TargetGoldens.shared.modules(skeleton), modelType: "llava")
    }

    /// Rank, alpha and scaling of each adapted module, by its path.
    var expected: [String: [Double]] {
        let paths = TargetGoldens.shared.modules(skeleton).map(\.path)
        let pairs = outcome[at: "lora"].elements.flatMap { group in
            group.elements[3].integers.map { (paths[$0], group.elements.prefix(3).compactMap(\.doubleValue)) }
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    var expectedSaved: [String] {
        let paths = TargetGoldens.shared.modules(skeleton).map(\.path)
        return outcome[at: "saved"].integers.map { paths[$0] }
    }
}
