import Crypto
import Foundation
import Testing
import Transports

@testable import lorad

@Suite("An archive that somebody has made or changed")
struct HostileArchiveTests {
    private let sample: SampleExport
    private let original: Data

    init() throws {
        sample = try SampleExport()
        original = try sample.write()
    }

    private func problem(_ data: Data) throws -> String {
        try data.write(to: URL(filePath: sample.path))
        return sample.problem()
    }

    /// Where a member's header begins.
    private func offset(of name: String) throws -> Int {
        try #require(original.range(of: Data("\(name)\0".utf8))).lowerBound
    }

    /// A header with some bytes in other places and the checksum to it.
    private func header(_ change: (inout [UInt8]) -> Void, name: String = "a", size: Int = 0) throws -> Data {
        var block = try #require(UstarHeader(name: name, size: size)).bytes
        change(&block)
        block.replaceSubrange(148..<156, with: "        ".utf8)
        let digits = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
        block.replaceSubrange(148..<156, with: (String(repeating: "0", count: 6 - digits.count) + digits + "\0 ").utf8)
        return Data(block)
    }

    @Test("is told apart by any byte that differs", arguments: 0..<64)
    func everyByte(part: Int) throws {
        // Each test takes bytes of its own, all over the archive.
        for position in stride(from: part * 31, to: original.count, by: 64 * 31) {
            var data = original
            data[position] ^= 0x01
            #expect(try problem(data) != "", "byte \(position)")
        }
    }

    @Test("is told apart where it is truncated, or goes on", arguments: [1, 511, 512, 1_024, 1_025, 5_000])
    func lengths(count: Int) throws {
        #expect(try problem(original.dropLast(count)).contains("is truncated: copy it again"))
        #expect(try problem(original + Data(count: count)).contains("there is data after its end"))
        #expect(try problem(Data(original.prefix(count))) != "")
        #expect(try problem(Data()).contains("is truncated"))
    }

    @Test("names the member that was changed")
    func members() throws {
        let sizes = [("configuration.yaml", "configuration.yaml was changed"), ("run.json", "run.json was changed")]
        for (name, words) in sizes + [
            ("adapter/adapter_model.safetensors", "adapter/adapter_model.safetensors was changed")
        ] {
            var data = original
            data[try offset(of: name) + UstarHeader.blockSize + 2] ^= 0x20
            let found = try problem(data)
            #expect(found.contains(words), "\(found)")
        }
        var signature = original
        let place = try offset(of: "manifest.sig") + UstarHeader.blockSize
        signature[place] = signature[place] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
        #expect(try problem(signature).contains("manifest.json was changed, or is not signed by"))
    }

