import Crypto
import Foundation
import Privacy
import Testing

@testable import Federation

@Suite("A worker's transcript")
struct TranscriptTests {
    private let folder: ScratchFolder
    private let key = Curve25519.Signing.PrivateKey()
    private var path: String { "\(folder.path)/transcripts/toy.transcript" }
    private var signer: WorkerIdentity { WorkerIdentity(key.publicKey) }

    init() throws { folder = try ScratchFolder() }

    private func writer(_ key: Curve25519.Signing.PrivateKey? = nil, epsilon: Double? = nil) throws
        -> TranscriptWriter
    {
        try TranscriptWriter(
            path: path, run: "toy", basis: Data([1]), key: key ?? self.key,
            spent: { epsilon.map { ($0, 1e-5) } }, now: { Date(timeIntervalSince1970: 1_000) })
    }

    private func work(_ round: Int) -> OrderedWork {
        OrderedWork(
            run: "toy", round: round, basis: Data([1]), state: Data([2, UInt8(round)]), order: Data([3]))
    }

    /// Joins, and gives away an update in each of three rounds.
    private func write(_ key: Curve25519.Signing.PrivateKey? = nil) throws {
        let writer = try writer(key)
        for round in 0..<3 {
            try writer.willSend(.update(digest: Data([9, UInt8(round)])), of: work(round))
        }
    }

