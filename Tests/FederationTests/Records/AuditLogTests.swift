import Crypto
import Dispatch
import Foundation
import Testing

@testable import Federation

@Suite("A run's audit log")
struct AuditLogTests {
    private let folder: ScratchFolder
    private let key = Curve25519.Signing.PrivateKey()
    private var log: AuditLog { AuditLog(folder: folder.path, key: key) }
    private var path: String { "\(folder.path)/\(AuditTrail.fileName)" }
    private var head: String { "\(folder.path)/\(AuditTrail.headName)" }

    init() throws { folder = try ScratchFolder() }

    private func entry(_ action: String) -> AuditEntry {
        AuditEntry(
            time: Date(timeIntervalSince1970: 1_700_000_000.5), run: "run", who: "token alice", origin: "192.0.2.7",
            action: action, outcome: .began)
    }

    private func write(_ actions: String...) throws {
        for action in actions { try log.append(entry(action)) }
    }

    private func read() throws -> [String] {
        try AuditTrail(folder: folder.path, signer: key.publicKey).entries.map(\.action)
    }

    private func contents(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }
    private func put(_ data: Data, _ path: String) throws { try data.write(to: URL(filePath: path)) }

    private func problem() -> String {
        do {
            _ = try read()
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test("has a line for everything, in order, in files for its owner alone")
    func order() throws {
        #expect(try read().isEmpty)
        #expect(try log.append(entry("pause")) == 1 && log.append(entry("resume")) == 2)
        #expect(try read() == ["pause", "resume"])
        #expect(try AuditTrail(folder: folder.path, signer: key.publicKey).entries[0].time == 1_700_000_000)
        for file in [path, head] {
            #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test("names the line that was edited, moved, taken out or put in, and nothing more is written to it then")
    func tampering() throws {
        try write("pause", "resume", "stop")
        let original = try contents(path)
        let lines = original.split(separator: UInt8(ascii: "\n")).map { Data($0) }
        func joined(_ indices: Int...) -> Data { indices.reduce(Data()) { $0 + lines[$1] + Data("\n".utf8) } }
        let edited = Data(String(decoding: original, as: UTF8.self).replacing("resume", with: "revoke").utf8)
        for (data, words) in [
            (edited, "line 2 was changed, or is not signed by"), (joined(0, 2, 1), "line 2 was written as line 3"),
            (joined(0, 2), "line 2 was written as line 3"), (joined(0, 1), "has 2 lines, and had 3"),
            (joined(0, 1, 1, 2), "line 3 was written as line 2"), (Data(), "has 0 lines, and had 3"),
            (joined(0, 1, 2, 2), "line 4 was written as line 3"),
        ] {
            try put(data, path)
            #expect(problem().contains(words), "\(words): \(problem())")
        }
        for data in [joined(0, 1), Data(), joined(0, 1, 2, 2)] {
            try put(data, path)
            #expect(errorCode { try log.append(entry("stop")) } == .corruptState)
            #expect(try contents(path) == data)
        }
    }

    @Test("misses its head, and knows another's")
    func heads() throws {
        try write("pause", "resume")
        let own = try contents(head)
        try FileManager.default.removeItem(atPath: head)
        #expect(problem().contains("there is no file audit.head beside it"))
        #expect(errorCode { try log.append(entry("stop")) } == .corruptState)
        let edited = String(decoding: own, as: UTF8.self).replacing("\"lines\":2", with: "\"lines\":1")
        try put(Data(edited.utf8), head)
        #expect(problem().contains("was changed, or is not signed by"))
        try put(own, head)
        let other = Curve25519.Signing.PrivateKey()
        #expect(throws: FederationError.self) { try AuditTrail(folder: folder.path, signer: other.publicKey) }
        #expect(errorCode { try AuditLog(folder: folder.path, key: other).append(entry("stop")) } == .corruptState)
        #expect(try read() == ["pause", "resume"])
    }

    @Test("goes on after a crash between a line and its head, and within a line")
    func crashes() throws {
        try write("pause")
        let first = try contents(head)
        try write("resume")
        try put(first, head)
        #expect(try read() == ["pause", "resume"])
        try write("stop")
        #expect(try read() == ["pause", "resume", "stop"])
        try put(try contents(path) + Data("{\"entry\":{\"act".utf8), path)
        let trail = try AuditTrail(folder: folder.path, signer: key.publicKey)
        #expect(trail.entries.count == 3)
        #expect(trail.notes == ["line 4 was cut short after 14 bytes, as by a crash: nothing was done for it"])
        try write("pause")
        #expect(try read() == ["pause", "resume", "stop", "pause"])
        try FileManager.default.removeItem(atPath: head)
        try FileManager.default.removeItem(atPath: path)
        try write("pause")
        try FileManager.default.removeItem(atPath: head)
        #expect(try read() == ["pause"], "the first head comes after the first line")
        try write("resume")
        #expect(try read() == ["pause", "resume"])
    }

    @Test("takes the lines of several threads one after the other")
    func threads() throws {
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            for _ in 0..<8 { _ = try? log.append(entry("pause")) }
        }
        #expect(try read().count == 32)
    }

    @Test("is not taken for a new one where it, or its head, is there and cannot be read", arguments: [true, false])
    func unreadable(isHead: Bool) throws {
        try FileManager.default.createDirectory(atPath: isHead ? head : path, withIntermediateDirectories: false)
        #expect(problem().contains("\(isHead ? head : path) is a folder, a pipe or a device"), "\(problem())")
        #expect(throws: FederationError.self) { try write("pause") }
    }
}
