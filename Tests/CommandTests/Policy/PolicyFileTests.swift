import Foundation
import Privacy
import Testing

@testable import lorad

@Suite("A site's policy")
struct PolicyFileTests {
    private static let faults: [(change: (String, String), words: String)] = [
        (("rounds: 6", "rouns: 6"), "site.yaml:7: rouns: unknown key; did you mean rounds?"),
        (("rounds: 6", "seed: 6"), "site.yaml:7: seed: unknown key; known keys: coordinators"),
        (("rounds: 6\n", ""), "rounds: is required but missing"),
        (("rounds: 6", "rounds: many"), "site.yaml:7: rounds: expected a whole number, found many"),
        (("rounds: 6", "rounds: 0"), "site.yaml:7: rounds: must be from 1 to 1000000"),
        (("until: 2030-06-30", "until: 2030-02-30"), "site.yaml:9: until: must be a day such as 2030-06-30"),
        (("until: 2030-06-30", "until: 2030-6--30"), "site.yaml:9: until: must be a day such as 2030-06-30"),
        (("until: 2030-06-30", "until: +203-06-30"), "site.yaml:9: until: must be a day such as 2030-06-30"),
        (("until: 2030-06-30", "until: 2030-06-30T00:00:00Z"), "site.yaml:9: until: must be a day such as 2030-06-30"),
        (
            ("[shared]", "[any]"),
            "site.yaml:2: runs: any in a list approves of nothing: to approve of all, write any without"
        ),
        (("[shared]", "['*']"), "is no name for a run"),
        (("[shared]", "['*']"), "; to approve of all, write any without brackets"),
        (("[new]", "[any]"), "site.yaml:4: base_adapters: any in a list approves of nothing"),
        (("[lora]", "[lora, any]"), "site.yaml:5: methods: any in a list approves of nothing"),
        (("[lora]", "[all]"), "`all` is no method; expected some of"),
        (("[lora]", "[all]"), "; to approve of all, write any without brackets"),
        (("[q_proj, v_proj]", "[any]"), "site.yaml:6: modules: any in a list approves of nothing"),
        (("[worker]", "[any]"), "any in a list approves of nothing"),
        (("rounds: 6", "rounds: 6\nrounds: 7"), "`rounds` given more than once"),
        (
            ("max_epsilon: 8", "max_epsilon: inf"),
            "site.yaml:19: differential_privacy.max_epsilon: expected a number, found inf"
        ),
        (("max_epsilon: 8", "max_epsilon: .inf"), "max_epsilon: expected a number, found .inf"),
        (("max_epsilon: 8", "max_epsilon: 0"), "site.yaml:19: differential_privacy.max_epsilon: must be from"),
        (
            ("delta: 1.0e-5", "delta: 0"),
            "site.yaml:20: differential_privacy.delta: must be greater than 0 and less than 1"
        ),
        (
            ("delta: 1.0e-5", "delta: 1"),
            "site.yaml:20: differential_privacy.delta: must be greater than 0 and less than 1"
        ),
        (("days: 2", "days: [2]"), "site.yaml:8: days: expected a number, found a list"),
        (("[shared]", "[]"), "site.yaml:2: runs: the list is empty and approves of nothing"),
        (("[shared]", "shared"), "site.yaml:2: runs: expected any, or a list of names of runs, found shared"),
        (("[shared]", "[a/b]"), "site.yaml:2: runs: run: \"a/b\" is no name for a run"),
        (("[new]", "[old]"), "site.yaml:4: base_adapters: `old` is no digest"),
        (("[lora]", "[magic]"), "site.yaml:5: methods: `magic` is no method"),
        (("[q_proj, v_proj]", "['a b']"), "site.yaml:6: modules: `a b` is no module"),
        (("[worker]", "[family]"), "units: `family` is no unit"),
        (("colluders: 1", "colluders: 4"), "site.yaml:14: secure_aggregation.colluders: contradicts fewest_workers: 4"),
        (
            ("honest_workers: 3", "honest_workers: 4"),
            "site.yaml:15: secure_aggregation.honest_workers: contradicts fewest_workers: 4"
        ),
        (
            ("  required: true\n  fewest", "  required: false\n  fewest"),
            "site.yaml:12: secure_aggregation.fewest_workers: contradicts required: false"
        ),
        (
            ("  required: true\n  units", "  required: false\n  units"),
            "site.yaml:19: differential_privacy.max_epsilon: contradicts required: false"
        ),
        (("  max_epsilon: 8\n", ""), "differential_privacy.max_epsilon: is needed where noise is required"),
        (("  delta: 1.0e-5", ""), "differential_privacy.delta: is needed beside max_epsilon"),
    ]

    @Test("is refused with its line where it cannot be understood or contradicts itself", arguments: faults.indices)
    func refused(index: Int) throws {
        let fault = Self.faults[index]
        #expect(PolicyFixture.text.contains(fault.change.0))
        let error = #expect(throws: ConfigurationError.self) { try PolicyFixture.policy(fault.change) }
        #expect(error?.description.contains(fault.words) == true, "\(error?.description ?? "")")
    }

