import Foundation
import Models

/// A value of a column as JSON has it: numbers, booleans and text; times and decimals as text.
struct ParquetScalar {
    let column: ParquetColumn

    /// A value; `nil` if it is bytes of no known meaning. What is no number is null, as pandas writes it.
    ///
    /// - Throws: `ParquetError` if text is not UTF-8.
    func json(_ values: ParquetValues, _ index: Int) throws -> JSONValue? {
        if case .truths(let truths) = values {
            guard truths.indices.contains(index) else { throw ParquetError.damaged("a page lacks value \(index)") }
            return .bool(truths[index])
        }
        if case .integers(let integers) = values {
            guard integers.indices.contains(index) else { throw ParquetError.damaged("a page lacks value \(index)") }
            return json(integers[index])
        }
        guard let data = try values.data(at: index) else { return nil }
        return try data.withUnsafeBytes { bytes in
            switch column.type {
            case .int32: json(Int64(Int32(littleEndian: bytes.loadUnaligned(as: Int32.self))))
            case .int64: json(Int64(littleEndian: bytes.loadUnaligned(as: Int64.self)))
            case .float: number(Double(Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))))
            case .double: number(Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))))
            case .int96: .string(ParquetTime.text(ofInt96: bytes))
            case .boolean: nil
            case .bytes, .fixed: try text(bytes)
            }
        }
    }

    private func number(_ value: Double) -> JSONValue { value.isFinite ? .double(value) : .null }

    private func json(_ value: Int64) -> JSONValue {
        switch column.meaning {
        case .unsigned where column.type == .int32: .int(Int(UInt32(truncatingIfNeeded: value)))
        case .unsigned where value < 0: .double(Double(UInt64(bitPattern: value)))
        case .date where column.type == .int32: .string(ParquetTime.date(Int(value)))
        case .timestamp(let perSecond, let isUTC):
            .string(ParquetTime.text(Int(value), perSecond: perSecond, isUTC: isUTC))
        case .decimal(let scale): .string(ParquetDecimal.text(Int128(value), scale: scale))
        default: .int(Int(value))
        }
    }

    private func text(_ bytes: UnsafeRawBufferPointer) throws -> JSONValue? {
        switch column.meaning {
        case .text, .json:
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw ParquetError.damaged("a text is not UTF-8")
            }
            return column.meaning == .text ? .string(text) : try parsed(text)
        case .decimal(let scale) where bytes.count <= 16:
            return .string(ParquetDecimal.text(ParquetDecimal.integer(bytes), scale: scale))
        case .uuid where bytes.count == 16: return .string(Self.uuid(bytes))
        case .float16 where bytes.count == 2:
            return number(Self.half(UInt16(littleEndian: bytes.loadUnaligned(as: UInt16.self))))
        default: return nil
        }
    }

    /// A column of JSON holds values that its rows have in different forms.
    private func parsed(_ text: String) throws -> JSONValue {
        do {
            return try JSONValue(parsing: Data(text.utf8), file: "its JSON", takesNonNumbers: true)
        } catch let error as ModelError {
            throw ParquetError.damaged(error.message)
        }
    }

    private static func uuid(_ bytes: UnsafeRawBufferPointer) -> String {
        bytes.enumerated().map { index, byte in
            let digits = String(byte, radix: 16)
            return ([4, 6, 8, 10].contains(index) ? "-" : "") + (digits.count == 1 ? "0" : "") + digits
        }.joined()
    }

    /// A number of 16 bits (IEEE 754).
    private static func half(_ bits: UInt16) -> Double {
        let fraction = Double(bits & 0x3FF)
        let magnitude: Double =
            switch bits >> 10 & 0x1F {
            case 0: fraction * 0x1p-24
            case 0x1F: fraction == 0 ? .infinity : .nan
            case let exponent:
                (fraction * 0x1p-10 + 1) * Double(sign: .plus, exponent: Int(exponent) - 15, significand: 1)
            }
        return bits >> 15 == 1 ? -magnitude : magnitude
    }
}
