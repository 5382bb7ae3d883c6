import Foundation
import Testing

@testable import lorad

@Suite("Access tokens")
struct AccessTokenTests {
    private let folder: TemporaryFolder
    private let file: AccessTokenFile
    private let now = Date(timeIntervalSince1970: 1_700_000_000)

    init() throws {
        folder = try TemporaryFolder()
        file = AccessTokenFile(StateFolder(folder.path))
    }

    @discardableResult
    private func make(
        _ name: String, _ role: AccessRole = .look, expires: Date? = nil, in file: AccessTokenFile? = nil
    ) throws -> AccessToken {
        let token = AccessToken()
        try (file ?? self.file).change {
            try $0.add(AccessTokenRecord(token, name: name, role: role, created: now, expires: expires))
        }
        return token
    }

    private func refusal(_ text: String, at time: Date? = nil) throws -> AccessTokens.Refusal? {
        let tokens = try file.tokens()
        do throws(AccessTokens.Refusal) {
            _ = try tokens.holder(of: text, now: time ?? now)
            return nil
        } catch {
            return error
        }
    }

    @Test("have 256 random bits, and are kept as digests in a file of mode 600")
    func secrecy() throws {
        let token = try make("grafana")
        #expect(token.text.hasPrefix("lorad_") && token.text.count == 49 && token.text != AccessToken().text)
        let text = try String(contentsOfFile: file.path, encoding: .utf8)
        #expect(!text.contains(token.text) && !text.contains(token.text.dropFirst(6)))
        #expect(text.contains("grafana"))
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let folderMode = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/access")[.posixPermissions]
        #expect(folderMode as? Int == 0o700)
    }

    @Test("admit their holders until they expire or are revoked, and guesses never")
    func lifetime() throws {
        let (token, other) = (try make("grafana", expires: now + 60), try make("alice", .manage))
        #expect(try refusal(token.text) == nil && refusal(other.text) == nil)
        #expect(try file.tokens().holder(of: other.text, now: now).role == .manage)
        #expect(try refusal(token.text, at: now + 60) == .expired("grafana"))
        for guess in [
            "", "lorad_", AccessToken().text, token.text + "A", String(token.text.dropLast()),
            token.digest.base64EncodedString(),
        ] {
            #expect(try refusal(guess) == .unknown, "\(guess)")
        }
        try file.change { try $0.revoke("alice", now: now) }
        #expect(try refusal(other.text) == .revoked("alice") && refusal(token.text) == nil)
        let states = try file.tokens().records.map { $0.state(at: now + 61) }
        #expect(states == ["expired", "revoked"])
    }

    @Test("have names of their own for ever, so that the audit log is unambiguous")
    func names() throws {
        try make("grafana")
        #expect(throws: CommandError.self) { try make("grafana") }
        try file.change { try $0.revoke("grafana", now: now) }
        let error = #expect(throws: CommandError.self) { try make("grafana") }
        #expect(error?.description.contains("a token named grafana was revoked: choose another name") == true)
        for name in ["", "a b", "a\nb", "-x", "é", String(repeating: "a", count: 65), "a/b"] {
            #expect(throws: CommandError.self, "\(name)") { try make(name) }
        }
        let missing = #expect(throws: CommandError.self) { try file.change { try $0.revoke("none", now: now) } }
        #expect(missing?.description == "there is no token \"none\"; known tokens: grafana")
    }

    @Test("that another process makes or revokes count at once")
    func beside() throws {
        let other = AccessTokenFile(StateFolder(folder.path))
        #expect(try file.tokens().records.isEmpty)
        let token = try make("grafana", in: other)
        #expect(try refusal(token.text) == nil)
        try other.change { try $0.revoke("grafana", now: now) }
        #expect(try refusal(token.text) == .revoked("grafana"))
    }

    @Test("are none where the file is damaged, or where others could have written it")
    func damage() throws {
        let token = try make("grafana")
        chmod(file.path, 0o666)
        let writable = #expect(throws: CommandError.self) { try file.tokens() }
        #expect(writable?.description.contains("other users can write to this file") == true)
        chmod(file.path, 0o600)
        #expect(try refusal(token.text) == nil)
        try folder.write("{", to: "access/tokens.json")
        chmod(file.path, 0o600)
        #expect(throws: CommandError.self) { try file.tokens() }
        #expect(throws: CommandError.self, "a damaged file is not replaced by one without tokens") { try make("alice") }
    }

    @Test(
        "live as long as people say",
        arguments: [("90s", 90), ("15m", 900), ("12h", 43_200), ("30d", 2_592_000)] as [(String, Double)])
    func lifetimes(text: String, seconds: Double) { #expect(Lifetime(argument: text)?.seconds == seconds) }

    @Test(
        "do not live for what is no time",
        arguments: ["", "30", "d", "-1d", "0d", "1.5h", "99999999d", "forever", "1 d"])
    func wrongLifetimes(text: String) { #expect(Lifetime(argument: text) == nil) }

    @Test("live for ever only where somebody says so")
    func never() throws { #expect(try #require(Lifetime(argument: "never")).seconds == nil) }
}
