import Foundation

/// A parsed `tokenizer.json`.
struct TokenizerFile {
    let name: String
    let model: BytePairFile
    private let members: [String: JSONValue]

    /// Parses the file; throws if it is not one, or is of a model that is not byte pair encoding.
    init(_ data: Data, name: String) throws {
        self.name = name
        var reader = try JSONReader(data, file: name)
        guard reader.peek() == UInt8(ascii: "{") else { throw ModelError(.corruptFile, "\(name): expected an object") }
        var model: BytePairFile?
        var members: [String: JSONValue] = [:]
        try reader.forEachMember { reader, key in
            if key.elementsEqual("model".utf8) {
                model = try BytePairFile(&reader)
            } else {
                members[String(decoding: key, as: UTF8.self)] = try reader.readValue()
            }
        }
        try reader.finish()
        guard let model else { throw ModelError(.corruptFile, "\(name): expected an object at 'model', found none") }
        (self.model, self.members) = (model, members)
    }

    /// A section, or `nil` if it is absent or null.
    func section(_ key: String) throws -> TokenizerSection? {
        switch members[key] {
        case nil, .null: return nil
        case .object?: return TokenizerSection(file: name, path: key, value: members[key] ?? .null)
        case let other?:
            throw ModelError(.corruptFile, "\(name): expected an object at '\(key)', found \(other.summary)")
        }
    }

    /// The tokens added to the model's.
    func addedTokens() throws -> [AddedToken] {
        switch members["added_tokens"] {
        case nil, .null: []
        case let list?:
            try TokenizerSection(file: name, path: "tokenizer", value: .object([.init("added_tokens", list)]))
                .sections("added_tokens").map(AddedToken.init)
        }
    }
}
