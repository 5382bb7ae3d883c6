import Federation
import Foundation
import Privacy
import Synchronization
import Testing

@testable import lorad

@Suite("A site's policy while a run goes on")
struct PolicyWitnessTests {
    private let folder: TemporaryFolder
    private let start: Date

    init() throws {
        folder = try TemporaryFolder()
        start = try #require(SitePolicy.day(of: "2030-06-01"))
    }

    private func witness(
        _ policy: PolicyFile, after days: Double = 0, spent: Double = 0, baseState: Data? = nil
    ) -> PolicyWitness {
        let now = start + days * 86_400
        return PolicyWitness(
            file: policy, firstDay: FirstDay(file: URL(filePath: "\(folder.path)/began/shared")),
            spent: { _ in spent }, baseState: baseState, now: { now })
    }

    private func order(_ round: Int = 0, state: String = "state", terms: MaskingTerms?) -> OrderedWork {
        OrderedWork(
            run: "shared", round: round, basis: Data(), state: Data(state.utf8), order: Data(), terms: terms)
    }

    /// Terms as the run promises them.
    private func terms(_ change: (inout MaskingTerms) throws -> Void = { _ in }) throws -> MaskingTerms {
        let noise = try DistributedNoise(
            kind: .skellam, clip: 1, noiseMultiplier: 2, fewestSurvivors: 3, mostWorkers: 20, values: 5, bits: 32)
        let json = """
            {"run": "shared", "round": 0, "attempt": "AAAA", "bits": 32, "largestWeight": 1, "clip": {"norm": 1},
             "fewestWorkers": 4, "mostWorkers": 20, "threshold": 0.7, "layout": "AAAA",
             "noise": {"noise": \(String(decoding: try JSONEncoder().encode(noise), as: UTF8.self)), "seed": 1}}
            """
        var terms = try JSONDecoder().decode(MaskingTerms.self, from: Data(json.utf8))
        try change(&terms)
        return terms
    }

    private func words(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "nothing is refused"
        } catch let error as FederationError where error.code == .forbidden {
            return error.message
        } catch {
            return "another error: \(error)"
        }
    }

    @Test("holds every order against rounds, masks, noise and the last day")
    func orders() throws {
        let policy = try PolicyFixture.policy()
        let good = try terms()
        try witness(policy).willWork(order(5, terms: good))
        #expect(
            words { try witness(policy).willWork(order(6, terms: good)) }
                .hasPrefix("site.yaml:7: rounds: the run asks for round 7; the policy allows 6."))
        #expect(words { try witness(policy).willWork(order(terms: nil)) }.hasPrefix("site.yaml:11: "))
        let few = try terms { $0.fewestWorkers = 3 }
        #expect(words { try witness(policy).willWork(order(terms: few)) }.hasPrefix("site.yaml:12: "))
        let open = try terms { $0.threshold = 0.6 }
        #expect(words { try witness(policy).willWork(order(terms: open)) }.hasPrefix("site.yaml:13: "))
        let resting = try terms {
            $0.noise?.noise = try DistributedNoise(
                kind: .skellam, clip: 1, noiseMultiplier: 2, fewestSurvivors: 4, mostWorkers: 20, values: 5, bits: 32)
        }
        #expect(words { try witness(policy).willWork(order(terms: resting)) }.hasPrefix("site.yaml:15: "))
        #expect(words { try witness(policy, after: 30).willWork(order(terms: good)) }.hasPrefix("site.yaml:9: until: "))
    }

    @Test("counts days from the first round of this worker's, also after a restart")
    func days() throws {
        let policy = try PolicyFixture.policy()
        let good = try terms()
        try witness(policy, after: 3).willWork(order(terms: good))
        try witness(policy, after: 4.9).willWork(order(1, terms: good))
        let late = words { try witness(policy, after: 5.5).willWork(order(2, terms: good)) }
        #expect(
            late.hasPrefix("site.yaml:8: days: the run asks for work 2.5 days after the first round of this worker's"),
            "\(late)")
        try folder.write("yesterday", to: "began/shared")
        #expect(words { try witness(policy).willWork(order(terms: good)) }.contains("is damaged"))
    }

    @Test("allows nothing once the run has had what the policy gives it")
    func epsilon() throws {
        let policy = try PolicyFixture.policy()
        let good = try terms()
        try witness(policy, spent: 7.99).willWork(order(terms: good))
        let spent = words { try witness(policy, spent: 8).willWork(order(terms: good)) }
        #expect(
            spent.hasPrefix(
                "site.yaml:19: differential_privacy.max_epsilon: the run asks for more, after an epsilon of 8;"),
            "\(spent)")
        #expect(spent.contains("the policy allows 8.0 at delta 1e-05"))
    }

    @Test("compares the first round's state with the base adapter that the run names")
    func baseState() throws {
        let policy = try PolicyFixture.policy()
        let (good, base) = (try terms(), Data("base".utf8))
        try witness(policy, baseState: base).willWork(order(state: "base", terms: good))
        try witness(policy, baseState: base).willWork(order(1, terms: good))
        let other = words { try witness(policy, baseState: base).willWork(order(terms: good)) }
        #expect(
            other.hasPrefix("site.yaml:4: base_adapters: the run asks for a beginning that is not the base adapter"))
    }

    @Test("sends nothing to a round of fewer workers")
    func roster() throws {
        let policy = try PolicyFixture.policy()
        let keys = try (1...4).map { try WorkerIdentity(text: String(repeating: "\($0)", count: 64)) }
        let work = order(terms: try terms())
        try witness(policy).willSend(.masked(roster: keys), of: work)
        let few = words { try witness(policy).willSend(.masked(roster: Array(keys.dropLast())), of: work) }
        #expect(
            few.hasPrefix("site.yaml:12: secure_aggregation.fewest_workers: the run asks for a round of 3 workers"),
            "\(few)")
    }
}
