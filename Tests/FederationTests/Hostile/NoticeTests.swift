import Foundation
import Synchronization
import TestSupport
import Testing
import Transports

@testable import Federation

@Suite("Whoever is on the way and makes up notices", .ownThreads, .timeLimit(.minutes(10)))
struct NoticeTests {
    @Test("ends no worker that has joined")
    func joined() async throws {
        let run = try ServedRun(ToyJob(rounds: 2, tasks: 4))
        run.start()
        let liar = try await onThread { try Liar(run) }
        let worker = try run.work(as: "worker", over: liar.line)
        #expect(try await worker.end().isOver)
        try await run.expectEnd()
        #expect(liar.end() >= 2)
        #expect(worker.lines.contains { $0.contains("not authenticated") && $0.hasSuffix("trying again") })
    }

    @Test("makes a worker that has not joined give up after a while, with words that say whose they are not")
    func joining() async throws {
        let run = try ServedRun(isInsecure: true)
        run.start()
        let line = JoinLine(
            address: run.line.address, coordinator: .pinned(IdentityKey().publicIdentity), token: run.line.token)
        let worker = try run.work(as: "worker", over: line)
        let error = await #expect(throws: TransportError.self) { try await worker.end() }
        #expect(error?.code == .refused && error?.description.contains("not authenticated") == true)
        run.server.stop()
        try await run.end()
    }
}

/// Stands between a worker and a coordinator's control endpoint, and answers some requests with a notice in place of the
/// coordinator: that it takes encrypted records only.
private final class Liar: Sendable {
    let line: JoinLine
    private let server: any RequestServer
    private let notice: Data
    private let counts = Mutex<(heard: Int, lies: Int)>((0, 0))

    init(_ run: ServedRun) throws {
        let stranger = try ClientHandshake(identity: IdentityKey(), coordinator: .insecure, token: run.line.token)
        let dialer = try run.dialer()
        notice = try dialer.request(stranger.hello, timeout: .seconds(10))
        dialer.close()
        let endpoint = try Endpoint("tcp://127.0.0.1:0")
        server = try TransportRegistry.transport(for: endpoint).listen(on: endpoint, limit: 1 << 25)
        line = JoinLine(
            address: server.endpoint.description, coordinator: run.line.coordinator, token: run.line.token)
        for _ in 0..<4 { try stand(before: run) }
    }

    /// Waits for no one; gives how often it lied.
    func end() -> Int {
        server.close()
        return counts.withLock { $0.lies }
    }

    private func stand(before run: ServedRun) throws {
        let dialer = try run.dialer()
        Thread.detachNewThread { [self] in
            while let request = try? server.receive() {
                if lies(to: request.bytes) {
                    try? server.reply(notice, to: request.ticket)
                } else if let reply = try? dialer.request(request.bytes, timeout: .seconds(10)) {
                    try? server.reply(reply, to: request.ticket)
                }
            }
            dialer.close()
        }
    }

    /// Of the records after the first handshake, each fourth.
    private func lies(to record: Data) -> Bool {
        let isHello = record.count > 5 && record[record.startIndex + 5] == 1
        guard !isHello else { return false }
        return counts.withLock { counts in
            counts.heard += 1
            guard counts.heard % 4 == 0 else { return false }
            counts.lies += 1
            return true
        }
    }
}
