import Foundation
import Models
import Testing

@testable import Training

/// Files of Fixtures/parquet, and what their rows must be.
enum ParquetFixture {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Fixtures/parquet").standardized.path

    static func path(_ name: String) -> String { "\(folder)/\(name).parquet" }

    static func data(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: path(name))) }

    /// The rows as pyarrow reads them.
    static func expected() throws -> [JSONValue] {
        let data = try Data(contentsOf: URL(filePath: "\(folder)/expected.json"))
        return try JSONValue(parsing: data, file: "expected.json").arrayValue ?? []
    }

    /// A row in which bytes stand as expected.json has them.
    static func record(_ row: Int, of file: ParquetFile) throws -> JSONValue {
        try withBytes(file.record(at: row), row, file)
    }

    private static func withBytes(_ value: JSONValue, _ row: Int, _ file: ParquetFile) throws -> JSONValue {
        if let cell = BinaryCell(value) {
            let text = try file.bytes(of: cell, row: row).base64EncodedString()
            return .object([.init("base64", .string(text))])
        }
        switch value {
        case .array(let elements): return .array(try elements.map { try withBytes($0, row, file) })
        case .object(let members):
            return .object(try members.map { JSONValue.Member($0.key, try withBytes($0.value, row, file)) })
        default: return value
        }
    }
}
