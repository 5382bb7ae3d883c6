import Testing

@testable import lorad

@Suite("A wrong run file")
struct RunFileProblemTests {
    /// A run file's fifth line and on, and what is said about it.
    private static let wrong: [(lines: String, problem: String)] = [
        (
            "training:\n  learning_rat: 1e-4",
            "run.yaml:6: training.learning_rat: unknown key; did you mean learning_rate?"
        ),
        ("traning: {}", "run.yaml:5: traning: unknown key; did you mean training?"),
        ("learning_rate: 1", "run.yaml:5: learning_rate: unknown key; it belongs at training.learning_rate"),
        (
            "federation: { xyz: 1 }",
            "run.yaml:5: federation.xyz: unknown key; known keys: mode, min_workers, worker_timeout, rounds, local_steps,"
                + " local_epochs, participation, round_deadline, max_examples_weight, proximal_mu, aggregation,"
                + " trimmed_share, faulty_workers, norm_bound, refuse_norm, gain_rank, server_optimizer,"
                + " server_learning_rate, server_momentum, server_nesterov, eval_rounds"
        ),
        (
            "privacy: { secure_agregation: {} }",
            "run.yaml:5: privacy.secure_agregation: unknown key; did you mean secure_aggregation?"
        ),
        (
            "privacy:\n  differential_privacy:\n    delta: 2",
            "run.yaml:7: privacy.differential_privacy.delta: must be greater than 0 and less than 1, found 2"
        ),
        (
            "training: { learning_rate: fast }",
            "run.yaml:5: training.learning_rate: expected a number, found fast"
        ),
        (
            "training: { learning_rate: \"1e-4\" }",
            "run.yaml:5: training.learning_rate: expected a number, found the text \"1e-4\""
        ),
        ("training: { seed: 1.5 }", "run.yaml:5: training.seed: expected a whole number, found 1.5"),
        ("training: { seed: }", "run.yaml:5: training.seed: expected a whole number, found nothing"),
        ("training: { seed: [1] }", "run.yaml:5: training.seed: expected a whole number, found a list"),
        (
            "training: { gradient_checkpointing: yes }",
            "run.yaml:5: training.gradient_checkpointing: expected true or false, found yes"
        ),
        (
            "training: { lr_scheduler_type: cosin }",
            "run.yaml:5: training.lr_scheduler_type: expected one of constant, constant_with_warmup, linear, cosine,"
                + " found cosin"
        ),
        ("training: { learning_rate: 0 }", "run.yaml:5: training.learning_rate: must be greater than 0.0, found 0"),
        ("training: { learning_rate: .inf }", "run.yaml:5: training.learning_rate: expected a number, found .inf"),
        ("training: { max_steps: 0 }", "run.yaml:5: training.max_steps: must be -1 or at least 1, found 0"),
        ("training: { lanes: 0 }", "run.yaml:5: training.lanes: must be auto or at least 1, found 0"),
        ("training: { lanes: many }", "run.yaml:5: training.lanes: expected auto or a whole number, found many"),
        ("training: { save_total_limit: 0 }", "run.yaml:5: training.save_total_limit: must be at least 1, found 0"),
        (
            "training: { adam_beta2: 1.0 }",
            "run.yaml:5: training.adam_beta2: must be at least 0.0 and less than 1.0, found 1.0"
        ),
        (
            "training: { learning_rates: { '(': 1 } }",
            "run.yaml:5: training.learning_rates: must map regular expressions to numbers of at least 0, found a mapping"
        ),
        (
            "training: { learning_rates: { a: b } }",
            "run.yaml:5: training.learning_rates: expected a mapping of regular expressions to numbers, found a mapping"
        ),
        ("training: 3", "run.yaml:5: training: expected a mapping of keys, found 3"),
        (
            "training: { warmup_ratio: 0.1,\n  warmup_steps: 3 }",
            "run.yaml:6: training.warmup_steps: warmup_ratio is given too: give one of them"
        ),
        (
            "training: { lr_scheduler_type: constant, warmup_steps: 3 }",
            "run.yaml:5: training.lr_scheduler_type: constant has no warm-up, but warmup_steps is given:"
                + " use constant_with_warmup"
        ),
        (
            "training: { eval_steps: 5 }",
            "run.yaml:5: training.eval_steps: there is nothing to evaluate on: set data.validation,"
                + " or leave eval_steps out"
        ),
        ("training: { seed: 1 }\ntraining: { seed: 2 }", "run.yaml:5: `training` given more than once"),
        (
            "training: { seed: 1",
            "run.yaml:6: not valid YAML: did not find expected ',' or '}' (while parsing a flow mapping, line 5)"
        ),
        ("? [a]\n: 1", "run.yaml:5: a key must be text, found a list or mapping"),
    ]

