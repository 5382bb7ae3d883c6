public import Foundation

/// Reads the keys of a JSON configuration, with defaults and with errors that name the file and the key.
public struct ConfigurationReader: Sendable {
    /// The object that is read.
    public let object: JSONValue
    /// The file, for messages.
    public let file: String
    /// The keys that lead to `object`, for messages.
    private let path: String

    /// Reads the keys of `object`.
    public init(_ object: JSONValue, file: String, path: String = "") {
        self.object = object
        self.file = file
        self.path = path
    }

    /// Reads a JSON file with one object.
    public init(file: URL) throws {
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw ModelError(.fileNotFound, "\(file.path): no such file; a model folder contains one: check its path")
        }
        let data: Data
        do {
            data = try Data(contentsOf: file)
        } catch {
            throw ModelError(.fileNotFound, "\(file.path): cannot be read", cause: error)
        }
        self.init(try JSONValue(parsing: data, file: file.path), file: file.path)
        guard object.objectValue != nil else {
            throw ModelError(.corruptFile, "\(file.path): expected a JSON object, found \(object.summary)")
        }
    }

    /// A nested object; an empty one when the key is absent or null.
    public func section(_ key: String) throws -> ConfigurationReader {
        let value = object[key] ?? .null
        guard value.isNull || value.objectValue != nil else { throw wrongType(key, "an object") }
        return ConfigurationReader(value.isNull ? .object([]) : value, file: file, path: path + key + ".")
    }

    /// Whether the key is present and not null.
    public func has(_ key: String) -> Bool { !(object[key]?.isNull ?? true) }

    /// A positive integer.
    public func size(_ key: String, default fallback: Int? = nil) throws -> Int {
        let value = try integer(key, default: fallback)
        guard value > 0, value < 1 << 31 else { throw invalid(key, "\(value)", "a positive number") }
        return value
    }

    /// `num_hidden_layers`; a number that no model comes near is refused before lists are made of it.
    func layerCount(default fallback: Int) throws -> Int {
        let key = "num_hidden_layers"
        let count = try size(key, default: fallback)
        guard count <= 10_000 else { throw invalid(key, "\(count)", "at most 10000") }
        return count
    }

    /// An integer.
    public func integer(_ key: String, default fallback: Int? = nil) throws -> Int {
        guard has(key) else { return try required(key, fallback) }
        guard let value = object[key]?.intValue else { throw wrongType(key, "a whole number") }
        return value
    }

    /// A number.
    public func number(_ key: String, default fallback: Double? = nil) throws -> Double {
        guard has(key) else { return try required(key, fallback) }
        guard let value = object[key]?.doubleValue, value.isFinite else { throw wrongType(key, "a number") }
        return value
    }

    /// A number above 0.
    func positive(_ key: String, default fallback: Double? = nil) throws -> Double {
        let value = try number(key, default: fallback)
        guard value > 0 else { throw invalid(key, "\(value)", "a number above 0") }
        return value
    }

    /// true or false.
    public func flag(_ key: String, default fallback: Bool) throws -> Bool {
        guard has(key) else { return fallback }
        guard let value = object[key]?.boolValue else { throw wrongType(key, "true or false") }
        return value
    }

    /// A text.
    public func text(_ key: String, default fallback: String? = nil) throws -> String {
        guard has(key) else { return try required(key, fallback) }
        guard let value = object[key]?.stringValue else { throw wrongType(key, "a text") }
        return value
    }

    /// An error about the value of a key.
    public func invalid(_ key: String, _ found: String, _ expected: String) -> ModelError {
        ModelError(.invalidConfiguration, "\(file): \(path)\(key) is \(found), expected \(expected)")
    }

    private func wrongType(_ key: String, _ expected: String) -> ModelError {
        invalid(key, "\(object[key] ?? .null)", expected)
    }

    private func required<Value>(_ key: String, _ fallback: Value?) throws -> Value {
        guard let fallback else {
            throw ModelError(.invalidConfiguration, "\(file): \(path)\(key) is missing")
        }
        return fallback
    }
}
