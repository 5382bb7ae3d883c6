import Crypto
import Foundation
import Privacy
import SwiftProtobuf
import Tensors
import Testing
import Transports

@testable import Federation

/// Each test damages genuine bytes by a seed, reads them, and checks what could be read against its limits. A trap ends
/// the whole test run; the seed of the last input is the test's argument.
@Suite("Damaged bytes are read within their limits or refused")
struct FuzzTests {
    static let seeds: [UInt64] = Array(1...8)
    private static let inputsPerSeed = 2_500

    private func read(_ inputs: [Data], seed: UInt64, _ body: (Data) throws -> Void) -> Int {
        var mutator = Mutator(seed: seed)
        var refusals = 0
        for _ in 0..<Self.inputsPerSeed {
            do { try body(mutator.damaged(inputs)) } catch { refusals += 1 }
        }
        return refusals
    }

    @Test("frames", arguments: seeds)
    func frames(seed: UInt64) throws {
        let inputs = try [0, 1, 50, 300].map {
            try Frame(message: sampleBytes($0), payload: sampleBytes(100)).encoded()
        }
        let refusals = read(inputs, seed: seed) { bytes in
            let frame = try Frame(decoding: bytes, messageLimit: 200)
            #expect(frame.message.count <= 200 && 4 + frame.message.count + frame.payload.count == bytes.count)
        }
        #expect((100...2_400).contains(refusals), "\(refusals)")
    }

    @Test("requests and replies", arguments: seeds)
    func messages(seed: UInt64) throws {
        let inputs: [Data] =
            try Samples.requests.map { try $0.serializedBytes() }
            + Samples.replies.map { try $0.serializedBytes() }
        let refusals = read(inputs, seed: seed) { bytes in
            // What the coordinator and the worker make of them, where they are read.
            var core = Coordinator<Int>(job: TreeJob(rounds: 2, leafCount: 4), timing: Timing())
            let worker = SimulatedWorker.id(1)
            core.join(worker, Samples.hello.bounded, at: .zero)
            core.open(from: .with { $0.id = Data(count: 32) }, at: .zero)
            if let request = try? WireRequest(serializedBytes: bytes) {
                if case .hello(let hello) = request.kind {
                    core.join(worker, hello.bounded, at: .zero)
                    #expect(core.members[worker]?.name.count ?? 0 <= 64)
                }
                if case .submission(let submission) = request.kind { _ = try? ContributionMetrics(submission.metrics) }
                _ = core.handle(request, from: worker, 0, at: .seconds(1))
            }
            let reply = try WireReply(serializedBytes: bytes)
            var sheep = Worker()
            _ = sheep.start()
            for _ in 0..<3 { _ = sheep.next(after: .replied(reply)) }
        }
        #expect((100...2_400).contains(refusals), "\(refusals)")
    }

    @Test("manifests and sets of chunks", arguments: seeds)
    func manifests(seed: UInt64) throws {
        let limits = BlobLimits(size: 1 << 30, chunkSizes: 100...1 << 24, chunks: 64)
        let inputs = try [0, 99, 100, 101, 6_400].map { try sampleBlob($0).manifest.encoded }
        let refusals = read(inputs, seed: seed) { bytes in
            let manifest = try BlobManifest(decoding: bytes, limits: limits)
            #expect(manifest.size <= 1 << 30 && manifest.chunkCount <= 64 && manifest.encoded == bytes)
            for index in [-1, 0, 63, 64, .max] { _ = try? manifest.check(index) }
        }
        // Nearly every change shows.
        #expect((100..<Self.inputsPerSeed).contains(refusals), "\(refusals)")
        let sets = [ChunkSet(all: 9).encoded, ChunkSet(chunkCount: 64).encoded, ChunkSet(all: 1).encoded]
        _ = read(sets, seed: seed) { bytes in
            let set = try ChunkSet(decoding: bytes, chunkCount: 9)
            #expect(set.count <= 9 && set.indices.allSatisfy { (0..<9).contains($0) })
        }
    }

    @Test("terms of secure aggregation, and what a worker makes of them", arguments: seeds)
    func terms(seed: UInt64) throws {
        let base = StateDict([("a", Tensor([1, 2, 3], shape: [3])), ("b", Tensor([4], shape: [1, 1]))])
        let result = LocalResult(update: base, metrics: .init(loss: 1, examples: 5))
        let noise = NoiseSettings(mechanism: .distributed(.skellam), clip: 1, noiseMultiplier: 2, delta: 1e-5)
        let layout = UpdateLayout(base, carriesLoss: true)
        let terms = try [nil, noise].map { noise in
            try MaskingSettings(run: "toy", threshold: 0.6, clip: noise == nil ? .value(1) : .norm(1)).terms(
                round: 2, attempt: sampleBytes(16), layout: layout, workers: 5, largestWeight: 9, noise: noise)
        }
        let inputs = try terms.map { try JSONEncoder().encode($0) }
        let policy = MaskingPolicy(key: .init(), threshold: 0.6)
        let binding = ResultBinding(basis: Data(), state: base, work: Data())
        let refusals = read(inputs, seed: seed) { bytes in
            let terms = try JSONDecoder().decode(MaskingTerms.self, from: bytes)
            let masked = try MaskedResult(result, from: base, terms, policy, binding, lanes: 1)
            #expect(masked.advertisement.count < 1_000)
        }
        #expect((100...2_499).contains(refusals), "\(refusals)")
    }

