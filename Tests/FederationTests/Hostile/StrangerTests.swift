import Foundation
import SwiftProtobuf
import Synchronization
import Tensors
import TestSupport
import Testing
import Transports

@testable import Federation

@Suite("Strangers", .ownThreads, .timeLimit(.minutes(10)))
struct StrangerTests {
    @Test("that connect by the hundred and send nothing, or bytes of no meaning, hold nobody up")
    func connections() async throws {
        let run = try ServedRun(ToyJob(minimumWorkers: 2))
        run.start()
        let port = try #require(run.server.endpoint.port)
        let lengths: [UInt64] = [
            0, 1, 3, 39, 40, 41, 1 << 16, 1 << 20, 1 << 24, 1 << 25, 1 << 31, 1 << 32, 1 << 63, .max,
        ]
        let peers = try await onThread {
            var random = SplitMix64(seed: 3)
            return (0..<300).compactMap { index in
                let peer = TCPPeer(port: port)
                let noise = [UInt8](sampleBytes(Int(random.next() % 2_000), seed: UInt8(index & 0xFF)))
                switch index % 5 {
                case 0: break
                case 1: peer?.send(Array(TCPPeer.greeting.prefix(index % 8)))
                case 2: peer?.send(TCPPeer.header(announcing: lengths[index % lengths.count]))
                case 3: peer?.send(TCPPeer.header(announcing: lengths[index % lengths.count]) + noise)
                default: peer?.send(noise)
                }
                return peer
            }
        }
        #expect(peers.count == 300)
        let workers = try (0..<2).map { try run.work(as: "w\($0)") }
        try await run.expectEnd()
        for worker in workers { #expect(try await worker.end().isOver) }
        withExtendedLifetime(peers) {}
    }

    @Test("that send records of every kind get a short answer each, and no session")
    func records() async throws {
        let run = try ServedRun()
        run.start()
        let answers = try await onThread {
            let dialer = try run.dialer()
            defer { dialer.close() }
            var random = SplitMix64(seed: 4)
            return try (0..<400).map { index in
                var record = Data("LRAD".utf8) + [1, UInt8(truncatingIfNeeded: index % 10), 0, 0]
                if index % 7 == 0 { record[5] |= 0x80 }
                record += sampleBytes(32 + Int(random.next() % 200), seed: UInt8(truncatingIfNeeded: index))
                if index % 11 == 0 { record = sampleBytes(index, seed: 9) }
                return try dialer.request(record, timeout: .seconds(10)).count
            }
        }
        #expect(answers.allSatisfy { $0 == 41 })
        #expect(run.server.members.isEmpty && run.server.traffic.counts.received == 0)
        let worker = try run.work(as: "worker")
        try await run.expectEnd()
        #expect(try await worker.end().isOver)
    }

    @Test("that shake hands without end are refused or forgotten, and do not fill the log")
    func hellos() async throws {
        let run = try ServedRun()
        run.start()
        try await onThread {
            let dialer = try run.dialer()
            defer { dialer.close() }
            for index in 0..<300 {
                let token = index % 2 == 0 ? JoinToken() : run.line.token
                let handshake = try ClientHandshake(
                    identity: IdentityKey(), coordinator: run.line.coordinator, token: token)
                _ = try dialer.request(handshake.hello, timeout: .seconds(10))
            }
        }
        #expect(run.server.traffic.counts.refusedWorkers == 150)
        #expect(run.refusals.count < 20 && !run.refusals.isEmpty)
        #expect(run.server.members.isEmpty)
        let worker = try run.work(as: "worker")
        try await run.expectEnd()
        #expect(try await worker.end().isOver)
    }

    @Test("on the way that repeat and change what they hear change nothing")
    func eavesdropping() async throws {
        let run = try ServedRun(ToyJob(rounds: 4, tasks: 4, minimumWorkers: 2))
        run.start()
        let tap = try WireTap(run)
        let workers = try (0..<2).map { try run.work(as: "w\($0)", over: tap.line) }
        try await run.expectEnd()
        for worker in workers { #expect(try await worker.end().isOver) }
        let forged = tap.end()
        #expect(forged.count > 50)
        // What is repeated or changed is answered by a notice, or, for a hello, by the same welcome.
        #expect(forged.allSatisfy { $0.answer.count == 41 || $0.isHello })
        #expect(run.server.members.count == 2)
    }
}

/// Stands between workers and a coordinator's control endpoint: hands everything on, and sends what it hears again,
/// as it was and changed.
final class WireTap: Sendable {
    struct Forgery: Sendable {
        let isHello: Bool
        let answer: Data
    }

    let line: JoinLine
    private let server: any RequestServer
    private let forgeries = Mutex<[Forgery]>([])

    init(_ run: ServedRun) throws {
        let endpoint = try Endpoint("tcp://127.0.0.1:0")
        server = try TransportRegistry.transport(for: endpoint).listen(on: endpoint, limit: 1 << 25)
        line = JoinLine(
            address: server.endpoint.description, coordinator: run.line.coordinator, token: run.line.token)
        for index in 0..<8 { try tap(run, index) }
    }

    /// Waits for no one; gives what was forged.
    func end() -> [Forgery] {
        server.close()
        return forgeries.withLock { $0 }
    }

    private func tap(_ run: ServedRun, _ index: Int) throws {
        let (dialer, own) = (try run.dialer(), try run.dialer())
        Thread.detachNewThread { [self] in
            var random = SplitMix64(seed: UInt64(index))
            while let request = try? server.receive() {
                guard let reply = try? dialer.request(request.bytes, timeout: .seconds(10)) else { continue }
                try? server.reply(reply, to: request.ticket)
                forge(request.bytes, own, &random)
            }
            dialer.close()
            own.close()
        }
    }

    private func forge(_ record: Data, _ dialer: any RequestDialer, _ random: inout SplitMix64) {
        var records = [record, record]
        for _ in 0..<3 {
            var changed = record
            changed[Int(random.next() % UInt64(record.count))] ^= UInt8(1 << (random.next() % 8))
            records.append(changed)
        }
        records.append(record.dropLast(1 + Int(random.next() % 20)))
        for forged in records {
            guard let answer = try? dialer.request(Data(forged), timeout: .seconds(10)) else { return }
            let isHello = forged.count > 5 && forged[forged.startIndex + 5] == 1
            forgeries.withLock { $0.append(Forgery(isHello: isHello, answer: answer)) }
        }
    }
}