    @Test("is refused where it holds anything but ordinary files with plain names, each once and in order")
    func headers() throws {
        let link = try header { $0[156] = UInt8(ascii: "2") }
        let foreign = [
            try header { $0.replaceSubrange(0..<6, with: "../etc".utf8) },
            try header { $0.replaceSubrange(0..<4, with: "/etc".utf8) },
            try header { $0.replaceSubrange(0..<4, with: "a/./".utf8) }, try header { $0[0] = 0 },
            try header { $0[0] = 0xFF },
            try header { $0.replaceSubrange(0..<3, with: "a\nb".utf8) }, link,
            try header { $0[156] = UInt8(ascii: "1") },
            try header { $0[156] = UInt8(ascii: "5") }, try header { $0[156] = UInt8(ascii: "x") },
            try header { $0[156] = UInt8(ascii: "L") }, try header { $0[156] = UInt8(ascii: "S") },
            // A size of base 256, which could be of any length.
            try header { $0.replaceSubrange(124..<136, with: [0x80] + [UInt8](repeating: 0x7F, count: 11)) },
            try header { $0.replaceSubrange(345..<349, with: "../x".utf8) }, try header { $0[100] = UInt8(ascii: "4") },
            try header { $0[135] = UInt8(ascii: "1") }, try header { $0[265] = UInt8(ascii: "r") },
            Data(repeating: 0xFF, count: 512), Data((0..<512).map { UInt8(truncatingIfNeeded: $0) }),
        ]
        for block in foreign {
            #expect(try problem(block + original).contains("byte 0 does not start a header that lorad writes"))
        }
        let first = try header({ _ in }, name: "zzz")
        #expect(
            try problem(first + original).contains(
                "comes after zzz: expected members sorted by name, each once"))
        let twice = try header({ _ in }, name: "adapter/adapter_config.json", size: 0)
        #expect(
            try problem(twice + original).contains(
                "adapter/adapter_config.json comes after adapter/adapter_config.json"))
        let added = try header({ _ in }, name: "aaa", size: 0)
        #expect(try problem(added + original).contains("aaa is not in manifest.json"))
        let huge = try header({ _ in }, name: "aaa", size: UstarHeader.sizeLimit)
        #expect(try problem(huge + original).contains("aaa has 8589934591 bytes, more than an export writes"))
        let large = try header({ _ in }, name: "adapter/a", size: UstarHeader.sizeLimit)
        #expect(try problem(large + original).contains("is truncated"))
    }

    @Test("is held in memory a member at a time, of which those that are read as a whole are short")
    func sizes() throws {
        for (name, size, words) in [
            ("transcripts/a.transcript", 512 << 20, "is truncated"), ("rounds.jsonl", 65 << 20, "is truncated"),
            ("audit/audit.log", 65 << 20, "is truncated"), ("zz", 65 << 20, "more than an export writes"),
            ("transcripts/a.transcript", 512 << 20 + 1, "more than an export writes"),
        ] {
            let block = try header({ _ in }, name: name, size: size)
            #expect(try problem(block).contains(words), "\(name)")
        }
        #expect(throws: CommandError.self, "what could not be read again is not written") {
            try ExportWriter.write([ExportMember("run.json", Data(count: 64 << 20 + 1))], to: sample.path)
        }
        try original.write(to: URL(filePath: sample.path))
        let contents = try ExportReader(path: sample.path).contents()
        #expect(try contents.bytes(of: "none") == nil)
        #expect(try contents.bytes(of: "configuration.yaml") == Data("run: run\n".utf8))
        let file = try #require(FileHandle(forWritingAtPath: sample.path))
        try file.seek(toOffset: UInt64(try offset(of: "configuration.yaml") + UstarHeader.blockSize))
        try file.write(contentsOf: Data("RUN".utf8))
        try file.close()
        let error = #expect(throws: CommandError.self) { try contents.bytes(of: "configuration.yaml") }
        #expect(error?.description.hasSuffix("configuration.yaml changed while it was read: try again") == true)
    }

    @Test("is none where there is no file, or something else")
    func others() throws {
        for path in ["\(sample.folder.path)/none.tar", sample.folder.path, "/dev/zero"] {
            #expect(throws: CommandError.self, "\(path)") { try ExportVerification(path: path, signer: nil) }
        }
    }

    /// An archive that somebody else puts together and signs, with the members of this one but for some.
    private func forged(
        key: Curve25519.Signing.PrivateKey = .init(), _ change: (inout [String: Data]) -> Void = { _ in }
    ) throws -> String {
        var members: [String: Data] = [:]
        let contents = try ExportReader(path: sample.path).contents()
        for name in contents.members.keys where !name.hasPrefix("manifest") {
            members[name] = try contents.bytes(of: name)
        }
        change(&members)
        let files = members.map { ExportMember($0.key, $0.value) }
        let manifest = ExportManifest(
            lorad: Version.number, run: "run", coordinator: "", signer: key.publicKey.rawRepresentation.hexadecimal,
            members: files.map { .init(name: $0.name, size: $0.size, sha256: $0.digest) }.sorted { $0.name < $1.name })
        try ExportWriter.write(files + ExportManifest.members(manifest, key: key), to: sample.path)
        return sample.problem()
    }

    @Test("that another has signed is known by its key, and only by that")
    func otherSigner() throws {
        let signer = try sample.open().signer
        #expect(try forged() == "")
        #expect(sample.problem(signer: signer).contains("it names the signer "))
        #expect(sample.problem(signer: signer).hasSuffix("not \(signer)"))
    }

    @Test("does not hold together where its parts are of different rounds or runs")
    func inconsistent() throws {
        try original.write(to: URL(filePath: sample.path))
        let expected: [(String, (inout [String: Data]) -> Void)] = [
            (
                "rounds.jsonl ends with round 2, but run.json says that 3 are done",
                { members in
                    let lines = (members["rounds.jsonl"] ?? Data()).split(separator: UInt8(ascii: "\n")).prefix(2)
                    members["rounds.jsonl"] = lines.reduce(Data()) { $0 + $1 + Data("\n".utf8) }
                }
            ),
            (
                "rounds.jsonl: line 2 does not follow the line before it",
                { members in
                    let lines = (members["rounds.jsonl"] ?? Data()).split(separator: UInt8(ascii: "\n"))
                    members["rounds.jsonl"] = [lines[0], lines[2]].reduce(Data()) { $0 + $1 + Data("\n".utf8) }
                }
            ),
            (
                "differs from what the run wrote in its last round",
                { $0["adapter/adapter_config.json"] = Data("{}".utf8) }
            ),
            ("the adapter's files are not those", { $0["adapter/adapter_config.json"] = nil }),
            (
                "the adapter is not that of the last round",
                { members in
                    let text = String(decoding: members["provenance.json"] ?? Data(), as: UTF8.self)
                    members["provenance.json"] = Data(text.replacing("\"rounds\": 3", with: "\"rounds\": 2").utf8)
                }
            ),
            (
                "run.json belongs to another run",
                { members in
                    let text = String(decoding: members["run.json"] ?? Data(), as: UTF8.self)
                    members["run.json"] = Data(text.replacing("\"run\": \"run\"", with: "\"run\": \"other\"").utf8)
                }
            ),
            ("provenance.json is missing", { $0["provenance.json"] = nil }),
            ("transcripts/x.transcript: holds no line", { $0["transcripts/x.transcript"] = Data() }),
        ]
        for (words, change) in expected {
            try original.write(to: URL(filePath: sample.path))
            let problem = try forged(change)
            #expect(problem.contains(words), "\(words): \(problem)")
        }
    }
}