    @Test("says where, what was found and what to do", arguments: wrong)
    func problem(lines: String, problem: String) {
        #expect(RunFileFixture.problem(RunFileFixture.with(lines)) == problem)
    }

    @Test("says what is required")
    func required() {
        #expect(
            RunFileFixture.problem("model: { precision: fp32 }\ndata: {}\n") == """
                run.yaml:1: model.path: is required and not given
                run.yaml:2: data.train: is required and not given
                run.yaml:1: adapter: is required and not given
                """)
    }

    @Test("that is empty lacks its sections")
    func empty() {
        #expect(RunFileFixture.problem("")?.contains("run.yaml:1: model: is required and not given") == true)
    }

    @Test(
        "says what is wrong with targets and ranks of parts",
        arguments: [
            (
                "targets: visoin",
                "adapter.targets: \"visoin\" is no part of a model: expected one of vision, language, connector,"
                    + " cross_attention, both"
            ),
            (
                "targets: both, target_modules: [q_proj]",
                "adapter.targets: says what target_modules says too: give one of them"
            ),
            ("targets: language, ranks: { vision: 4 }", "adapter.ranks: vision is not among adapter.targets"),
            ("ranks: { vision: 0 }", "adapter.ranks: vision: expected a number above 0"),
            ("alphas: 3", "adapter.alphas: expected numbers by part, such as {vision: 32}"),
        ])
    func parts(keys: String, problem: String) {
        let found = RunFileFixture.problem("model: { path: m }\nadapter: { \(keys) }\ndata: { train: t.json }")
        #expect(found?.contains("run.yaml:2: \(problem)") == true, "\(found ?? "")")
    }

    @Test("lists everything that is wrong at once, line by line")
    func everything() {
        let yaml = RunFileFixture.with("training:\n  sed: 1\n  lanes: x\nprivcy: {}")
        #expect(
            RunFileFixture.problem(yaml) == """
                run.yaml:6: training.sed: unknown key; did you mean seed?
                run.yaml:7: training.lanes: expected auto or a whole number, found x
                run.yaml:8: privcy: unknown key; did you mean privacy?
                """)
    }

    @Test("with an unknown adapter key names the nearest of PEFT's")
    func adapterKey() {
        let yaml = "model: { path: m }\ndata: { train: t }\nadapter:\n  r: 4\n  lora_alfa: 8"
        #expect(
            RunFileFixture.problem(yaml) == "run.yaml:5: adapter.lora_alfa: unknown key; did you mean lora_alpha?")
    }

    @Test("that starts from an adapter may say nothing else about it")
    func adapterPath() {
        let yaml = "model: { path: m }\ndata: { train: t }\nadapter:\n  r: 4\n  path: old\n  bias: all"
        #expect(
            RunFileFixture.problem(yaml)
                == "run.yaml:5: adapter.path: the adapter in that folder has its own configuration: leave out bias, r")
    }

    @Test("names the template that was likely meant")
    func template() {
        let yaml = "model: { path: m }\nadapter: {}\ndata: { train: t, template: llama }"
        #expect(
            RunFileFixture.problem(yaml)
                == "run.yaml:3: data.template: must be one of auto, chatml, llama-3, gemma, llama-2, vicuna, plain, found llama"
        )
    }

    @Test("names a path that leads nowhere, or to the wrong kind of thing")
    func paths() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("[]", to: "train.json")
        let yaml = """
            model: { path: \(file) }
            adapter: { path: \(folder.path)/adapter }
            data:
              train: \(folder.path)/other.json
              images: \(folder.path)
              validation: \(folder.path)
            """
        #expect(
            RunFileFixture.problem(yaml, checksDisk: true) == """
                run.yaml:1: model.path: must name an existing folder, found \(file)
                run.yaml:2: adapter.path: must name an existing folder, found \(folder.path)/adapter
                run.yaml:4: data.train: must name an existing file or folder, or a range of archives, found \(folder.path)/other.json
                """)
    }

    @Test("that is not there is named")
    func missingFile() {
        #expect(
            throws: ConfigurationError([
                .init(
                    origin: .file("no.yaml", line: nil), key: nil,
                    reason: "no such run file, or it cannot be read: check the path after --config")
            ])
        ) {
            try RunFile.read(path: "no.yaml")
        }
    }
}
