import Federation
import Foundation
import Models
import TestSupport
import Testing
import Transports

@testable import Adapters
@testable import lorad

@Suite("A worker whose site has a policy", .ownThreads, .timeLimit(.minutes(10)))
struct PolicyJoiningTests {
    private static let runs: [(overrides: [String], words: String)] = [
        (["run=other"], "site.yaml:2: runs: the run is named other; the policy allows shared."),
        (["federation.rounds=7"], "site.yaml:7: rounds: the run has 7 rounds; the policy allows 6."),
        (
            ["adapter={path: old}"],
            "site.yaml:4: base_adapters: the run starts from adapter without a digest; the"
        ),
        (
            ["privacy.secure_aggregation.enabled=false", "privacy.differential_privacy.mechanism=gaussian"],
            "site.yaml:11: secure_aggregation.required: the run has no masks; the policy allows masked"
        ),
        (
            ["privacy.secure_aggregation.fewest_workers=3", "federation.min_workers=4"],
            "site.yaml:12: secure_aggregation.fewest_workers: a sum may be of 3 workers; the policy allows 4 or"
        ),
        (
            ["privacy.secure_aggregation.threshold=0.6"],
            "site.yaml:13: secure_aggregation.threshold: a share of 0.6 of a round's workers can open its sum; the"
        ),
        (
            ["federation.min_workers=9"],
            "site.yaml:15: secure_aggregation.honest_workers: the noise counts on 6 honest workers in a sum; the"
        ),
        (
            ["privacy.differential_privacy.enabled=false"],
            "site.yaml:17: differential_privacy.required: the run has no noise; the policy allows"
        ),
        (
            ["privacy.differential_privacy.mechanism=gaussian"],
            "site.yaml:17: differential_privacy.required: the coordinator would add the noise; the policy"
        ),
        (
            ["privacy.differential_privacy.mechanism=gaussian", "privacy.differential_privacy.unit=person"],
            "site.yaml:18: differential_privacy.units: the noise hides each person; the policy allows worker."
        ),
        (
            ["privacy.differential_privacy.target_epsilon=9"],
            "site.yaml:19: differential_privacy.max_epsilon: the run may spend an epsilon of 9.0 (target_epsilon); the policy"
        ),
        (
            ["privacy.differential_privacy.delta=1.0e-4"],
            "site.yaml:20: differential_privacy.delta: the run counts epsilon at a delta of 0.0001; the policy allows 1e-05 at"
        ),
    ]

    @Test("takes no part in a run that asks for more, and names the line", arguments: runs.indices)
    func run(index: Int) throws {
        let policy = try PolicyFixture.policy()
        let allowed = try PolicyFixture.run()
        try policy.admit("shared", allowed, PolicyFixture.basis, hasOwnData: true, known: nil)
        let (overrides, expected) = Self.runs[index]
        let asked = try PolicyFixture.run(overrides)
        let found = PolicyFixture.refusal {
            try policy.admit(asked.run, asked, PolicyFixture.basis, hasOwnData: true, known: nil)
        }
        #expect(found.hasPrefix(expected), "\(found)")
    }

