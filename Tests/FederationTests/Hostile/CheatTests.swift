import Foundation
import SwiftProtobuf
import Synchronization
import Tensors
import TestSupport
import Testing
import Transports

@testable import Federation

@Suite("A worker that was let in and cheats", .ownThreads, .timeLimit(.minutes(10)))
struct CheatTests {
    private static let width = ToyJob.width

    /// Updates that are none, and a word of the reason why.
    private static let updates: [(name: String, bytes: @Sendable () throws -> Data, reason: String)] = [
        ("NaN", { try bytes("sum", [.nan]) }, "not finite"),
        ("infinity", { try bytes("sum", [0, 0, -.infinity]) }, "not finite"),
        ("another name", { try bytes("summe", []) }, "not a sum"),
        ("another shape", { try StateDict([("sum", Tensor([1, 2], shape: [2, 1]))]).bytes() }, "not a sum"),
        ("another type", { try StateDict([("sum", Tensor(integers: [1, 2]))]).bytes() }, "not a sum"),
        ("one tensor more", { try bytes("sum", [], also: "other") }, "not a sum"),
        ("no tensor", { try StateDict().bytes() }, "not a sum"),
        ("nothing", { Data() }, "less than a header"),
        ("half a file", { try bytes("sum", []).prefix(2_000) }, "damaged or incomplete"),
        ("random bytes", { sampleBytes(5_000) }, "header claims"),
        (
            "a header that never ends", { file(header: String(repeating: "[", count: 100_000)) },
            "not a safetensors header"
        ),
        ("a header over the limit", { file(header: String(repeating: " ", count: 5 << 20)) }, "announced"),
        (
            "tensors that lie over each other",
            {
                let entry = #"{"dtype":"F32","shape":[100000],"data_offsets":[0,400000]}"#
                let entries = (0..<1_000).map { #""t\#($0)":\#(entry)"# }.joined(separator: ",")
                return file(header: "{\(entries)}", body: 400_000)
            }, "begins at byte 0"
        ),
    ]

    /// An update with one tensor of the right shape, which begins with some numbers.
    private static func bytes(_ name: String, _ numbers: [Float], also other: String? = nil) throws -> Data {
        let tensor = Tensor(numbers + [Float](repeating: 1, count: width - numbers.count), shape: [width])
        return try StateDict([(name, tensor)] + (other.map { [($0, tensor)] } ?? [])).bytes()
    }

    private static func file(header: String, body: Int = 0) -> Data {
        withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) } + Data(header.utf8) + Data(count: body)
    }

    /// A run that a cheat and an honest worker begin together; the latter is there already.
    ///
    /// - Parameters:
    ///   - gate: The honest worker works once it is open, so that the run does not end before.
    ///   - patience: after which a worker that says nothing is gone.
    private func run(
        _ job: ToyJob = ToyJob(rounds: 3, tasks: 4, minimumWorkers: 2), gate: Gate? = nil,
        patience: Duration = .milliseconds(500)
    ) async throws -> (ServedRun, ServedWorker) {
        let run = try ServedRun(job, patience: patience)
        run.start()
        let honest = try run.work(as: "honest", ToyTrainer { _ in gate?.wait() })
        while !run.events.contains(where: { if case .joined = $0 { true } else { false } }) {
            try await Task.sleep(for: .milliseconds(2))
        }
        return (run, honest)
    }

    @Test("cannot make an update count that is none", arguments: updates.indices)
    func refused(index: Int) async throws {
        let update = Self.updates[index]
        let gate = Gate()
        let (run, honest) = try await run(gate: gate)
        let bytes = try update.bytes()
        let outcome = try await onThread { () -> String in
            let cheat = try Cheat(run)
            let order = try cheat.order()
            do {
                let reply = try cheat.submit(bytes, for: order)
                return reply.verdict.outcome == .refused ? reply.verdict.reason : "\(reply)"
            } catch {
                return "\(error)"
            }
        }
        #expect(outcome.contains(update.reason), "\(update.name): \(outcome)")
        gate.open()
        try await run.expectEnd()
        #expect(try await honest.end().isOver)
    }

    @Test("cannot make metrics count that cannot be")
    func metrics() async throws {
        let gate = Gate()
        let (run, honest) = try await run(ToyJob(rounds: 3, tasks: 8, minimumWorkers: 2), gate: gate)
        let wrong: [WireMetrics] = [
            .with { $0.seconds = .infinity }, .with { $0.seconds = -1 }, .with { $0.tokens = .max },
            .with { $0.values = ["a": .nan] },
            .with { metrics in for index in 0..<65 { metrics.values["\(index)"] = 1 } },
            .with { $0.values = [String(repeating: "a", count: 65): 1] },
        ]
        for metrics in wrong {
            #expect(throws: FederationError.self) { try ContributionMetrics(metrics) }
        }
        let outcomes = try await onThread {
            let cheat = try Cheat(run)
            let loss = WireMetrics.with { $0.loss = .nan }
            return try [wrong[0], loss].map {
                try cheat.submit(Self.bytes("sum", []), for: try cheat.order(), metrics: $0).verdict.outcome
            }
        }
        gate.open()
        #expect(outcomes == [.refused, .refused])
        try await run.expectEnd()
        #expect(try await honest.end().isOver)
    }

    @Test("is shut out after three refusals: it gets neither work nor files, and leaves no upload behind")
    func exclusion() async throws {
        let (run, honest) = try await run(
            ToyJob(rounds: 3, tasks: 4, minimumWorkers: 3), patience: .seconds(30))
        let replies = try await onThread {
            let (cheat, other) = (try Cheat(run), try Cheat(run, named: "other"))
            for _ in 0..<3 { _ = try cheat.submit(Data("no".utf8), for: try cheat.order()) }
            let replies = [
                try cheat.ask { $0.poll = .init() }, try cheat.ask { $0.heartbeat = .init() },
                try cheat.askBulk { $0.getManifest.blob = Data(count: 32) },
            ]
            _ = try other.ask { $0.goodbye = .init() }
            return replies
        }
        for reply in replies { #expect(reply.problem.code == .excluded) }
        try await run.expectEnd()
        #expect(try await honest.end().isOver)
        #expect(run.events.contains { if case .excluded(let member, _) = $0 { member.name == "cheat" } else { false } })
    }

    @Test("cannot fill the memory with uploads that it announces and never sends")
    func announcements() async throws {
        let gate = Gate()
        let (run, honest) = try await run(gate: gate, patience: .seconds(30))
        let replies = try await onThread {
            let cheat = try Cheat(run)
            return try (0..<20).map { number in
                let bytes = Data(repeating: UInt8(number), count: 1 << 19)
                let manifest = try BlobManifest(of: bytes)
                return try cheat.askBulk { $0.beginUpload.manifest = manifest.encoded }
            }
        }
        gate.open()
        // One megabyte, which is an update.
        #expect(replies.count { if case .uploadState = $0.kind { true } else { false } } == 2)
        #expect(replies.count { $0.problem.code == .busy } == 18)
        try await run.expectEnd()
        #expect(try await honest.end().isOver)
    }

    @Test("cannot make the coordinator keep anything but a key in place of a key", arguments: [0, 31, 32, 33, 100_000])
    func longKeys(length: Int) {
        let hello = WireHello.with { $0.signingKey = Data(repeating: 1, count: length) }
        #expect(hello.bounded.signingKey == (length == 32 ? hello.signingKey : Data()))
    }

    @Test("gets an answer to whatever it asks for in bulk, and nothing more")
    func bulkRequests() async throws {
        let gate = Gate()
        let (run, honest) = try await run(gate: gate, patience: .seconds(30))
        let problems = try await onThread {
            let cheat = try Cheat(run)
            let blob = try Blob(MemorySource(sampleBytes(100_000)), chunkSize: 64 << 10)
            var large = blob.manifest.encoded
            large.replaceSubrange(8..<16, with: withUnsafeBytes(of: UInt64(1 << 40).littleEndian) { Data($0) })
            _ = try cheat.askBulk { $0.beginUpload.manifest = blob.manifest.encoded }
            return try [
                cheat.askBulk { $0.getManifest.blob = Data(count: 32) },
                cheat.askBulk { $0.getManifest.blob = Data(count: 7) },
                cheat.askBulk {
                    $0.getChunk.blob = Data(count: 32)
                    $0.getChunk.index = .max
                },
                cheat.askBulk { $0.beginUpload.manifest = Data() },
                cheat.askBulk { $0.beginUpload.manifest = blob.manifest.encoded.dropLast() },
                cheat.askBulk { $0.beginUpload.manifest = large },
                cheat.askBulk(sampleBytes(64 << 10, seed: 2)) { $0.putChunk.blob = blob.id.bytes },
                cheat.askBulk(sampleBytes(1 << 20)) { $0.putChunk.blob = blob.id.bytes },
                cheat.askBulk(Data(count: 5)) {
                    $0.putChunk.blob = blob.id.bytes
                    $0.putChunk.index = 2
                },
                cheat.askBulk(Data(count: 5)) { $0.putChunk.blob = Data(count: 32) },
                cheat.askBulk { $0.poll = .init() },
                cheat.askBulk { _ in },
            ].map(\.problem)
        }
        gate.open()
        let codes: [WireProblem.Code] = [
            .gone, .malformed, .gone, .malformed, .malformed, .malformed, .malformed, .malformed, .malformed, .gone,
            .malformed, .malformed,
        ]
        #expect(problems.map(\.code) == codes, "\(problems.map(\.reason))")
        try await run.expectEnd()
        #expect(try await honest.end().isOver)
    }

    @Test("changes nothing by what it says of tasks that are not its own, or that there are not")
    func strangeRequests() async throws {
        let gate = Gate()
        let (run, honest) = try await run(gate: gate)
        try await onThread {
            let cheat = try Cheat(run)
            let order = try cheat.order()
            var tasks = [WireTask](repeating: order.task, count: 4)
            tasks[0].round = .max
            tasks[1].id = .max
            tasks[2].base = Data(count: 32)
            tasks[3] = WireTask()
            for task in tasks {
                let reply = try cheat.ask { $0.submission.task = task }
                let isNothing = reply.verdict.outcome == .late || reply.problem.code == .malformed
                #expect(isNothing, "\(task): \(reply)")
                _ = try cheat.ask {
                    $0.heartbeat.task = task
                    $0.heartbeat.progress = .nan
                }
                _ = try cheat.ask {
                    $0.failure.task = task
                    $0.failure.reason = String(repeating: "long\n", count: 10_000)
                }
            }
            for _ in 0..<50 {
                _ = try cheat.ask { $0.goodbye.reason = "bye" }
                _ = try cheat.ask { $0.hello.protocol = WireHello.currentProtocol }
            }
            #expect(try cheat.ask { $0.getManifest = .init() }.problem.code == .malformed)
            #expect(try cheat.ask { _ in }.problem.code == .malformed)
            _ = try cheat.ask { $0.goodbye = .init() }
        }
        gate.open()
        try await run.expectEnd()
        #expect(try await honest.end().isOver)
    }

    @Test("cannot hold a task for ever by saying that it is at work on it")
    func idling() async throws {
        let (run, honest) = try await run(ToyJob(rounds: 2, tasks: 1, minimumWorkers: 2))
        let isOver = Mutex(false)
        let idling = BlockingCall {
            let cheat = try Cheat(run)
            var order = try cheat.order()
            while !isOver.withLock({ $0 }) {
                let reply = try cheat.ask { $0.heartbeat.task = order.task }
                if !reply.alive.taskIsOpen, !isOver.withLock({ $0 }) {
                    guard case .order(let next) = try cheat.ask({ $0.poll = .init() }).kind else { continue }
                    order = next
                }
                Thread.sleep(forTimeInterval: 0.05)
            }
        }
        try await run.expectEnd()
        isOver.withLock { $0 = true }
        #expect(try await honest.end().isOver)
        _ = idling
    }

    @Test("cannot speak nonsense inside its encryption that does any harm")
    func nonsense() async throws {
        let gate = Gate()
        let (run, honest) = try await run(ToyJob(rounds: 3, tasks: 4), gate: gate)
        let answers = try await onThread {
            var random = SplitMix64(seed: 5)
            let dialer = try run.dialer()
            let handshake = try run.handshake()
            let (session, _) = try handshake.finish(try dialer.request(handshake.hello, timeout: .seconds(10)))
            return try (0..<200).map { index in
                var bytes = sampleBytes(Int(random.next() % 300), seed: UInt8(truncatingIfNeeded: index))
                if index % 3 == 0 { bytes = try Frame(message: bytes).encoded() }
                let sealed = try session.seal(bytes)
                let reply = try sealed.open(try dialer.request(sealed.record, timeout: .seconds(10)))
                let message = try Frame(decoding: reply, messageLimit: 1 << 20).message
                return try WireReply(serializedBytes: message).problem.code
            }
        }
        #expect(answers.allSatisfy { $0 == .malformed })
        gate.open()
        try await run.expectEnd()
        #expect(try await honest.end().isOver)
    }
}

extension StateDict {
    /// The bytes of a file with these tensors.
    func bytes() throws -> Data { try Blob(self).bytes() }
}
