import Crypto
import Foundation
import Privacy
import Tensors
import TestSupport
import Testing
import Transports

@testable import Federation

@Suite("An exchange under secure aggregation", .ownThreads, .timeLimit(.minutes(10)))
struct ExchangeTests {
    private let ids = (1...3).map { SimulatedWorker.id($0) }
    private let policy = MaskingPolicy(key: .init(), threshold: 0.6)
    private let base = StateDict([("b", Tensor([1, 1], shape: [2])), ("a", Tensor([0, 0, 0], shape: [3]))])

    private var binding: ResultBinding { ResultBinding(basis: Data(), state: base, work: Data()) }

    private func terms(clip: FixedPoint.Clip = .value(1), layout: UpdateLayout) throws -> MaskingTerms {
        try MaskingSettings(run: "toy", threshold: 0.6, clip: clip).terms(
            round: 0, attempt: Data(repeating: 7, count: 16), layout: layout, workers: 3, largestWeight: 10, noise: nil
        )
    }

    private func result(moving amount: Float, loss: Double = 2) -> LocalResult {
        let moved = base.entries.map { name, tensor in
            (name, Tensor(tensor.values.map { $0 + amount }, shape: tensor.shape))
        }
        return LocalResult(update: StateDict(moved), metrics: .init(loss: loss, examples: 2))
    }

    @Test("takes every message twice, also after its stage has passed, and has the same sum")
    func repetition() async throws {
        let layout = UpdateLayout(base, carriesLoss: true)
        let terms = try terms(layout: layout)
        let round = try SecureRound(terms, layout, binding)
        var workers = try (1...3).map {
            try MaskedResult(
                result(moving: Float($0) / 10), from: base, terms, MaskingPolicy(key: .init(), threshold: 0.6), binding,
                lanes: 1)
        }
        for (id, worker) in zip(ids, workers) {
            let identity = try SecureAggregationServer.sender(of: worker.advertisement)
            for _ in 0..<2 { try round.admit(worker.advertisement, from: id, as: identity) }
        }
        let ids = ids
        let running = BlockingCall {
            try round.run(limit: .seconds(300), lanes: 1, willOpen: {}, present: { Set(ids) })
        }
        var said: [(worker: WorkerID, answer: MaskedResult.Answer)] = []
        for index in workers.indices.flatMap({ _ in workers.indices }) + workers.indices {
            guard let message = try await turn(of: ids[index], in: round) else { continue }
            said.append((ids[index], try workers[index].answer(message, lanes: 1)))
            for (worker, answer) in said {
                switch answer {
                case .message(let bytes): try round.take(bytes, from: worker)
                case .vector(let blob): try round.take(vector: blob.bytes(), from: worker)
                }
            }
        }
        let outcome = try await running.value()
        #expect(outcome.workers == 3 && outcome.weight == 6)
        #expect(abs((outcome.loss ?? 0) - 2) < 1e-3)
        for (name, shape) in [("a", [3]), ("b", [2])] {
            let tensor = try #require(outcome.meanDifference[name])
            #expect(tensor.shape == shape && tensor.values.allSatisfy { abs($0 - 0.2) < 1e-6 })
        }
    }

    @Test("waits longer for a worker whose vector is on its way, and not for one that only says that it is there")
    func progress() throws {
        let layout = UpdateLayout(base, carriesLoss: true)
        let terms = try terms(layout: layout)
        for isSending in [true, false] {
            let round = try SecureRound(terms, layout, binding)
            var workers = try (1...3).map { _ in
                try MaskedResult(
                    result(moving: 0.1), from: base, terms, MaskingPolicy(key: .init(), threshold: 0.6), binding,
                    lanes: 1)
            }
            for (id, worker) in zip(ids, workers) {
                try round.admit(
                    worker.advertisement, from: id,
                    as: SecureAggregationServer.sender(of: worker.advertisement))
            }
            // Everybody answers while the coordinator asks who is sending, when the time of the stage is over already.
            func step() throws {
                for index in workers.indices {
                    guard case .message(let message) = round.turn(for: ids[index]) else { continue }
                    switch try workers[index].answer(message, lanes: 1) {
                    case .message(let bytes): try round.take(bytes, from: ids[index])
                    case .vector(let blob): try round.take(vector: blob.bytes(), from: ids[index])
                    }
                }
            }
            var problem: (any Error)?
            let run = {
                try round.run(limit: .zero, lanes: 1, willOpen: {}, present: { Set(ids) }) {
                    guard isSending else { return [] }
                    do { try step() } catch { problem = error }
                    return Set(ids)
                }
            }
            if isSending {
                #expect(try run().workers == 3)
            } else {
                #expect(throws: FederationError.self) { _ = try run() }
            }
            #expect(problem == nil)
        }
    }