    @Test("is a file that is read once: no folder, pipe or huge file, and no empty one")
    func files() throws {
        let folder = try TemporaryFolder()
        func refusal(_ path: String) -> String {
            let error = #expect(throws: ConfigurationError.self) { try PolicyFile(path: path) }
            return error?.description ?? ""
        }
        let empty = try folder.write("# Nothing yet.\n", to: "empty.yaml")
        #expect(
            refusal(empty).hasPrefix("\(empty): is empty: lorad worker --policy-example prints"), "\(refusal(empty))")
        let none = "\(folder.path)/none.yaml"
        #expect(refusal(none).hasPrefix("\(none): no such policy"))
        #expect(refusal(folder.path).contains("is a folder, a pipe or a device"))
        let pipe = "\(folder.path)/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(refusal(pipe).contains("is a folder, a pipe or a device"))
        let huge = try folder.write("", to: "huge.yaml")
        #expect(truncate(huge, 1 << 30) == 0)
        #expect(refusal(huge).contains("has 1073741824 bytes, more than the limit of 1048576"), "\(refusal(huge))")
        // A link stands for its file, and a policy stays what it was when it was read.
        let file = try folder.write(PolicyFixture.text, to: "site.yaml")
        let link = "\(folder.path)/link.yaml"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file)
        let policy = try PolicyFile(path: link)
        try folder.write(PolicyFixture.text.replacing("rounds: 6", with: "rounds: 60"), to: "site.yaml")
        #expect(policy.policy.rounds == 6 && policy.rule("rounds") == "\(link):7: rounds")
    }

    @Test("approves of a run that is named any, in quotes")
    func quoted() throws {
        #expect(try PolicyFixture.policy(("[shared]", "['any']")).policy.runs.names == ["any"])
    }

    @Test("of which an example is printed says something of every key, and can be read")
    func example() throws {
        let policy = try PolicyFile(PolicyFile.example, name: "example", checksDisk: false).policy
        #expect(policy.runs.names == ["hospital-vqa"] && policy.differentialPrivacy.maxEpsilon == 8)
        let keys =
            SitePolicy.fields.map(\.name) + SitePolicy.SecureAggregation.fields.map(\.name)
            + SitePolicy.DifferentialPrivacy.fields.map(\.name)
        for key in keys { #expect(PolicyFile.example.contains("\(key):"), "\(key)") }
    }

    @Test("and a worker's own options hold together: of each, what is stricter")
    func strictest() throws {
        let policy = try PolicyFixture.policy().policy
        let lax = PrivacyDemand().tightened(by: policy)
        #expect(lax.isRequired && lax.requiresNoise && lax.fewestWorkers == 4 && lax.threshold == 0.7)
        #expect(lax.maxEpsilon == 8 && lax.delta == 1e-5 && lax.colluders == 1 && lax.peers.isEmpty)
        var strict = PrivacyDemand(peers: ["own.txt"], fewestWorkers: 9, threshold: 0.9, colluders: 3, peerShare: 0.8)
        (strict.maxEpsilon, strict.delta) = (2, 1e-7)
        let both = strict.tightened(by: policy)
        #expect(both.fewestWorkers == 9 && both.threshold == 0.9 && both.colluders == 3 && both.peerShare == 0.8)
        #expect(both.maxEpsilon == 2 && both.delta == 1e-7 && both.peers == ["own.txt"])
        let peers = try PolicyFixture.policy(
            ("  colluders: 1", "  colluders: 1\n  peers: site.txt\n  fewest_share: 0.9"))
        let shared = strict.tightened(by: peers.policy)
        #expect(shared.peers == ["own.txt", "site.txt"] && shared.peerShare == 0.9 && shared.fewestShare == 0.9)
    }

    @Test("takes workers that every list of keys names, and a share of the list for a sum")
    func lists() throws {
        let folder = try TemporaryFolder()
        let keys = (0..<4).map { String(repeating: "\($0 + 1)", count: 64) }
        let first = try folder.write(keys[0...2].joined(separator: "\n"), to: "first")
        let second = try folder.write(keys[1...3].joined(separator: "\n"), to: "second")
        let demand = PrivacyDemand(peers: [first, second])
        let own = try WorkerIdentity(text: String(repeating: "9", count: 64))
        let trusted = try #require(try demand.trustedPeers(and: own))
        #expect(trusted == [own, try WorkerIdentity(text: keys[1]), try WorkerIdentity(text: keys[2])])
        #expect(try PrivacyDemand().trustedPeers(and: own) == nil)
    }

    @Test(
        "means modules by the ends of their paths, or by paths with a star",
        arguments: [
            ("q_proj", "a.b.q_proj", true), ("q_proj", "q_proj", true), ("q_proj", "a.bq_proj", false),
            ("b.q_proj", "a.b.q_proj", true), ("a.*", "a.b.q_proj", true), ("a.*", "b.a.q_proj", false),
            ("*.b.*", "a.b.q_proj", true), ("*q*", "a.b.q_proj", true), ("*", "", true), ("a*a", "a", false),
            ("*ab", "aaab", true), ("*ab*b", "aabab", true), ("a.*.c", "a.b", false),
        ])
    func modules(entry: String, path: String, isMeant: Bool) {
        #expect(ApprovedModule.matches(entry, path) == isMeant)
    }
}
