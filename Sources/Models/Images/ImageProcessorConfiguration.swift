import Foundation

/// Checked access to the keys of a `preprocessor_config.json`, or of the `image_processor` of a `processor_config.json`.
struct ImageProcessorConfiguration {
    /// What errors call the file.
    let name: String
    private let values: JSONValue

    /// Parses a configuration of either kind.
    init(json: Data, name: String) throws {
        self.name = name
        values = try JSONValue(parsing: json, file: name)
        guard values.objectValue != nil else {
            throw ModelError(.corruptFile, "\(name): expected a JSON object, found \(values.summary); replace the file")
        }
    }

    private init(values: JSONValue, name: String) {
        self.values = values
        self.name = name
    }

    /// The keys that are not null.
    var keys: [String] { Set(members(of: values).map(\.key)).sorted() }

    /// The configuration nested under `key`, if there is one.
    func nested(_ key: String) -> ImageProcessorConfiguration? {
        guard let inner = values[key], case .object = inner else { return nil }
        return ImageProcessorConfiguration(values: inner, name: "\(name), \(key)")
    }

    /// The value of `key`, or `nil` if it is absent or null.
    subscript(_ key: String) -> JSONValue? {
        values[key].flatMap { $0.isNull ? nil : $0 }
    }

    func bool(_ key: String) throws -> Bool? {
        guard let value = self[key] else { return nil }
        guard let flag = value.boolValue else { throw invalid(key, "true or false", value) }
        return flag
    }

    func string(_ key: String) throws -> String? {
        guard let value = self[key] else { return nil }
        guard let text = value.stringValue else { throw invalid(key, "a string", value) }
        return text
    }

    func number(_ key: String) throws -> Double? {
        guard let value = self[key] else { return nil }
        guard let number = value.doubleValue else { throw invalid(key, "a number", value) }
        return number
    }

    /// Three numbers for R, G and B, or one for all.
    func channels(_ key: String) throws -> [Double]? {
        guard let value = self[key] else { return nil }
        if let number = value.doubleValue { return [number, number, number] }
        guard case .array(let elements) = value, elements.count == 3 else { throw invalid(key, "three numbers", value) }
        return try elements.map {
            guard let number = $0.doubleValue else { throw invalid(key, "three numbers", value) }
            return number
        }
    }

    /// The edges in `size`, `crop_size` and the like: a number, [height, width], or an object.
    func edges(_ key: String) throws -> ImageEdges? {
        guard let value = self[key] else { return nil }
        switch value {
        case .int, .double: return .number(try edge(value, key))
        case .array(let pair) where pair.count == 2:
            return .named(["height": try edge(pair[0], key), "width": try edge(pair[1], key)])
        case .object:
            let named = try members(of: value).map { ($0.key, try edge($0.value, key)) }
            return .named(Dictionary(named, uniquingKeysWith: { $1 }))
        default: throw invalid(key, "a number, [height, width] or an object", value)
        }
    }

    /// The error for a value that is not what the key takes.
    func invalid(_ key: String, _ expected: String, _ found: JSONValue) -> ModelError {
        ModelError(.invalidConfiguration, "\(name): \(key): expected \(expected), found \(found); correct the file")
    }

    /// The members that are not null.
    private func members(of value: JSONValue) -> [JSONValue.Member] {
        value.objectValue?.filter { !$0.value.isNull } ?? []
    }

    private func edge(_ value: JSONValue, _ key: String) throws -> Int {
        guard let edge = value.intValue, (1...65_535).contains(edge) else {
            throw invalid(key, "pixels from 1 to 65535", value)
        }
        return edge
    }
}
