import Crypto
import Federation
import Foundation
import Models
import Synchronization
import Testing
import Transports

@testable import lorad

@Suite("What people ask of a run")
struct RunControlTests {
    private let folder: TemporaryFolder
    private let identity = IdentityKey()
    private var url: URL { URL(filePath: folder.path) }

    init() throws { folder = try TemporaryFolder() }

    private func control(_ means: RunControl.Means, now: @escaping @Sendable () -> Date = { Date() }) throws
        -> RunControl
    {
        let journal = try ActionJournal(run: "run", folder: url, identity: identity, now: now)
        return RunControl(run: "run", folder: url, journal: journal, means: means)
    }

    private var nothing: RunControl.Means { .init(revoke: { "\($0) is revoked" }) }

    private func audit() throws -> [String] {
        try AuditTrail(folder: folder.path, signer: identity.recordsKey.publicKey).entries.map { entry in
            let about = (entry.details ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
            let count = entry.attempts.map { " x\($0)" } ?? ""
            return "\(entry.who): \(entry.action)\(about) \(entry.outcome.rawValue)\(count)"
        }
    }

    @Test("is written down before it is done, and how it went")
    func journal() throws {
        let seen = Mutex<[[String]]>([])
        let control = try control(
            .init(
                revoke: { _ in
                    let lines = try audit()
                    seen.withLock { $0.append(lines) }
                    throw CommandError("no worker of this name")
                }, extend: { $0 }))
        #expect(throws: CommandError.self) {
            try control.perform(.revoke(worker: "x\ny"), by: .token("alice", from: "::1"))
        }
        #expect(seen.withLock(\.self) == [["token alice: revoke worker=x y began"]])
        _ = try control.perform(.extend(seconds: 60), by: .token("alice", from: "::1"))
        let expected = [
            "token alice: revoke worker=x y began", "token alice: revoke failed",
            "token alice: extend seconds=60.0 began",
            "token alice: extend done",
        ]
        #expect(try audit() == expected)
        let trail = try AuditTrail(folder: folder.path, signer: identity.recordsKey.publicKey)
        #expect(trail.entries[1].reason == "no worker of this name" && trail.entries[1].of == 1)
        #expect(trail.entries[3].of == 3 && trail.entries.allSatisfy { $0.origin == "::1" && $0.run == "run" })
    }

    @Test("is not done where it cannot be written down")
    func unwritable() throws {
        try FileManager.default.createDirectory(atPath: "\(folder.path)/audit.log", withIntermediateDirectories: false)
        let control = try control(
            .init(revoke: { _ in
                Issue.record("it was done")
                return ""
            }))
        #expect(throws: (any Error).self) { try control.perform(.revoke(worker: "x"), by: .user()) }
        #expect(throws: (any Error).self) { try control.perform(.pause, by: .user()) }
        #expect(try !ControlState.read(in: url).isPaused)
    }

