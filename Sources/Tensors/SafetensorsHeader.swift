import Foundation

/// The JSON header of a safetensors file.
struct SafetensorsHeader: Codable {
    struct Entry: Codable {
        var dtype: String
        var shape: [Int]
        var dataOffsets: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype, shape
            case dataOffsets = "data_offsets"
        }

        /// The bytes that the shape takes, or `nil` if it is negative or too large to count.
        func byteCount(_ type: DType) -> Int? {
            var total = type.size
            for length in shape {
                let (product, overflow) = total.multipliedReportingOverflow(by: length)
                guard length >= 0, !overflow else { return nil }
                total = product
            }
            return total
        }
    }

    private struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private static let metadataName = Name(stringValue: "__metadata__")

    var metadata: [String: String] = [:]
    var tensors: [String: Entry] = [:]
    /// How many different names the header was read with, `__metadata__` included.
    private(set) var nameCount = 0

    /// The header of tensors that follow one another without gaps.
    init(_ entries: [(name: String, dtype: DType, shape: [Int])], metadata: [String: String]) {
        self.metadata = metadata
        var offset = 0
        for (name, dtype, shape) in entries {
            let end = offset + shape.reduce(dtype.size, *)
            tensors[name] = Entry(dtype: dtype.rawValue, shape: shape, dataOffsets: [offset, end])
            offset = end
        }
    }

    /// What a file begins with: the header's length, and the header, padded so that tensors are aligned.
    func fileStart() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var json = try encoder.encode(self)
        json.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - json.count % 8) % 8))
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) } + json
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Name.self)
        nameCount = container.allKeys.count
        for key in container.allKeys {
            if key.stringValue == Self.metadataName.stringValue {
                metadata = try container.decode([String: String].self, forKey: key)
            } else {
                tensors[key.stringValue] = try container.decode(Entry.self, forKey: key)
            }
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Name.self)
        if !metadata.isEmpty { try container.encode(metadata, forKey: Self.metadataName) }
        for (name, entry) in tensors { try container.encode(entry, forKey: Name(stringValue: name)) }
    }

    /// How many names the outermost object of a JSON text has, those that stand twice counted twice.
    static func writtenNameCount(_ json: some Sequence<UInt8>) -> Int {
        var (count, depth, isText, isEscaped) = (0, 0, false, false)
        for byte in json {
            if isEscaped {
                isEscaped = false
            } else if isText {
                isEscaped = byte == UInt8(ascii: "\\")
                isText = byte != UInt8(ascii: "\"")
            } else {
                switch byte {
                case UInt8(ascii: "\""): isText = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                case UInt8(ascii: ":") where depth == 1: count += 1
                default: break
                }
            }
        }
        return count
    }
}