    @Test("updates", arguments: seeds)
    func updates(seed: UInt64) throws {
        let states = [
            StateDict([("a", Tensor([1, 2, 3], shape: [3])), ("b", Tensor([4], shape: [1, 1]))]),
            StateDict([("a", Tensor(integers: [1, 2]))]), StateDict(),
        ]
        let inputs = try states.map { try $0.bytes() }
        let refusals = read(inputs, seed: seed) { bytes in
            let file = try SafetensorsFile(data: bytes, name: "it", headerLimit: 1_000)
            let total = file.stateDict.entries.reduce(0) { $0 + $1.tensor.byteCount }
            #expect(total <= bytes.count)
        }
        #expect((100...2_499).contains(refusals), "\(refusals)")
    }

    @Test("records, encrypted and not", arguments: seeds, [true, false])
    func records(seed: UInt64, isInsecure: Bool) throws {
        let key = IdentityKey()
        let table = SessionTable(security: isInsecure ? .insecure : .encrypted(key)) { _ throws(Refusal) in Data() }
        let handshake = try ClientHandshake(
            identity: IdentityKey(), coordinator: isInsecure ? .insecure : .pinned(key.publicIdentity), token: nil)
        guard case .handshake(let welcome, _, _) = table.handle(handshake.hello, now: .zero) else {
            throw CancellationError()
        }
        let session = try handshake.finish(welcome).session
        let sealed = try (0..<4).map { try session.seal(sampleBytes(50 * $0)) }
        var now = Duration.zero
        var mutator = Mutator(seed: seed)
        for _ in 0..<500 {
            now += .milliseconds(5)
            let record = mutator.damaged([handshake.hello, welcome] + sealed.map(\.record))
            switch table.handle(record, now: now) {
            case .handshake(let reply, _, _): #expect(reply.count <= 300)
            case .answer(let reply, _): #expect(reply.count == 41)
            // Damage that left the bytes as they were, or, without encryption, that nobody can see.
            case .request(let request): #expect(request.plaintext.count <= 400)
            }
            _ = try? sealed[0].open(record)
        }
        #expect(table.count <= 260)
    }
}

/// Genuine messages of every kind.
private enum Samples {
    static let task = WireTask.with {
        $0.round = 3
        $0.id = 1 << 32 | 5
        $0.base = Data(count: 32)
    }
    static let blob = WireBlob.with {
        $0.id = sampleBytes(32)
        $0.size = 1 << 20
    }
    static let hello = WireHello.with {
        $0.protocol = 1
        $0.name = "a worker"
        $0.machine.lanes = 8
        $0.machine.arithmetic = "oneDNN"
    }

    static let requests: [WireRequest] = [
        .with { $0.poll = .init() },
        .with {
            $0.heartbeat.task = task
            $0.heartbeat.progress = 0.5
        },
        .with {
            $0.submission.task = task
            $0.submission.update = blob
            $0.submission.metrics = .with {
                $0.loss = 1.5
                $0.tokens = 1_000
                $0.values = ["a": 1]
            }
        },
        .with {
            $0.failure.task = task
            $0.failure.reason = "no memory"
        },
        .with { $0.goodbye.reason = "stopped" }, .with { $0.hello = hello }, .with { $0.getManifest.blob = blob.id },
        .with { $0.getChunk.index = 3 }, .with { $0.beginUpload.manifest = sampleBytes(56) },
        .with { $0.putChunk.blob = blob.id }, .with { $0.exchange.task = task },
        .with {
            $0.exchange.task = task
            $0.exchange.message = sampleBytes(80)
        },
        .with {
            $0.exchange.task = task
            $0.exchange.vector = blob
        },
    ]

    static let replies: [WireReply] = [
        .with {
            $0.order.task = task
            $0.order.base = blob
            $0.order.work = sampleBytes(60)
            $0.order.attachments = [.with { $0.blob = blob }]
            $0.order.masking = sampleBytes(30)
        },
        .with { $0.turn.message = sampleBytes(40) }, .with { $0.turn.wait = .init() },
        .with { $0.turn.over.reason = "too few" },
        .with { $0.wait.reason = "" }, .with { $0.alive.taskIsOpen = true }, .verdict(.refused, "no"),
        .with { $0.finished.summary = "done" }, .problem(.gone, "gone"),
        .with {
            $0.welcome.run = "run"
            $0.welcome.bulkPort = 7701
            $0.welcome.files = [.with { $0.name = "config.json" }]
        },
        .with { $0.manifest.encoded = sampleBytes(56) }, .with { $0.chunk.index = 1 },
        .with { $0.uploadState.missing = Data([1]) },
    ]
}