    @Test("pauses a run also for the coordinator that comes next, until it is resumed")
    func pausing() throws {
        let told = Mutex<[Bool]>([])
        let means = RunControl.Means(
            setPaused: { paused in told.withLock { $0.append(paused) } }, revoke: { _ in "" })
        let first = try control(means)
        #expect(try !ControlState.read(in: url).isPaused)
        #expect(try first.perform(.pause, by: .user()).text.hasPrefix("run run is paused: "))
        #expect(try first.perform(.pause, by: .user()).text.hasPrefix("run run is paused already: "))
        #expect(try ControlState.read(in: url).isPaused)
        let second = try control(means)
        #expect(try second.perform(.resume, by: .user()).text == "run run continues")
        #expect(try second.perform(.resume, by: .user()).text == "run run is not paused")
        #expect(try !ControlState.read(in: url).isPaused)
        #expect(told.withLock(\.self) == [true, true, false, false])
        try folder.write("{", to: "control.json")
        #expect(throws: CommandError.self, "a run that was paused does not go on by mistake") {
            try ControlState.read(in: url)
        }
    }

    @Test(
        "takes a coordinator that runs, where it is about one",
        arguments: [
            RunAction.stop, .extend(seconds: 5), .joinToken(uses: nil, hours: nil),
        ])
    func needed(action: RunAction) throws {
        let error = #expect(throws: CommandError.self) { try control(nothing).perform(action, by: .user()) }
        #expect(error?.description == "run run has no running coordinator, which \(action.name) needs")
        #expect(try audit().last?.hasSuffix(": \(action.name) failed") == true)
    }

    @Test("comes to the coordinator from a command beside it, and the answer back")
    func desk() async throws {
        let desk = ControlDesk(run: url)
        let control = try control(
            .init(
                revoke: { throw CommandError("no worker \($0)") },
                joinLine: { uses, hours, issuer in
                    .init(text: "\(uses ?? 0) \(hours ?? 0) \(issuer)", joinLine: "tcp://h?token=t")
                }))
        let asked = Task.detached {
            try desk.ask(.joinToken(uses: 2, hours: 1.5), by: .init(kind: .user, name: "ann", origin: "local")) { true }
        }
        while try audit().count < 2 {
            desk.serve(control)
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(try await asked.value == ActionReport(text: "2 1.5 user ann", joinLine: "tcp://h?token=t"))
        #expect(try audit() == ["user ann: join-token hours=1.5 uses=2 began", "user ann: join-token done"])
        let refused = Task.detached { try desk.ask(.revoke(worker: "x"), by: .user()) { true } }
        while try audit().count < 4 {
            desk.serve(control)
            try await Task.sleep(for: .milliseconds(5))
        }
        let error = await #expect(throws: CommandError.self) { try await refused.value }
        #expect(error?.description == "no worker x")
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/control").isEmpty)
        #expect(try !audit().joined().contains("token=t"))
    }

    @Test("is given up when the coordinator has ended, and leaves nothing that the next one would do")
    func silence() throws {
        let desk = ControlDesk(run: url)
        #expect(throws: ControlDesk.Silence.self) { try desk.ask(.stop, by: .user()) { false } }
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/control").isEmpty)
        try folder.write("{}", to: "control/x.request")
        desk.clear(now: Date(timeIntervalSinceNow: 3_600))
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/control").isEmpty)
    }

    @Test("that is refused shares lines, of strangers and of each token, so that nobody can fill the disk")
    func refusals() throws {
        let time = Mutex(Date(timeIntervalSince1970: 1_700_000_000))
        let journal = try ActionJournal(run: "run", folder: url, identity: identity) { time.withLock(\.self) }
        let attempt = { (requester: Requester) in
            RefusedAttempt(requester: requester, what: "stop", reason: "no\ntoken")
        }
        for _ in 0..<50 { journal.refused(attempt(.stranger(from: "192.0.2.7"))) }
        #expect(try audit() == ["stranger: stop refused"])
        for _ in 0..<30 { journal.refused(attempt(.token("grafana", from: "::1"))) }
        journal.refused(attempt(.token("look", from: "::1")))
        #expect(try audit().dropFirst() == ["token grafana: stop refused", "token look: stop refused"])
        time.withLock { $0 += 60 }
        journal.refused(attempt(.stranger(from: "192.0.2.8")))
        journal.refused(attempt(.stranger(from: "192.0.2.9")))
        journal.flush(isLast: true)
        journal.flush(isLast: true)
        let expected = [
            "stranger: stop refused", "token grafana: stop refused", "token look: stop refused",
            "stranger: stop refused x50", "token grafana: stop refused x29", "stranger: stop refused",
        ]
        #expect(try audit() == expected)
        let entries = try AuditTrail(folder: folder.path, signer: identity.recordsKey.publicKey).entries
        #expect(entries[0].reason == "no token" && entries[3].origin == "192.0.2.8")
    }
}
