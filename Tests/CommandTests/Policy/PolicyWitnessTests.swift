import Federation
import Foundation
import Privacy
import Synchronization
import Tensors
import Testing

@testable import lorad

@Suite("A site's policy while a run goes on")
struct PolicyWitnessTests {
    private let folder: TemporaryFolder
    private let begin: Date

    init() throws {
        folder = try TemporaryFolder()
        begin = try #require(SitePolicy.day(of: "2030-06-01"))
    }

    private func witness(
        _ policy: PolicyFile, after days: Double = 0, spent: Double = 0,
        start condition: ApprovedStart.Condition? = nil,
        known: Int? = nil
    ) -> PolicyWitness {
        let now = begin + days * 86_400
        return PolicyWitness(
            file: policy, firstDay: FirstDay(file: URL(filePath: "\(folder.path)/began/shared")),
            spent: { _ in spent },
            start: condition.map {
                ApprovedStart(condition: $0, record: URL(filePath: "\(folder.path)/started/shared"))
            },
            known: known, now: { now })
    }

    private func order(_ round: Int = 0, state: String = "state", basis: String = "basis", terms: MaskingTerms?)
        -> OrderedWork
    {
        OrderedWork(
            run: "shared", round: round, basis: Data(basis.utf8), state: Data(state.utf8), order: Data(), terms: terms)
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

    @Test("holds every order against rounds, masks, noise and the last day")
    func orders() throws {
        let policy = try PolicyFixture.policy()
        let good = try terms()
        try witness(policy).willWork(order(5, terms: good), from: StateDict())
        #expect(
            PolicyFixture.refusal { try witness(policy).willWork(order(6, terms: good), from: StateDict()) }
                .hasPrefix("site.yaml:7: rounds: the order is for round 7; the policy allows 6 rounds."))
        #expect(
            PolicyFixture.refusal { try witness(policy).willWork(order(terms: nil), from: StateDict()) }.hasPrefix(
                "site.yaml:11: "))
        let few = try terms { $0.fewestWorkers = 3 }
        #expect(
            PolicyFixture.refusal { try witness(policy).willWork(order(terms: few), from: StateDict()) }.hasPrefix(
                "site.yaml:12: "))
        let open = try terms { $0.threshold = 0.6 }
        #expect(
            PolicyFixture.refusal { try witness(policy).willWork(order(terms: open), from: StateDict()) }.hasPrefix(
                "site.yaml:13: "))
        let resting = try terms {
            $0.noise?.noise = try DistributedNoise(
                kind: .skellam, clip: 1, noiseMultiplier: 2, fewestSurvivors: 4, mostWorkers: 20, values: 5, bits: 32)
        }
        #expect(
            PolicyFixture.refusal { try witness(policy).willWork(order(terms: resting), from: StateDict()) }.hasPrefix(
                "site.yaml:15: "))
        #expect(
            PolicyFixture.refusal { try witness(policy, after: 30).willWork(order(terms: good), from: StateDict()) }
                .hasPrefix("site.yaml:9: until: "))
    }

    @Test("counts days from the first round of this worker's, also after a restart")
    func days() throws {
        let policy = try PolicyFixture.policy()
        let good = try terms()
        try witness(policy, after: 3).willWork(order(terms: good), from: StateDict())
        try witness(policy, after: 4.9).willWork(order(1, terms: good), from: StateDict())
        let late = PolicyFixture.refusal {
            try witness(policy, after: 5.5).willWork(order(2, terms: good), from: StateDict())
        }
        #expect(
            late.hasPrefix(
                "site.yaml:8: days: 2.5 days have passed since this worker's first order; the policy allows 2.0."),
            "\(late)")
        try folder.write("yesterday", to: "began/shared")
        #expect(
            PolicyFixture.refusal { try witness(policy).willWork(order(terms: good), from: StateDict()) }.contains(
                "is damaged"))
    }

    @Test("allows nothing once the run has had what the policy gives it")
    func epsilon() throws {
        let policy = try PolicyFixture.policy()
        let good = try terms()
        try witness(policy, spent: 7.99).willWork(order(terms: good), from: StateDict())
        let spent = PolicyFixture.refusal {
            try witness(policy, spent: 8).willWork(order(terms: good), from: StateDict())
        }
        #expect(
            spent.hasPrefix(
                "site.yaml:19: differential_privacy.max_epsilon: this worker has spent an epsilon of 8 in all runs together, at a delta "
                    + "of 1e-05;"),
            "\(spent)")
        #expect(spent.contains("the policy allows 8.0."))
    }

    @Test("compares the first round's state with the base adapter that the run names")
    func baseState() throws {
        let policy = try PolicyFixture.policy()
        let (good, base) = (try terms(), ApprovedStart.Condition.state(Data("base".utf8)))
        let other = PolicyFixture.refusal {
            try witness(policy, start: base).willWork(order(terms: good), from: StateDict())
        }
        #expect(
            other.hasPrefix(
                "site.yaml:4: base_adapters: the run begins with another state than the base adapter that it names; the"
            ),
            "\(other)")
        try witness(policy, start: base).willWork(order(state: "base", terms: good), from: StateDict())
    }

    @Test("takes no part in a later round unless it has checked the first one of this run, also before a restart")
    func laterRound() throws {
        let policy = try PolicyFixture.policy()
        let (good, base) = (try terms(), ApprovedStart.Condition.state(Data("base".utf8)))
        let late = { (basis: String) in
            PolicyFixture.refusal {
                try witness(policy, start: base).willWork(order(1, basis: basis, terms: good), from: StateDict())
            }
        }
        #expect(
            late("basis").hasPrefix(
                "site.yaml:4: base_adapters: the order is for round 2, and this worker has not checked what the run began"
            ),
            "\(late("basis"))")
        // A first round that was refused leaves no note.
        _ = PolicyFixture.refusal {
            try witness(policy, start: base).willWork(order(state: "other", terms: good), from: StateDict())
        }
        #expect(late("basis").contains("has not checked"))
        try witness(policy, start: base).willWork(order(state: "base", terms: good), from: StateDict())
        #expect(late("basis") == "nothing is refused")
        #expect(late("another").contains("has checked the beginning of another run of this name"), "\(late("another"))")
        try folder.write("yes", to: "started/shared")
        #expect(late("basis").contains("is damaged"))
        // Where every adapter is approved of there is nothing to check.
        try witness(policy).willWork(order(1, terms: good), from: StateDict())
    }

    @Test("holds sums and rounds against the share of known workers, and names its line")
    func share() throws {
        let policy = try PolicyFixture.policy(("  colluders: 1", "  colluders: 1\n  fewest_share: 0.5"))
        let (good, keys) = (try terms(), try keys(4))
        try witness(policy, known: 8).willWork(order(terms: good), from: StateDict())
        try witness(policy, known: 8).willSend(.masked(roster: keys), of: order(terms: good))
        let found = [
            PolicyFixture.refusal { try witness(policy, known: 9).willWork(order(terms: good), from: StateDict()) },
            PolicyFixture.refusal {
                try witness(policy, known: 9).willSend(.masked(roster: keys), of: order(terms: good))
            },
        ]
        for words in found {
            #expect(
                words.hasPrefix(
                    "site.yaml:15: secure_aggregation.fewest_share: a sum may be of 4 of the 9 workers in the list of keys; "
                        + "the policy allows a share of 0.5 or more."), "\(words)")
        }
    }

    private func keys(_ count: Int) throws -> [WorkerIdentity] {
        try (1...count).map { try WorkerIdentity(text: String(repeating: "\($0)", count: 64)) }
    }

    @Test("sends nothing to a round of fewer workers")
    func roster() throws {
        let policy = try PolicyFixture.policy()
        let keys = try keys(4)
        let work = order(terms: try terms())
        try witness(policy).willSend(.masked(roster: keys), of: work)
        let few = PolicyFixture.refusal {
            try witness(policy).willSend(.masked(roster: Array(keys.dropLast())), of: work)
        }
        #expect(
            few.hasPrefix("site.yaml:12: secure_aggregation.fewest_workers: the round has 3 workers"),
            "\(few)")
    }

    @Test("takes a record that is there and cannot be read for no absent one")
    func unreadable() throws {
        let policy = try PolicyFixture.policy()
        let began = "\(folder.path)/began/shared"
        try FileManager.default.createDirectory(atPath: began, withIntermediateDirectories: true)
        let first = PolicyFixture.refusal { try witness(policy).willWork(order(terms: terms()), from: StateDict()) }
        #expect(
            first.contains("\(began) is a folder") && first.contains("first took part in the run"),
            "\(first)")
        let record = "\(folder.path)/started"
        try FileManager.default.createSymbolicLink(atPath: record, withDestinationPath: "\(folder.path)/nowhere")
        let start = ApprovedStart(condition: .state(Data()), record: URL(filePath: record))
        let fault = try start.fault(in: order(1, terms: nil), from: StateDict()) ?? ""
        #expect(fault.hasPrefix("what this run began with cannot be told: \(record) cannot be read: "), "\(fault)")
    }
}
