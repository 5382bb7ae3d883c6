import Foundation
import Models
import Tensors
import Testing

@testable import Training

@Suite("Damaged Parquet files")
struct ParquetDamageTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Reads all that a file holds, and says what is wrong.
    private func problem(_ data: Data) throws -> String? {
        let path = try folder.write(data, to: "x.parquet")
        return errorMessage {
            let file = try ParquetFile(path: path)
            for row in 0..<min(file.rowCount, 64) { _ = try ParquetFixture.record(row, of: file) }
        }
    }

    @Test("that are cut short are refused, wherever they are cut")
    func cut() throws {
        let whole = try ParquetFixture.data("duckdb-second")
        #expect(try problem(whole) == nil)
        for length in stride(from: 4, to: whole.count, by: 97) {
            #expect(try problem(whole.prefix(length))?.contains("copy it again") == true, "\(length)")
        }
        let message = try problem(whole.dropLast(9))
        #expect(
            message == "\(folder.path)/x.parquet: does not end with PAR1: it is truncated, or still being written;"
                + " copy it again")
    }

    @Test("are refused or read, whichever bits are wrong", arguments: ["duckdb", "polars", "lz4"])
    func flipped(name: String) throws {
        let whole = try ParquetFixture.data(name)
        var random = SplitMix64(seed: 11)
        for _ in 0..<60 {
            var data = whole
            for _ in 0..<3 {
                let place = Int(random.next() % UInt64(data.count))
                data[place] ^= UInt8(truncatingIfNeeded: random.next() | 1)
            }
            _ = try problem(data)
        }
    }

    @Test("with a wrong checksum are told with row group and column")
    func checksum() throws {
        var data = try ParquetFixture.data("checked")
        data[40] ^= 1
        let message = try problem(data)
        #expect(message?.hasPrefix("row group 0, column `required`: ") == true, "\(message ?? "read")")
    }

    @Test("with pages outside the file are refused when they are opened")
    func outside() throws {
        let data = try ParquetFixture.data("plain")
        let message = try problem(data.prefix(4) + data.dropFirst(4 + 20_000))
        #expect(message?.contains("its pages are outside the file") == true, "\(message ?? "read")")
    }

    @Test("in Snappy that copy from before their start, or say another length, are refused")
    func snappy() throws {
        func unpack(_ bytes: [UInt8], _ size: Int) -> String? {
            errorMessage { try Data(bytes).withUnsafeBytes { try SnappyBlock.unpack($0, size: size) } }
        }
        #expect(unpack([5, 0x04, 65, 66, 0x05, 2], 5)?.contains("unpacks to more") == true)
        #expect(unpack([6, 0x04, 65, 66, 0x01, 2], 6) == nil)
        #expect(unpack([6, 0x04, 65, 66, 0x01, 3], 6)?.contains("before its start") == true)
        #expect(unpack([6, 0x04, 65, 66, 0x01, 2], 7)?.contains("expected 7") == true)
        #expect(unpack([0x80, 0x80, 0x80, 0x80, 4, 0], 1 << 30)?.contains("too short") == true)
        #expect(unpack([6, 0x04, 65, 66], 6)?.contains("unpacks to 2 bytes") == true)
    }

    @Test("whose structures have no end are refused")
    func footers() throws {
        func footer(_ bytes: [UInt8]) -> Data {
            let length = withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { Data($0) }
            return Data("PAR1".utf8) + bytes + length + Data("PAR1".utf8)
        }
        #expect(try problem(footer([]))?.contains("end too early") == true)
        #expect(try problem(footer([0]))?.contains("has no schema") == true)
        // A list of more elements than there are bytes; structures within each other.
        #expect(try problem(footer([0x29, 0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]))?.contains("ends too early") == true)
        #expect(try problem(footer(Array(repeating: 0x5C, count: 5_000)))?.contains("nested too deeply") == true)
        // A root that promises more children than there are.
        let root: [UInt8] = [0x29, 0x1C, 0x48, 1, 0x72, 0x15, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 0, 0]
        #expect(try problem(footer(root))?.contains("its schema ends too early") == true)
        var long = Data("PAR1".utf8) + Data(count: 8)
        long.replaceSubrange(4..<8, with: [0xFF, 0xFF, 0xFF, 0x7F])
        #expect(try problem(long.prefix(8) + Data("PAR1".utf8))?.contains("more than the file can hold") == true)
    }
}
