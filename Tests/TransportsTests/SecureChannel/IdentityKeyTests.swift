import Foundation
import Testing

@testable import Transports

@Suite("An identity key")
final class IdentityKeyTests {
    private let folder = NSTemporaryDirectory() + "lorad-\(UUID().uuidString)"
    private var path: String { "\(folder)/keys/worker.key" }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func mode(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    private func setMode(_ mode: Int, _ path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    @Test("is made once, in a file and a folder of its owner alone, and is the same afterwards")
    func file() throws {
        let made = try IdentityKey(loadingOrCreating: path)
        #expect(try mode(path) == 0o600)
        #expect(try mode("\(folder)/keys") == 0o700)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/keys") == ["worker.key"])
        #expect(try IdentityKey(loadingOrCreating: path).publicIdentity == made.publicIdentity)
        #expect(try IdentityKey(loading: path).publicIdentity == made.publicIdentity)
    }

    @Test("that exists is not overwritten by another that is made at the same time")
    func race() throws {
        let first = try IdentityKey(loadingOrCreating: path).publicIdentity
        #expect(try KeyFile(path).create("another") == false)
        #expect(try IdentityKey(loading: path).publicIdentity == first)
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/keys") == ["worker.key"])
    }

    @Test("that others may read is refused with the command that mends it", arguments: [0o640, 0o604, 0o620, 0o601])
    func readable(mode: Int) throws {
        _ = try IdentityKey(loadingOrCreating: path)
        try setMode(mode, path)
        let error = #expect(throws: TransportError.self) { try IdentityKey(loadingOrCreating: self.path) }
        #expect(error?.code == .invalidKey)
        #expect(error?.message.contains("chmod 600 '\(path)'") == true)
        #expect(error?.message.contains("mode \(String(mode, radix: 8))") == true)
    }

    @Test("in a folder that others may write is refused, when it is loaded and when it is made")
    func folderMode() throws {
        _ = try IdentityKey(loadingOrCreating: path)
        try setMode(0o770, "\(folder)/keys")
        for name in ["worker.key", "new.key"] {
            let error = #expect(throws: TransportError.self) {
                try IdentityKey(loadingOrCreating: "\(self.folder)/keys/\(name)")
            }
            #expect(error?.code == .invalidKey)
            #expect(error?.message.contains("chmod 700 '\(folder)/keys'") == true)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/keys") == ["worker.key"])
    }

    @Test("that is damaged, missing or no file is an error that names it")
    func damaged() throws {
        let key = try IdentityKey(loadingOrCreating: path).publicIdentity
        for text in ["", "lorad-identity-x25519", "lorad-identity-x25519 AAAA", "x \(key.text)", "\0\u{FFFD}"] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            try setMode(0o600, path)
            let error = #expect(throws: TransportError.self) { try IdentityKey(loadingOrCreating: self.path) }
            #expect(error?.code == .invalidKey)
            #expect(error?.message.hasPrefix(path) == true)
        }
        #expect(code { _ = try IdentityKey(loading: path + ".none") } == .ioFailed)
        #expect(code { _ = try IdentityKey(loading: "\(folder)/keys") } == .invalidKey)
        #expect(code { _ = try IdentityKey(loadingOrCreating: "\(path)/below") } == .ioFailed)
    }

    @Test("is never printed")
    func description() {
        let key = IdentityKey()
        #expect("\(key)" == "identity key \(key.publicIdentity.fingerprint)")
    }

    @Test("has a public half that is read as it was printed, and a fingerprint of 32 digits")
    func publicHalf() throws {
        let identity = IdentityKey().publicIdentity
        #expect(try PublicIdentity(text: identity.text) == identity)
        let fingerprint = identity.fingerprint
        #expect(fingerprint.description.count == 32)
        #expect(Fingerprint(fingerprint.description.uppercased()) == fingerprint)
        #expect(Fingerprint("abc") == nil)
        #expect(Fingerprint(String(repeating: "g", count: 32)) == nil)
    }

    @Test("of small order, or in another encoding than its own, is no public key")
    func weakPoints() throws {
        let eighth = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"
        let other = "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"
        let prime = "ed" + String(repeating: "ff", count: 30) + "7f"
        let belowPrime = "ec" + prime.dropFirst(2)
        let nonCanonicalNine = "f6" + prime.dropFirst(2)
        let zero = String(repeating: "00", count: 32)
        for hex in [zero, "01" + zero.dropFirst(2), eighth, other, belowPrime, prime, nonCanonicalNine] {
            #expect(code { _ = try PublicIdentity(bytes: Data(hexadecimal: hex)) } == .invalidKey, "\(hex)")
        }
        let key = IdentityKey().publicIdentity.bytes
        #expect(code { _ = try PublicIdentity(bytes: key.flipped(at: 31, bit: 7)) } == .invalidKey)
        #expect(try PublicIdentity(bytes: Data(hexadecimal: "09" + zero.dropFirst(2))).bytes.first == 9)
    }
}
