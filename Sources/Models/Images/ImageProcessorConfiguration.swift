import Foundation

/// Checked access to the keys of a `preprocessor_config.json`, or of the `image_processor` of a `processor_config.json`.
struct ImageProcessorConfiguration {
    /// What errors call the file.
    let name: String
    private let values: [String: ConfigurationValue]

    /// Parses a configuration of either kind.
    init(json: Data, name: String) throws {
        self.name = name
        do {
            values = try JSONDecoder().decode([String: ConfigurationValue].self, from: json)
        } catch {
            throw ModelError(.corruptFile, "\(name): expected a JSON object; replace the file", cause: error)
        }
    }

    private init(values: [String: ConfigurationValue], name: String) {
        self.values = values
        self.name = name
    }

    /// The keys that are not null.
    var keys: [String] { values.filter { $0.value != .null }.keys.sorted() }

    /// The configuration nested under `key`, if there is one.
    func nested(_ key: String) -> ImageProcessorConfiguration? {
        guard case .object(let inner)? = values[key] else { return nil }
        return ImageProcessorConfiguration(values: inner, name: "\(name), \(key)")
    }

    /// The value of `key`, or nil where it is absent or null.
    subscript(_ key: String) -> ConfigurationValue? {
        values[key].flatMap { $0 == .null ? nil : $0 }
    }

    func bool(_ key: String) throws -> Bool? {
        guard let value = self[key] else { return nil }
        guard case .bool(let flag) = value else { throw invalid(key, "true or false", value) }
        return flag
    }

    func string(_ key: String) throws -> String? {
        guard let value = self[key] else { return nil }
        guard case .string(let text) = value else { throw invalid(key, "a string", value) }
        return text
    }

    func number(_ key: String) throws -> Double? {
        guard let value = self[key] else { return nil }
        guard case .number(let number) = value else { throw invalid(key, "a number", value) }
        return number
    }

    /// Three numbers for R, G and B, or one for all.
    func channels(_ key: String) throws -> [Double]? {
        guard let value = self[key] else { return nil }
        if case .number(let number) = value { return [number, number, number] }
        guard case .array(let elements) = value, elements.count == 3 else { throw invalid(key, "three numbers", value) }
        return try elements.map {
            guard case .number(let number) = $0 else { throw invalid(key, "three numbers", value) }
            return number
        }
    }

    /// The edges in `size`, `crop_size` and the like: a number, [height, width], or an object.
    func edges(_ key: String) throws -> ImageEdges? {
        guard let value = self[key] else { return nil }
        switch value {
        case .number: return .number(try edge(value, key))
        case .array(let pair) where pair.count == 2:
            return .named(["height": try edge(pair[0], key), "width": try edge(pair[1], key)])
        case .object(let object):
            let named = object.filter { $0.value != .null }
            return .named(try named.mapValues { try edge($0, key) })
        default: throw invalid(key, "a number, [height, width] or an object", value)
        }
    }

    /// The error for a value that is not what the key takes.
    func invalid(_ key: String, _ expected: String, _ found: ConfigurationValue) -> ModelError {
        ModelError(.invalidConfiguration, "\(name): \(key): expected \(expected), found \(found); correct the file")
    }

    private func edge(_ value: ConfigurationValue, _ key: String) throws -> Int {
        guard case .number(let number) = value, let edge = Int(exactly: number), (1...65_535).contains(edge) else {
            throw invalid(key, "pixels from 1 to 65535", value)
        }
        return edge
    }
}
