import Crypto
import Foundation
import Synchronization
import Tensors
import Testing

@testable import Federation
@testable import Privacy

/// ε of a share of noise is noted right before the masked update leaves: what a coordinator makes of the rest of an exchange
/// costs nothing, and a crash at any moment leaves no release out.
@Suite("A share of noise")
struct NotedReleaseTests {
    /// When a worker's process ends.
    enum Death: CaseIterable {
        case beforeNote, afterNote, beforeSending, never
    }

    private struct Killed: Error {}

    /// What outlives a worker's process.
    private final class Disk: Sendable {
        let notes = Mutex(0)
        let sent = Mutex<Set<Data>>([])
    }

    private let base = LyingCoordinator.state()
    private var binding: ResultBinding { ResultBinding(basis: Data(), state: base, work: Data()) }

    private func terms(_ attempt: Int) throws -> MaskingTerms {
        try MaskingSettings(run: "toy", threshold: 0.6, clip: .norm(1)).terms(
            round: 0, attempt: Data(repeating: UInt8(attempt), count: 16),
            layout: UpdateLayout(base, carriesLoss: false), workers: 4, largestWeight: 1,
            noise: NoiseSettings(mechanism: .distributed(.skellam), clip: 1, noiseMultiplier: 2, delta: 1e-5))
    }

    private func policy(_ disk: Disk, dying death: Death = .never) -> MaskingPolicy {
        MaskingPolicy(
            key: .init(), threshold: 0.6,
            willRelease: { _ in
                if death == .beforeNote { throw Killed() }
                disk.notes.withLock { $0 += 1 }
                if death == .afterNote { throw Killed() }
            })
    }

    private func worker(
        _ terms: MaskingTerms, _ policy: MaskingPolicy, dying death: Death = .never
    ) throws -> MaskedResult {
        let result = LocalResult(update: base, metrics: .init(loss: 1, examples: 1))
        return try MaskedResult(result, from: base, terms, policy, binding, lanes: 1) { _ in
            if death == .beforeSending { throw Killed() }
        }
    }

    /// Plays an attempt up to the masked vectors.
    ///
    /// - Returns: what the worker that may die did with the request for its vector.
    private func play(_ terms: MaskingTerms, _ disk: Disk, dying death: Death) throws -> Result<Void, any Error> {
        let values = UpdateLayout(base, carriesLoss: false).valueCount
        var server = SecureAggregationServer(
            configuration: try terms.configuration(values: values, result: binding.digest), trusted: nil)
        var workers = try (0..<3).map { index in
            try worker(
                terms, index == 0 ? policy(disk, dying: death) : policy(Disk()), dying: index == 0 ? death : .never)
        }
        let before = disk.notes.withLock { $0 }
        let names = try workers.map { try SecureAggregationServer.sender(of: $0.advertisement) }
        for worker in workers { try server.receive(worker.advertisement) }
        try server.advance()
        for index in workers.indices {
            let message = try #require(server.message(for: names[index]))
            guard case .message(let answer) = try workers[index].answer(message, lanes: 1) else { throw Killed() }
            try server.receive(answer)
        }
        try server.advance()
        #expect(disk.notes.withLock { $0 } == before, "keys and shares of seeds say nothing of data")
        let message = try #require(server.message(for: names[0]))
        let outcome = Result { try answer(&workers[0], message, disk) }
        // What is asked for again is the same vector, and no other release.
        if case .success = outcome { try answer(&workers[0], message, disk) }
        return outcome
    }

    private func answer(_ worker: inout MaskedResult, _ message: Data, _ disk: Disk) throws {
        guard case .vector(let blob) = try worker.answer(message, lanes: 1) else { throw Killed() }
        let bytes = try blob.bytes()
        disk.sent.withLock { _ = $0.insert(bytes) }
    }

    @Test("is noted before the masked update is sent and not earlier: an exchange that ends before costs nothing")
    func noted() throws {
        let disk = Disk()
        for attempt in 1...3 {
            let terms = try terms(attempt)
            _ = try worker(terms, policy(disk))  // the exchange ends before its vector is asked for
            #expect(disk.notes.withLock { $0 } == attempt - 1)
            try play(terms, disk, dying: .never).get()
            #expect(disk.notes.withLock { $0 } == attempt && disk.sent.withLock { $0.count } == attempt)
        }
    }

    @Test("is noted for every update that has left, whenever the worker is killed and however often it starts again")
    func crashes() throws {
        let disk = Disk()
        var attempt = 0
        for first in Death.allCases {
            for second in Death.allCases {
                for death in [first, second] {
                    attempt += 1
                    let (notes, sent) = (disk.notes.withLock { $0 }, disk.sent.withLock { $0.count })
                    let outcome = try play(terms(attempt), disk, dying: death)
                    let leaves = death == .never
                    #expect(((try? outcome.get()) != nil) == leaves)
                    #expect(disk.sent.withLock { $0.count } == sent + (leaves ? 1 : 0))
                    #expect(disk.notes.withLock { $0 } == notes + (death == .beforeNote ? 0 : 1))
                    #expect(disk.notes.withLock { $0 } >= disk.sent.withLock { $0.count })
                }
            }
        }
    }
}
