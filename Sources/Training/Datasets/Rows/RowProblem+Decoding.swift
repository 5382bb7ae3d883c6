import Foundation
import Models

extension RowProblem {
    /// A decoding failure in the words of the dataset's format.
    static func reason(for error: any Error) -> String {
        switch error {
        case let error as Reason: error.text
        case let error as RowProblem: error.reason
        case let error as ModelError: error.message
        case DecodingError.keyNotFound(let key, let context):
            "\(place(context.codingPath))has no `\(key.stringValue)`"
        case DecodingError.typeMismatch(let type, let context):
            "\(place(context.codingPath))expected \(kind(of: type)), found something else"
        case DecodingError.valueNotFound(let type, let context):
            "\(place(context.codingPath))expected \(kind(of: type)), found null"
        case DecodingError.dataCorrupted(let context): "is not valid JSON\(syntax(context.underlyingError))"
        default: "cannot be read: \(error)"
        }
    }

    /// `conversations[1].value: `, or nothing for the row itself.
    static func place(_ path: [any CodingKey]) -> String {
        var text = ""
        for key in path {
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += (text.isEmpty ? "" : ".") + key.stringValue
            }
        }
        return text.isEmpty ? "" : "`\(text)`: "
    }

    private static func kind(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "text"
        case is Int.Type, is Double.Type: "a number"
        case is [Any].Type: "a list"
        default: "an object"
        }
    }

    /// The parser's own words for what is wrong, if it gives any.
    private static func syntax(_ error: (any Error)?) -> String {
        guard let detail = (error as? NSError)?.userInfo["NSDebugDescription"] as? String else { return "" }
        return ": \(detail.prefix { $0 != "\n" })"
    }
}