    @Test("takes no part with another base model, base adapter or name, and knows a run that does not use its data")
    func basis() throws {
        let policy = try PolicyFixture.policy()
        let run = try PolicyFixture.run()
        let other = RunBasis(
            configuration: "", files: [.init(name: "model.safetensors", blob: PolicyFixture.blob("b"), size: 1)])
        for hasOwnData in [true, false] {
            let found = PolicyFixture.refusal {
                try policy.admit("shared", run, other, hasOwnData: hasOwnData, known: nil)
            }
            #expect(
                found.hasPrefix("site.yaml:3: base_models: the run's base model is \(other.baseModelDigest); the"))
        }
        let masquerade = PolicyFixture.refusal {
            try policy.admit("shared", try PolicyFixture.run(["run=b"]), other, hasOwnData: true, known: nil)
        }
        #expect(masquerade.contains("the coordinator calls the run shared, and its run file b;"), "\(masquerade)")
        // Of a run that gets nothing of this worker's, only its name and the base model matter.
        let plain = try PolicyFixture.run(["privacy=null", "federation={mode: distributed}"])
        try policy.admit("shared", plain, PolicyFixture.basis, hasOwnData: false, known: nil)
        #expect(
            PolicyFixture.refusal {
                try policy.admit("shared", plain, PolicyFixture.basis, hasOwnData: true, known: nil)
            }
            .contains("and is not federated;"))
        let weights = CoordinatorOptions.File(
            name: AdapterFolder.weightsFile, blob: PolicyFixture.blob("c"), size: 1)
        let based = RunBasis(configuration: "", files: [PolicyFixture.model, weights])
        #expect(based.baseModelDigest == PolicyFixture.basis.baseModelDigest)
        let continued = try PolicyFixture.run(["adapter={path: old}"])
        let refused = PolicyFixture.refusal {
            try policy.admit("shared", continued, based, hasOwnData: true, known: nil)
        }
        #expect(refused.contains("starts from adapter \(PolicyFixture.blob("c").text)"), "\(refused)")
        let approving = try PolicyFixture.policy(("[new]", "[\(PolicyFixture.blob("c").text)]"))
        try approving.admit("shared", continued, based, hasOwnData: true, known: nil)
        #expect(
            PolicyFixture.refusal { try approving.admit("shared", run, based, hasOwnData: true, known: nil) }.contains(
                "starts from a new adapter;"))
    }

    @Test("wants a share of the workers that it knows in a sum, and a list of them for that")
    func share() throws {
        let policy = try PolicyFixture.policy(("  colluders: 1", "  colluders: 1\n  fewest_share: 0.5"))
        let run = try PolicyFixture.run()
        try policy.admit("shared", run, PolicyFixture.basis, hasOwnData: true, known: 8)
        let found = PolicyFixture.refusal {
            try policy.admit("shared", run, PolicyFixture.basis, hasOwnData: true, known: 9)
        }
        #expect(
            found.contains(
                "site.yaml:15: secure_aggregation.fewest_share: a sum may be of 4 of the 9 workers in the list"),
            "\(found)")
        #expect(
            PolicyFixture.refusal { try policy.checkPeers(nil) }.contains(
                "there is no list of workers to take a share of"))
        try policy.checkPeers([])
    }

    @Test("joins approved coordinators only, and none after the policy's last day")
    func coordinators() throws {
        let policy = try PolicyFixture.policy()
        let now = try #require(SitePolicy.day(of: "2030-06-30")) + 86_399
        func line(_ coordinator: JoinLine.Coordinator) -> JoinLine {
            JoinLine(address: "tcp://host:1", coordinator: coordinator, token: nil)
        }
        try policy.admit(line(.pinned(PolicyFixture.coordinator)), now: now)
        let stranger = IdentityKey().publicIdentity
        #expect(
            PolicyFixture.refusal { try policy.admit(line(.pinned(stranger)), now: now) }
                .hasPrefix(
                    "site.yaml:1: coordinators: the coordinator's key is \(stranger.text); the policy allows "))
        #expect(
            PolicyFixture.refusal { try policy.admit(line(.insecure), now: now) }.contains(
                "has no key that the coordinator must prove"))
        let late = PolicyFixture.refusal { try policy.admit(line(.pinned(PolicyFixture.coordinator)), now: now + 1) }
        #expect(
            late.hasPrefix(
                "site.yaml:9: until: today is 2030-07-01 (UTC); the policy allows work until the end of 2030-06-30"),
            "\(late)")
    }

    private static func adapter(_ settings: String) throws -> AdapterConfiguration {
        try AdapterConfiguration(object: JSONValue(parsing: Data("{\(settings)}".utf8), file: "test"))
    }

    @Test("lets train what is approved, by the adapter's configuration and by the tensors that train")
    func training() throws {
        let policy = try PolicyFixture.policy()
        var adapter = AdapterConfiguration()
        adapter.targetModules = .names(["q_proj", "layers.0.v_proj"])
        try policy.admit(adapter, learnsTemperature: false)
        #expect(
            PolicyFixture.refusal { try policy.admit(adapter, learnsTemperature: true) }.contains(
                "learn_temperature would train;"))
        adapter.modulesToSave = ["lm_head"]
        #expect(
            PolicyFixture.refusal { try policy.admit(adapter, learnsTemperature: false) }
                .hasPrefix(
                    "site.yaml:5: methods: modules_to_save would train; the policy allows lora."))
        adapter.modulesToSave = []
        adapter.targetModules = .names(["q_proj", "k_proj"])
        #expect(
            PolicyFixture.refusal { try policy.admit(adapter, learnsTemperature: false) }
                .hasPrefix(
                    "site.yaml:6: modules: k_proj would train; the policy allows q_proj, v_proj."))
        for (settings, method) in [("\"use_dora\": true", "dora"), ("\"peft_type\": \"IA3\"", "ia3")] {
            let other = try Self.adapter("\(settings), \"target_modules\": [\"q_proj\"]")
            #expect(
                PolicyFixture.refusal { try policy.admit(other, learnsTemperature: false) }
                    .hasPrefix("site.yaml:5: methods: \(method) would train; the policy allows lora."))
        }
        // Nothing is adapted by a method without targets.
        let saving = try PolicyFixture.policy(("[lora]", "[modules_to_save]"))
        try saving.admit(
            Self.adapter("\"target_modules\": [], \"modules_to_save\": [\"q_proj\"]"), learnsTemperature: false)
        // What a pattern means is known when the model is there.
        adapter.targetModules = .pattern(".*")
        try policy.admit(adapter, learnsTemperature: false)
        let modules = ["a.q_proj", "a.k_proj"].map {
            ModuleDescription(path: $0, kind: .linear, parameters: [.init("weight", [1, 1])])
        }
        adapter.targetModules = .names(["q_proj"])
        try policy.admit(AdapterPlan(configuration: adapter, modules: modules).parameters)
        adapter.targetModules = .names(["k_proj"])
        let wide = try AdapterPlan(configuration: adapter, modules: modules)
        #expect(PolicyFixture.refusal { try policy.admit(wide.parameters) }.contains("a.k_proj would train;"))
        let saved = AdapterParameter(path: "a.q_proj.weight", shape: [1, 1], role: .saved)
        #expect(PolicyFixture.refusal { try policy.admit([saved]) }.contains("modules_to_save would train;"))
    }

    @Test(
        "leaves before it fetches anything of another coordinator's or of another base model, and works for an approved run"
    )
    func processes() async throws {
        let run = try SharedRun()
        let coordinator = try run.coordinator()
        let line = try await coordinator.joinLine()
        let digest = try await lorad("inspect", TinyLlava.model, "--digest").output
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let key = try #require(line.firstMatch(of: /key=([^&]*)/)).output.1
        func policy(
            _ name: String, key: some StringProtocol, model: String, modules: String, methods: String = "lora"
        ) throws {
            let text = """
                coordinators: [\(key)]
                runs: [shared]
                base_models: [\(model)]
                base_adapters: [new]
                methods: [\(methods)]
                modules: [\(modules)]
                rounds: 1
                days: 1
                secure_aggregation: { required: true }
                differential_privacy: { required: false }
                """
            try Data(text.utf8).write(to: URL(filePath: "\(run.path)/\(name)"))
        }
        try policy("stranger.yaml", key: IdentityKey().publicIdentity.text, model: digest, modules: "q_proj")
        try await run.worker(line, "one", "--policy", "stranger.yaml")
            .expectFailure("stranger.yaml:1: coordinators: ", "the coordinator's key is \(key);")
        try policy("model.yaml", key: key, model: String(repeating: "0", count: 64), modules: "q_proj")
        let other = try await run.worker(line, "one", "--policy", "model.yaml").outcome()
        #expect(
            other.status == 1
                && other.errors.contains("model.yaml:3: base_models: the run's base model is \(digest);"))
        #expect(!other.errors.contains("fetching the base model"), "\(other.errors)")
        try await eventually {
            try coordinator.errorsSoFar().contains("one has left: the policy of this worker's site does not allow it")
        }
        try policy("methods.yaml", key: key, model: digest, modules: "q_proj", methods: "ia3")
        let method = try await run.worker(line, "one", "--policy", "methods.yaml").outcome()
        #expect(
            method.status == 1
                && method.errors.contains("methods.yaml:5: methods: lora would train; the policy allows ia3."))
        #expect(!method.errors.contains("fetching the base model"), "\(method.errors)")
        try policy("modules.yaml", key: key, model: digest, modules: "'*.q_proj'")
        try await run.worker(line, "one", "--policy", "modules.yaml").expectFailure("modules.yaml:6: modules: ")
        try policy("good.yaml", key: key, model: digest, modules: "'*language_model*'")
        let worker = try run.worker(line, "one", "--policy", "good.yaml")
        try await run.expectEnd(coordinator)
        try await worker.expectSuccess()
    }

    @Test("knows the adapter that a run starts from, by the digest of its weights, and that the run does start from it")
    func baseAdapter() async throws {
        let run = try SharedRun("training.max_steps=1")
        let trained = try await run.train()
        try #require(trained.status == 0, "\(trained.errors)")
        let digest = try await lorad("inspect", "\(run.path)/alone", "--digest").output
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let settings =
            ["adapter={path: alone}", "training.output_dir=out2"]
            + ["mode=federated", "rounds=1", "local_steps=1", "min_workers=1"].map { "federation.\($0)" }
        let coordinator = try LoradProcess(
            ["coordinator", "--config", "run.yaml", "--listen", "tcp://127.0.0.1:0", "--state", "state", "--json"]
                + SharedRun.manyUses + settings.flatMap { ["--set", $0] }, in: run.path)
        let line = try await coordinator.joinLineOfJSON()
        for (adapter, isRight) in [(String(repeating: "0", count: 64), false), (digest, true)] {
            let text = """
                { coordinators: any, runs: any, base_models: any, base_adapters: ['\(adapter)'], methods: any, modules: any,
                  rounds: 1, days: 1, secure_aggregation: { required: false }, differential_privacy: { required: false } }
                """
            try Data(text.utf8).write(to: URL(filePath: "\(run.path)/site.yaml"))
            let worker = try run.worker(
                line, "one", "--data", TinyLlava.data("train"), "--images", TinyLlava.pictures, "--policy", "site.yaml")
            if isRight {
                try await coordinator.expectSuccess()
                try await worker.expectSuccess()
            } else {
                try await worker.expectFailure("site.yaml:1: base_adapters: the run starts from adapter \(digest);")
            }
        }
    }

    @Test("takes part in a run with a new adapter that changes nothing, and notes that; in none whose new adapter does")
    func newAdapter() async throws {
        for (isRandom, isRight) in [(true, false), (false, true)] {
            let run = try SharedRun()
            let settings =
                ["adapter.init_lora_weights=\(!isRandom)"]
                + ["mode=federated", "rounds=2", "local_steps=1", "min_workers=1"].map { "federation.\($0)" }
            let coordinator = try LoradProcess(
                ["coordinator", "--config", "run.yaml", "--listen", "tcp://127.0.0.1:0", "--state", "state", "--json"]
                    + SharedRun.manyUses + settings.flatMap { ["--set", $0] }, in: run.path)
            let line = try await coordinator.joinLineOfJSON()
            let text = """
                { coordinators: any, runs: any, base_models: any, base_adapters: [new], methods: any, modules: any,
                  rounds: 2, days: 1, secure_aggregation: { required: false }, differential_privacy: { required: false } }
                """
            try Data(text.utf8).write(to: URL(filePath: "\(run.path)/site.yaml"))
            let worker = try run.worker(
                line, "one", "--data", TinyLlava.data("train"), "--images", TinyLlava.pictures, "--policy", "site.yaml")
            let note = "\(run.path)/one/workers/one/started/shared"
            if isRight {
                try await coordinator.expectSuccess()
                try await worker.expectSuccess()
            } else {
                try await worker.expectFailure(
                    "site.yaml:1: base_adapters: the run says that its adapter is new, and ",
                    ".lora_B.weight is not zero in")
                coordinator.send(SIGKILL)
            }
            #expect(FileManager.default.fileExists(atPath: note) == isRight)
        }
    }

    @Test("prints an example of a policy without a join line")
    func example() async throws {
        let outcome = try await lorad("worker", "--policy-example")
        #expect(outcome.status == 0 && outcome.output == PolicyFile.example + "\n")
        let missing = try await lorad("worker", "--join", "tcp://h:1?insecure=1", "--policy", "none.yaml")
        #expect(missing.status == 1 && missing.errors.contains("none.yaml: no such policy"), "\(missing.errors)")
    }
}
