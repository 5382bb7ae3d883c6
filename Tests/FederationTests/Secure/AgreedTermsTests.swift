import Crypto
import Foundation
import Privacy
import TestSupport
import Testing

@testable import Federation

@Suite("What a worker agreed to when it joined", .ownThreads, .timeLimit(.minutes(5)))
struct AgreedTermsTests {
    private static let shares = NoiseSettings(
        mechanism: .distributed(.skellam), clip: 1, noiseMultiplier: 2, delta: 1e-5)

    private func agreed(_ noise: NoiseSettings? = nil) -> AgreedTerms {
        AgreedTerms(
            run: "toy", rounds: 3, aggregation: "mean", minimumWorkers: 8,
            basis: RunBasis(configuration: "", files: []),
            masking: MaskingSettings(
                run: "toy", threshold: 0.7, fewestWorkers: 4, minimumWorkers: 8, bits: 28,
                clip: noise == nil ? .value(0.5) : .norm(1)),
            noise: noise, largestWeight: 16,
            values: UpdateLayout(LyingCoordinator.state(), carriesLoss: noise == nil).valueCount)
    }

    private func terms(_ agreed: AgreedTerms, round: Int = 1) throws -> MaskingTerms {
        let layout = UpdateLayout(LyingCoordinator.state(), carriesLoss: agreed.noise == nil)
        return try #require(agreed.masking).terms(
            round: round, attempt: Data(repeating: 7, count: 16), layout: layout, workers: 10,
            largestWeight: agreed.noise == nil ? 16 : 1, noise: agreed.noise)
    }

    private func words(_ agreed: AgreedTerms, _ terms: MaskingTerms?, round: Int = 1) -> String? {
        do {
            try agreed.check(terms, round: round)
            return nil
        } catch let error as FederationError where error.code == .brokenPromise {
            return error.message
        } catch {
            return "another error: \(error)"
        }
    }

    private static let lies: [(name: String, change: @Sendable (inout MaskingTerms) -> Void)] = [
        ("threshold", { $0.threshold = 0.67 }), ("threshold", { $0.threshold = .nan }),
        ("fewest_workers", { $0.fewestWorkers = 3 }), ("bits", { $0.bits = 32 }),
        ("clip", { $0.clip = .value(5) }), ("clip", { $0.clip = .norm(0.5) }),
        ("the largest weight", { $0.largestWeight = 1_000 }), ("the run", { $0.run = "another" }),
        ("the round in the terms", { $0.round = 2 }),
    ]

    @Test("is what it insists on: a weaker term ends its part", arguments: lies.indices)
    func weakerTerms(index: Int) throws {
        let agreed = agreed()
        var terms = try terms(agreed)
        #expect(words(agreed, terms) == nil)
        Self.lies[index].change(&terms)
        #expect(words(agreed, terms)?.contains("promised when this worker joined: \(Self.lies[index].name):") == true)
    }

    @Test("includes masks, rounds and noise: an order without them, or with invented shares, ends its part")
    func dropped() throws {
        let masked = agreed()
        #expect(words(masked, nil)?.contains("an order without secure aggregation") == true)
        #expect(words(masked, try terms(masked, round: 3), round: 3)?.contains("promised: 3 rounds") == true)
        let noisy = agreed(Self.shares)
        let honest = try terms(noisy)
        #expect(words(noisy, honest) == nil)
        var without = honest
        without.noise = nil
        #expect(words(noisy, without)?.contains("an order without noise") == true)
        let noise = try #require(honest.noise)
        #expect(noise.noise.shares == 5)
        func lie(_ settings: NoiseSettings, workers: Int, fewest: Int) throws -> MaskingTerms {
            var terms = honest
            terms.noise?.noise = try MaskingSettings(
                run: "toy", threshold: 0.7, fewestWorkers: fewest, minimumWorkers: workers, bits: 28, clip: .norm(1)
            ).noise(settings, values: 5, workers: workers)
            terms.fewestWorkers = max(terms.fewestWorkers, fewest)
            return terms
        }
        var weak = Self.shares
        weak.noiseMultiplier = 1.9
        #expect(words(noisy, try lie(weak, workers: 8, fewest: 4))?.contains("noise_multiplier") == true)
        let invented = try lie(Self.shares, workers: 1_000, fewest: 1_000)
        #expect(words(noisy, invented)?.contains("the workers that make the noise: 999, promised: 5") == true)
        var other = Self.shares
        other.mechanism = .distributed(.discreteGaussian)
        #expect(words(noisy, try lie(other, workers: 8, fewest: 4))?.contains("the mechanism") == true)
    }

    @Test("includes the grid of shared noise: on a coarser one a share is rounded to nothing, which ends its part")
    func grid() throws {
        let noisy = agreed(Self.shares)
        let honest = try terms(noisy)
        let noise = try #require(honest.noise?.noise)
        func lie(scale: Double? = nil, dimension: Int? = nil, beta: Double? = nil) throws -> String? {
            var terms = honest
            terms.noise?.noise = try DistributedNoise(
                kind: noise.kind, clip: noise.clip, localDeviation: noise.localDeviation, shares: noise.shares,
                scale: scale ?? noise.scale, dimension: dimension ?? noise.dimension, beta: beta ?? noise.beta)
            return words(noisy, terms)
        }
        #expect(try lie() == nil)
        #expect(try lie(scale: noise.scale / 2)?.contains("the grid of the noise") == true)
        #expect(try lie(scale: 0x1p-4 / noise.localDeviation)?.contains("the grid of the noise") == true)
        #expect(try lie(dimension: 2 * noise.dimension)?.contains("the numbers of an update") == true)
        #expect(try lie(beta: 0)?.contains("beta of the rounding") == true)
    }

    @Test("ends a worker's part where an order comes without masks, with a message, and nothing is sent")
    func departure() async throws {
        let run = try ServedRun(ToyJob(rounds: 1, tasks: 1))
        run.start()
        let worker = try run.work(as: "careful", masking: MaskingPolicy(key: .init()), under: agreed())
        let error = await #expect(throws: FederationError.self) { try await worker.end() }
        #expect(error?.code == .brokenPromise)
        #expect(error?.message.contains("no masks, promised: masks") == true, "\(error?.message ?? "")")
        #expect(run.events.allSatisfy { if case .counted = $0 { false } else { true } })
        run.server.stop()
        try await run.end()
    }

    @Test("includes noise of its own: a result without ends its part")
    func ownNoise() throws {
        var agreed = agreed()
        agreed.ownNoiseUnit = .person
        let result = LocalResult(update: LyingCoordinator.state(), metrics: .init())
        let error = #expect(throws: FederationError.self) { try agreed.check(result, round: 0) }
        #expect(error?.message.contains("noise for each person") == true)
        try agreed.check(
            LocalResult(update: LyingCoordinator.state(), metrics: .init(), isNoisy: true), round: 0)
    }

    @Test("is bounded by the peers that it knows, less those that may be in league with the coordinator")
    func peers() throws {
        let noisy = agreed(Self.shares)
        let terms = try terms(noisy)  // five make the noise, and six are in a sum
        func refusal(colluders: Int, peers: Int?) -> String? {
            let known = peers.map { count in
                Set((0..<count).map { _ in WorkerIdentity(Curve25519.Signing.PrivateKey().publicKey) })
            }
            let policy = MaskingPolicy(key: .init(), trusted: known, colluders: colluders)
            do {
                try policy.check(terms)
                return nil
            } catch {
                return "\(error)"
            }
        }
        #expect(refusal(colluders: 1, peers: nil) == nil && refusal(colluders: 1, peers: 6) == nil)
        #expect(
            refusal(colluders: 2, peers: nil)?.contains("made for 5 honest workers, and this one counts on 4") == true)
        #expect(refusal(colluders: 1, peers: 5)?.contains("it knows 5") == true)
    }

    @Test("includes a share of the workers that it knows: a list of fewer is not answered")
    func roster() throws {
        var liar = try LyingCoordinator([.init(), .init(), .init()], peers: 7)
        for departure in try liar.departures() {
            #expect(departure?.contains("has 3 of the 7 workers that this one knows; it wants 4") == true)
        }
        var honest = try LyingCoordinator([.init(), .init(), .init()], peers: 6)
        #expect(try honest.departures() == [nil, nil, nil])
    }
}
