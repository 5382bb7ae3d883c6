import Foundation
import Synchronization
import Testing

@testable import lorad

@Suite("Who may look at a run over HTTP, and act on it")
struct AccessGateTests {
    private let file: AccessTokenFile
    private let folder: TemporaryFolder
    private let now = Date(timeIntervalSince1970: 1_700_000_000)
    private let look = AccessToken()
    private let manage = AccessToken()
    private let old = AccessToken()
    private let lost = AccessToken()

    init() throws {
        folder = try TemporaryFolder()
        file = AccessTokenFile(StateFolder(folder.path))
        try file.change { [now, look, manage, old, lost] tokens in
            for (token, name, role, expires) in [
                (look, "grafana", AccessRole.look, nil), (manage, "alice", .manage, nil), (old, "old", .manage, now),
                (lost, "lost", .manage, nil),
            ] as [(AccessToken, String, AccessRole, Date?)] {
                try tokens.add(AccessTokenRecord(token, name: name, role: role, created: now, expires: expires))
            }
            try tokens.revoke("lost", now: now)
        }
    }

    private func decide(
        _ role: AccessRole, _ authorization: String?, key: PageKey? = nil
    ) -> (decision: AccessGate.Decision, refused: [RefusedAttempt]) {
        let attempts = Mutex<[RefusedAttempt]>([])
        let gate = AccessGate(file, rule: .auto, now: { [now] in now }) { attempt in
            attempts.withLock { $0.append(attempt) }
        }
        let decision = gate.decide(role, for: "pause", authorization: authorization, from: "192.0.2.7", key: key)
        return (decision, attempts.withLock(\.self))
    }

    @Test("a token of the role manage does both, one of look only looks")
    func roles() {
        for role in AccessRole.allCases {
            let (decision, refused) = decide(role, "Bearer \(manage.text)")
            #expect(decision == .admitted(.token("alice", from: "192.0.2.7")) && refused.isEmpty)
        }
        #expect(decide(.look, "bearer  \(look.text)").decision == .admitted(.token("grafana", from: "192.0.2.7")))
        let (decision, refused) = decide(.manage, "Bearer \(look.text)")
        let reason = "token grafana has the role look; this requires manage"
        #expect(decision == .forbidden(reason, .token("grafana", from: "192.0.2.7")))
        #expect(refused == [.init(requester: .token("grafana", from: "192.0.2.7"), what: "pause", reason: reason)])
    }

    @Test("expired, revoked and guessed tokens, other schemes, and none at all are refused, and noted")
    func strangers() {
        let guess = AccessToken().text
        for (authorization, words) in [
            (nil, "an access token is required"), ("", "an access token is required"),
            (manage.text, "an access token is required"),
            ("Basic \(manage.text)", "an access token is required"),
            ("Bearer \(manage.text) x", "an access token is required"),
            ("Bearer \(guess)", "does not know the token"), ("Bearer \(old.text)", "token old has expired"),
            ("Bearer \(lost.text)", "token lost was revoked"),
            ("Bearer " + String(repeating: "a", count: 2_000), "an access token is required"),
        ] as [(String?, String)] {
            for role in AccessRole.allCases {
                let (decision, refused) = decide(role, authorization)
                guard case .unauthorized(let reason) = decision else {
                    Issue.record("\(authorization ?? "nothing") is admitted")
                    continue
                }
                #expect(reason.contains(words), "\(reason)")
                #expect(refused.map(\.requester) == [.stranger(from: "192.0.2.7")])
                #expect(!reason.contains(guess), "a reason goes into the log, and a token must not")
            }
        }
    }

    @Test("the page's key looks, and does nothing else")
    func pageKey() {
        let key = PageKey(joinLine: "tcp://host:1?key=a&token=b")
        #expect(decide(.look, "Bearer \(key.text)", key: key).decision == .admitted(.page(from: "192.0.2.7")))
        guard case .unauthorized = decide(.manage, "Bearer \(key.text)", key: key).decision,
            case .unauthorized = decide(.look, "Bearer \(key.text)").decision
        else { return #expect(Bool(false), "the key of the page opens more than the page") }
    }

    @Test("nobody is let in where the file of tokens cannot be read")
    func damage() throws {
        try folder.write("[]", to: "access/tokens.json")
        chmod(file.path, 0o600)
        guard case .unauthorized(let reason) = decide(.manage, "Bearer \(manage.text)").decision else {
            return #expect(Bool(false), "a damaged file admits")
        }
        #expect(reason.contains("accepts none"))
    }

    @Test("looking takes a token on addresses that other machines reach, unless told otherwise")
    func rules() {
        let (here, there) = (HTTPAddress(host: "127.0.0.1", port: 1), HTTPAddress(host: "0.0.0.0", port: 1))
        #expect(!TokenRule.auto.applies(at: here) && TokenRule.auto.applies(at: there))
        #expect(TokenRule.always.applies(at: here) && !TokenRule.never.applies(at: there))
        #expect(TokenRule.auto.applies(at: HTTPAddress(host: "alpha", port: 1)))
    }
}
