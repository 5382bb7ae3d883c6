import Foundation
import Models
import Testing

@testable import Training

@Suite("Values of Parquet files")
struct ParquetValueTests {
    private static let names = [
        "default", "plain", "snappy", "gzip", "zstd", "second", "delta", "checked", "fallback", "int96", "rewritten",
        "polars", "polars-small", "duckdb", "duckdb-second",
    ]

    @Test("are those that pyarrow reads, whatever wrote them, in any order", arguments: names)
    func values(name: String) throws {
        let file = try ParquetFile(path: ParquetFixture.path(name))
        let expected = try ParquetFixture.expected()
        #expect(file.rowCount == expected.count && expected.count == 40)
        for row in (0..<40).map({ $0 * 27 % 40 }) {
            let record = try ParquetFixture.record(row, of: file)
            for member in record.objectValue ?? [] {
                var wanted = expected[row][member.key]
                if name == "int96", member.key == "moment" {
                    wanted = wanted?.stringValue.map { .string(String($0.dropLast())) } ?? wanted
                }
                #expect(wanted == member.value, "row \(row), column \(member.key)")
            }
            #expect((record.objectValue?.count ?? 0) >= 2)
        }
    }

    @Test("are kept up to a number of bytes, and read again where they are not", arguments: ["snappy", "default"])
    func memory(name: String) throws {
        let expected = try ParquetFixture.expected()
        let cache = ParquetPageCache(limit: 6_000)
        let file = try ParquetFile(path: ParquetFixture.path(name), cache: cache)
        for row in (0..<40).map({ $0 * 7 % 40 }) {
            #expect(try ParquetFixture.record(row, of: file) == expected[row])
            #expect(cache.cost <= 6_000)
        }
        #expect(cache.cost > 0)
    }

    @Test("are read by several threads at once")
    func threads() throws {
        let expected = try ParquetFixture.expected()
        let file = try ParquetFile(path: ParquetFixture.path("zstd"), cache: ParquetPageCache(limit: 4_000))
        let right = RowChunks(count: 40, chunkSize: 3).map { rows in
            rows.count { (try? ParquetFixture.record($0, of: file)) == expected[$0] }
        }
        #expect(right.reduce(0, +) == 40)
    }

    @Test(
        "of codecs that are not read are refused with what to do",
        arguments: [("lz4", "LZ4_RAW"), ("brotli", "BROTLI")])
    func codecs(name: String, codec: String) throws {
        let message = errorMessage { try ParquetFile(path: ParquetFixture.path(name)) }
        #expect(
            message
                == "\(ParquetFixture.path(name)): row group 0, column `required`: is compressed with \(codec), which lorad does not read; rewrite it with"
                + " Python: import pyarrow.parquet as pq; pq.write_table(pq.read_table('OLD'), 'NEW')")
    }
}
