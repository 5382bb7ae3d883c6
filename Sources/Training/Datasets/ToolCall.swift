import Foundation
public import Models

/// A call of a tool in an answer.
public struct ToolCall: Equatable, Sendable {
    /// The tool's name.
    public let name: String
    /// What it is called with: a JSON object.
    public let arguments: JSONValue

    /// Creates a call.
    public init(name: String, arguments: JSONValue) {
        self.name = name
        self.arguments = arguments
    }

    /// Reads `{"name": …, "arguments": …}`, or the same under `function`. OpenAI's examples write the arguments as text
    /// that holds the object; they are taken for the object.
    ///
    /// - Throws: `RowProblem.Reason`.
    init(_ call: RowValue) throws {
        let function = call.member("function") ?? call
        name = try function.required("name").text()
        let written = try function.required("arguments")
        let text = written.value.stringValue
        let value = text.map { try? JSONValue(parsing: Data($0.utf8), file: "arguments") } ?? written.value
        guard let value, value.objectValue != nil else {
            throw written.reason("expected an object, or text that contains one")
        }
        arguments = value
    }
}