    @Test("has a longest time for each stage, by the size of the vector at 32 KiB a second")
    func longestStage() throws {
        let layout = UpdateLayout(StateDict([("a", Tensor(zeros: [1 << 20]))]), carriesLoss: false)
        let round = try SecureRound(terms(layout: layout), layout, binding)
        #expect(round.longestStage(.seconds(300)) == .seconds(300 + 128))
    }

    /// Three workers that have come to a round, which runs.
    private func begin(limit: Duration) throws -> (SecureRound, [MaskedResult], BlockingCall<SecureRound.Outcome>) {
        let layout = UpdateLayout(base, carriesLoss: true)
        let terms = try terms(layout: layout)
        let round = try SecureRound(terms, layout, binding)
        let workers = try ids.map { id in
            let worker = try MaskedResult(
                result(moving: 0.1), from: base, terms, MaskingPolicy(key: .init(), threshold: 0.6), binding, lanes: 1)
            try round.admit(
                worker.advertisement, from: id, as: SecureAggregationServer.sender(of: worker.advertisement))
            return worker
        }
        let ids = ids
        return (
            round, workers,
            BlockingCall { try round.run(limit: limit, lanes: 1, willOpen: {}, present: { Set(ids) }) }
        )
    }

    private func take(_ answer: MaskedResult.Answer, of worker: WorkerID, in round: SecureRound) throws {
        switch answer {
        case .message(let bytes): try round.take(bytes, from: worker)
        case .vector(let blob): try round.take(vector: blob.bytes(), from: worker)
        }
    }

    @Test("relies on those that gave their shares, and not on one that signed the survivors and went silent")
    func faithful() async throws {
        var (round, workers, running) = try begin(limit: .seconds(300))
        for _ in 1...4 {
            for index in workers.indices {
                guard let message = try await turn(of: ids[index], in: round) else { continue }
                if index == 2, SecureAggregationServer.stage(of: message) == .reveals { continue }
                try take(workers[index].answer(message, lanes: 1), of: ids[index], in: round)
            }
        }
        #expect(try await running.value().workers == 3)
        #expect(round.findings.faithful == [ids[0], ids[1]])
    }

    @Test("counts one as late that answers a short message just in time, and its answer all the same")
    func justInTime() async throws {
        var (round, workers, running) = try begin(limit: .seconds(10))
        for stage in 1...4 {
            for index in workers.indices {
                guard let message = try await turn(of: ids[index], in: round) else { continue }
                let answer = try workers[index].answer(message, lanes: 1)
                if stage == 1, index == 2 {
                    while !round.findings.late.contains(ids[2]) { try await Task.sleep(for: .milliseconds(20)) }
                }
                try take(answer, of: ids[index], in: round)
            }
        }
        #expect(try await running.value().workers == 3)
    }

    /// The coordinator's next message for a worker; nil once the sum is open, for which two workers' shares suffice.
    private func turn(of worker: WorkerID, in round: SecureRound) async throws -> Data? {
        for _ in 0..<60_000 {
            switch round.turn(for: worker) {
            case .message(let message): return message
            case .wait: try await Task.sleep(for: .milliseconds(5))
            case .over: return nil
            }
        }
        throw CancellationError()
    }

    @Test("has no place for a worker that speaks with another's key, or for another")
    func impostors() throws {
        let layout = UpdateLayout(base, carriesLoss: true)
        let terms = try terms(layout: layout)
        let round = try SecureRound(terms, layout, binding)
        let honest = try MaskedResult(result(moving: 1), from: base, terms, policy, binding, lanes: 1)
        let identity = try SecureAggregationServer.sender(of: honest.advertisement)
        let other = WorkerIdentity(Curve25519.Signing.PrivateKey().publicKey)
        #expect(throws: FederationError.self) { try round.admit(honest.advertisement, from: ids[0], as: other) }
        try round.admit(honest.advertisement, from: ids[0], as: identity)
        #expect(throws: FederationError.self) { try round.admit(honest.advertisement, from: ids[1], as: identity) }
        #expect(throws: FederationError.self) { try round.take(honest.advertisement, from: ids[1]) }
        #expect(round.turn(for: ids[1]) == .over(reason: ""))
    }