    private func lines() throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    private func replace(_ lines: [String]) throws {
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path))
    }

    @Test(
        "has a line for everything that was given away, readable by its owner only, and goes on after a restart"
    )
    func contents() throws {
        try write()
        let again = try writer(epsilon: 2)
        let roster = [signer, WorkerIdentity(Curve25519.Signing.PrivateKey().publicKey)]
        try again.willSend(.masked(roster: roster), of: work(3))
        let transcript = try Transcript(path: path, signer: signer)
        #expect(
            transcript.entries.map(\.kind) == [.joined, .update, .update, .update, .joined, .masked])
        #expect(transcript.entries.map(\.round) == [nil, 1, 2, 3, nil, 4])
        #expect(transcript.entries[0].worker == signer.text && transcript.entries[0].basis == "01")
        #expect(transcript.entries[2].update == "0901" && transcript.entries[2].state == "0201")
        #expect(transcript.entries[2].epsilon == nil && transcript.entries[5].epsilon == 2)
        #expect(transcript.entries[5].roster == roster.map(\.text) && transcript.notes.isEmpty)
        for file in [path, path + ".head"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        }
    }

    /// What an attacker with access to the file does, and what is said of it.
    private static let attacks: [(name: String, words: String, change: @Sendable (inout [String]) -> Void)] = [
        (
            "an edited line", "line 3 was changed, or is not signed",
            { $0[2].replace("0901", with: "0902") }
        ),
        (
            "an edited number", "line 2 was changed",
            { $0[1].replace("\"round\":1", with: "\"round\":7") }
        ),
        (
            "an edited signature", "line 2 ",
            { $0[1] = String($0[1].dropLast(2)) + ($0[1].hasSuffix("00") ? "11" : "00") }
        ),
        ("lines that were swapped", "line 2 was written as line 3", { $0.swapAt(1, 2) }),
        ("a line that was taken out", "line 2 was written as line 3", { $0.remove(at: 1) }),
        ("a line that was repeated", "line 3 was written as line 2", { $0.insert($0[1], at: 2) }),
        ("a missing beginning", "line 1 was written as line 2", { $0.removeFirst() }),
        (
            "a missing end", "has 3 lines, and had 4: those at the end were cut off",
            { $0.removeLast() }
        ),
        ("an empty line", "line 2 cannot be read", { $0.insert("", at: 1) }),
        ("a foreign line", "line 2 cannot be read", { $0.insert("{}", at: 1) }),
    ]

    @Test(
        "is refused where somebody changed it, with the line, and the worker does not go on with it",
        arguments: attacks.indices)
    func changed(index: Int) throws {
        let attack = Self.attacks[index]
        try write()
        var changed = try lines()
        attack.change(&changed)
        try replace(changed)
        let checks: [() throws -> Void] = [
            { _ = try Transcript(path: path, signer: signer) }, { _ = try writer() },
        ]
        for check in checks {
            let error = #expect(throws: FederationError.self, "\(attack.name)") { try check() }
            #expect(
                error?.code == .corruptState && error?.message.contains(attack.words) == true,
                "\(error?.message ?? "")")
        }
    }

    @Test(
        "is refused where it was signed anew by another key, and where the file is gone but not its head"
    )
    func resigned() throws {
        let forger = Curve25519.Signing.PrivateKey()
        try write(forger)
        #expect(try Transcript(path: path).signer == WorkerIdentity(forger.publicKey))
        let error = #expect(throws: FederationError.self) { try Transcript(path: path, signer: signer) }
        #expect(
            error?.message.contains("line 1 was changed, or is not signed by worker \(signer.text)")
                == true)
        try FileManager.default.removeItem(atPath: path)
        let gone = #expect(throws: FederationError.self) { try writer() }
        #expect(gone?.message.contains("its lines were taken away") == true)
        // A head that cannot be read may be one of many lines.
        try FileManager.default.removeItem(atPath: path + ".head")
        try FileManager.default.createDirectory(atPath: path + ".head", withIntermediateDirectories: false)
        let unreadable = #expect(throws: FederationError.self) { try writer() }
        #expect(unreadable?.message.hasPrefix("\(path).head is a folder, a pipe or a device") == true)
    }

    @Test("has a head of its own: another transcript's does not fit, and without one it is not in order")
    func heads() throws {
        try write()
        let head = try Data(contentsOf: URL(filePath: path + ".head"))
        try FileManager.default.removeItem(atPath: path + ".head")
        let all = try lines()
        for kept in [all, Array(all.prefix(1))] {
            try replace(kept)
            let checks: [() throws -> Void] = [
                { _ = try Transcript(path: path, signer: signer) }, { _ = try self.writer() },
            ]
            for check in checks {
                let error = #expect(throws: FederationError.self) { try check() }
                #expect(error?.message.contains("there is no file .head") == true, "\(error?.message ?? "")")
            }
        }
        try FileManager.default.removeItem(atPath: path)
        let writer = try writer()
        for round in 5..<8 { try writer.willSend(.update(digest: Data([8])), of: work(round)) }
        try head.write(to: URL(filePath: path + ".head"))
        let error = #expect(throws: FederationError.self) { try Transcript(path: path, signer: signer) }
        #expect(
            error?.message.contains("is not the one that the file .head names") == true,
            "\(error?.message ?? "")")
        try Data("{}".utf8).write(to: URL(filePath: path + ".head"))
        #expect(throws: FederationError.self) { try Transcript(path: path, signer: signer) }
    }

    @Test("names a line that a crash has cut short, and takes it away when the worker goes on")
    func crash() throws {
        try write()
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("{\"numb".utf8))
        try handle.close()
        let note = try Transcript(path: path, signer: signer).notes
        #expect(
            note.count == 1 && note[0].contains("line 5 was cut short after 6 bytes, as by a crash"),
            "\(note)")
        _ = try writer()
        let transcript = try Transcript(path: path, signer: signer)
        #expect(
            transcript.entries.suffix(2).map(\.kind) == [.repaired, .joined] && transcript.notes.isEmpty)
        #expect(transcript.entries[4].dropped == 6)
    }

    @Test("survives a crash between a line and its head, and one in the very first line")
    func earlyCrash() throws {
        let writer = try writer()
        try writer.willSend(.update(digest: Data([1])), of: work(0))
        let head = try Data(contentsOf: URL(filePath: path + ".head"))
        try writer.willSend(.update(digest: Data([2])), of: work(1))
        try head.write(to: URL(filePath: path + ".head"))
        #expect(try Transcript(path: path, signer: signer).entries.count == 3)
        for file in [path, path + ".head"] { try FileManager.default.removeItem(atPath: file) }
        try Data("{".utf8).write(to: URL(filePath: path))
        _ = try self.writer()
        #expect(try Transcript(path: path).entries.map(\.kind) == [.repaired, .joined])
    }

    @Test("that cannot be written keeps everything back")
    func unwritable() throws {
        try Data().write(to: URL(filePath: "\(folder.path)/transcripts"))
        let error = #expect(throws: FederationError.self) { try writer() }
        #expect(error?.code == .writeFailed && error?.message.contains("so nothing is sent") == true)
        #expect(throws: FederationError.self) { try Transcript(path: "\(folder.path)/none") }
    }

    @Test("is read line by line: a line or a file that is too long is named at once, and a pipe is not waited for")
    func limits() throws {
        func message(_ path: String) -> String {
            let error = #expect(throws: FederationError.self) { try Transcript(path: path) }
            return error?.message ?? ""
        }
        try write()
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(count: TranscriptLines.lineLimit + 1))
        try handle.close()
        #expect(
            message(path) == "\(path): line 5 has more than 4194304 bytes: that is no transcript of a worker",
            "\(message(path))")
        #expect(throws: FederationError.self) { try writer() }
        let huge = "\(folder.path)/huge"
        try Data().write(to: URL(filePath: huge))
        #expect(truncate(huge, off_t(TranscriptLines.limit) + 1) == 0)
        #expect(
            message(huge)
                == "\(huge): has 536870913 bytes, and a transcript 536870912 at most: that is no transcript of a worker",
            "\(message(huge))")
        // As large as may be, of zeros: the first line is too long already.
        #expect(truncate(huge, off_t(TranscriptLines.limit)) == 0)
        #expect(message(huge).contains("line 1 has more than 4194304 bytes"))
        let pipe = "\(folder.path)/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        for other in [pipe, folder.path] {
            #expect(message(other).contains("is a folder, a pipe or a device"), "\(message(other))")
        }
    }

    @Test("is not written beyond what can be read back")
    func tooLong() throws {
        let writer = try writer()
        let roster = Array(repeating: signer, count: 70_000)
        let error = #expect(throws: FederationError.self) { try writer.willSend(.masked(roster: roster), of: work(0)) }
        #expect(error?.code == .writeFailed && error?.message.contains("so nothing is sent") == true)
        #expect("\(error.map { "\($0)" } ?? "")".contains("give the run another name"))
        try writer.willSend(.update(digest: Data([1])), of: work(0))
        #expect(try Transcript(path: path, signer: signer).entries.map(\.kind) == [.joined, .update])
    }
}
