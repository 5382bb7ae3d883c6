import Adapters
import Models

extension AdapterArguments {
    /// The PEFT folder to start from, if the section names one.
    var path: String? { tree["path"]?.stringValue }

    /// The configuration that the section describes.
    ///
    /// - Throws: `AdapterError` naming the key.
    func configuration(notes: inout [String]) throws -> LoRAConfiguration {
        let members = tree.sorted { $0.key < $1.key }.map { OrderedJSON.Member($0.key, $0.value.ordered) }
        return try LoRAConfiguration(object: .object(members), source: "adapter", notes: &notes)
    }
}

extension JSONValue {
    fileprivate var ordered: OrderedJSON {
        switch self {
        case .null: .null
        case .bool(let value): .bool(value)
        case .int(let value): .integer(value)
        case .double(let value): .number(value)
        case .string(let value): .string(value)
        case .array(let values): .array(values.map(\.ordered))
        case .object(let members): .object(members.sorted { $0.key < $1.key }.map { .init($0.key, $0.value.ordered) })
        }
    }
}