    @Test("is not begun by a worker whose update is not what the round sums up, and says what was cut")
    func misfits() throws {
        let layout = UpdateLayout(base, carriesLoss: true)
        let terms = try terms(clip: .value(0.5), layout: layout)
        let wide = try MaskedResult(result(moving: 0.7), from: base, terms, policy, binding, lanes: 1)
        #expect(wide.cutCount == 5)
        var partial = result(moving: 0.1)
        partial = LocalResult(update: StateDict([("a", Tensor([1, 1, 1], shape: [3]))]), metrics: partial.metrics)
        #expect(throws: FederationError.self) {
            try MaskedResult(partial, from: base, terms, policy, binding, lanes: 1)
        }
        #expect(throws: PrivacyError.self) {
            try MaskedResult(result(moving: .nan), from: base, terms, policy, binding, lanes: 1)
        }
    }

    @Test("is not begun by a worker whose update too few could open, or whose neighbours count on fewer colluders")
    func weakTerms() throws {
        let layout = UpdateLayout(base, carriesLoss: true)
        let honest = try MaskingSettings(run: "toy", threshold: 0.6, colluders: 3).terms(
            round: 0, attempt: Data(repeating: 7, count: 16), layout: layout, workers: 100, largestWeight: 10,
            noise: nil)
        #expect(honest.colluders == 3 && honest.mostWorkers == 200)
        var policy = policy
        policy.colluders = 3
        func refusal(_ threshold: Double, _ colluders: Int?, most: Int = 200) throws -> String? {
            var terms = honest
            (terms.threshold, terms.colluders, terms.mostWorkers) = (threshold, colluders, most)
            do {
                _ = try MaskedResult(result(moving: 0.1), from: base, terms, policy, binding, lanes: 1)
                return nil
            } catch let error as FederationError {
                return error.message
            }
        }
        #expect(try refusal(0.6, 3) == nil && refusal(0.6, 4) == nil)
        // So few workers are all neighbours.
        #expect(try refusal(0.6, nil, most: 128) == nil)
        let low = try refusal(0.51, 3) ?? ""
        #expect(low.contains("this one wants 0.6 at least") && low.contains("--threshold 0.51"), "\(low)")
        let few = try refusal(0.6, 2) ?? ""
        #expect(few.contains("drawn for 2 workers") && few.contains("this one counts on 3"), "\(few)")
        #expect(try refusal(0.6, nil, most: Int.max)?.contains("drawn for 0 workers") == true)
        let absurd: [(Double, Int, Int)] = [(1e300, 3, 200), (0.6, 200, 200), (0.6, -1, 16), (0.6, 3, Int.min)]
        for (threshold, colluders, most) in absurd {
            #expect(throws: PrivacyError.self) { try refusal(threshold, colluders, most: most) }
        }
    }

    @Test(
        "sums up as many workers as the run asks for, and as make the noise, which is for those that the threshold leaves",
        arguments: [(3, 8, 5), (6, 8, 6), (7, 4, 7), (3, 10, 6)])
    func fewestWorkers(fewest: Int, minimum: Int, sum: Int) throws {
        let layout = UpdateLayout(base, carriesLoss: false)
        let settings = MaskingSettings(
            run: "toy", threshold: 0.6, fewestWorkers: fewest, minimumWorkers: minimum, clip: .norm(1))
        let noise = NoiseSettings(mechanism: .distributed(.skellam), clip: 1, noiseMultiplier: 2, delta: 1e-5)
        let cases: [(NoiseSettings?, Int)] = [(noise, sum), (nil, fewest)]
        for (noise, expected) in cases {
            let terms = try settings.terms(
                round: 0, attempt: Data(repeating: 7, count: 16), layout: layout, workers: 10, largestWeight: 1,
                noise: noise)
            #expect(terms.fewestInSum == expected)
            // One of them may be in league with the coordinator.
            #expect(terms.noise.map { $0.noise.shares == sum - 1 } ?? (noise == nil))
            #expect(try terms.configuration(values: layout.valueCount, result: Data()).fewestWorkers == expected)
        }
    }

    @Test("has terms that read back as they were written, and a layout that tells shapes and names apart")
    func terms() throws {
        let layout = UpdateLayout(base, carriesLoss: true)
        for clip in [FixedPoint.Clip.value(0.5), .norm(3)] {
            let terms = try terms(clip: clip, layout: layout)
            #expect(try JSONDecoder().decode(MaskingTerms.self, from: JSONEncoder().encode(terms)) == terms)
        }
        let shapes: [[(String, [Int])]] = [[("a", [3]), ("b", [2])], [("a", [2]), ("b", [3])], [("ab", [5])]]
        let digests = shapes.flatMap { tensors in
            [true, false].map { hasLoss in
                UpdateLayout(
                    StateDict(tensors.map { ($0.0, Tensor(zeros: $0.1)) }), carriesLoss: hasLoss
                ).digest
            }
        }
        #expect(Set(digests).count == digests.count && digests.contains(layout.digest))
        let values: [Float] = [1, 2, 3, 4, 5, 6]
        #expect(layout.tensors(values)["b"]?.values == [4, 5])
    }
}
