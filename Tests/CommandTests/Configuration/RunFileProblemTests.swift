import Testing
import Training

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
            "privacy:\n  differential_privacy:\n    enabled: false\n    delta: 2",
            "run.yaml:8: privacy.differential_privacy.delta: must be greater than 0 and less than 1, found 2"
        ),
        (
            "privacy: { secure_aggregation: { threshold: 0.9 } }",
            "run.yaml:5: privacy.secure_aggregation.enabled: is required but missing: set true or false"
        ),
        (
            "privacy: { differential_privacy: { enabled: false, clip: 1e300 } }",
            "run.yaml:5: privacy.differential_privacy.clip: must be from 1e-06 to 1000000.0, found 1e300"
        ),
        (
            "federation: { mode: federated }\n"
                + "privacy: { differential_privacy: { enabled: true, noise_multiplier: 1, population: 9 } }",
            "run.yaml:6: privacy.differential_privacy: protects whole workers, but population is a number of people or "
                + "examples at each worker: remove population, or set unit: person or example"
        ),
        (
            "federation: { mode: federated, refuse_norm: 1 }\n"
                + "privacy: { differential_privacy: { enabled: true, noise_multiplier: 1 } }",
            "run.yaml:6: privacy.differential_privacy: hides the norm of each update, which federation.refuse_norm needs: "
                + "remove refuse_norm; clip already bounds every update"
        ),
        (
            "federation: { mode: federated, aggregation: krum, min_workers: 4 }",
            "run.yaml:5: federation.min_workers: aggregation krum needs 5 updates in a round, and so as many workers: "
                + "found 4"
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
        (
            "training: { max_steps: 0 }",
            "run.yaml:5: training.max_steps: must be -1, or from 1 to 1000000000, found 0"
        ),
        ("training: { lanes: 0 }", "run.yaml:5: training.lanes: must be auto, or from 1 to 1024, found 0"),
        ("training: { lanes: many }", "run.yaml:5: training.lanes: expected auto or a whole number, found many"),
        (
            "training: { save_total_limit: 0 }",
            "run.yaml:5: training.save_total_limit: must be from 1 to 1000000000, found 0"
        ),
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
                + " or remove eval_steps"
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
                run.yaml:1: model.path: is required but missing
                run.yaml:2: data.train: is required but missing
                run.yaml:1: adapter: is required but missing
                """)
    }

    @Test("that is empty lacks its sections")
    func empty() {
        #expect(RunFileFixture.problem("")?.contains("run.yaml:1: model: is required but missing") == true)
    }

    @Test(
        "says what is wrong with targets and ranks of parts",
        arguments: [
            (
                "targets: visoin",
                "adapter.targets: \"visoin\" is not a part of a model: expected one of vision, language, connector,"
                    + " cross_attention, both"
            ),
            (
                "targets: both, target_modules: [q_proj]",
                "adapter.targets: says what target_modules says too: give one of them"
            ),
            ("targets: language, ranks: { vision: 4 }", "adapter.ranks: vision is not among adapter.targets"),
            (
                "ranks: { vision: 0 }",
                "adapter.ranks: vision: expected a whole number from 1 to 65536, found the number 0"
            ),
            (
                "ranks: { vision: 9223372036854775807 }",
                "adapter.ranks: vision: expected a whole number from 1 to 65536, found the number 9223372036854775807"
            ),
            ("alphas: { vision: 0 }", "adapter.alphas: vision: expected a number above 0, found the number 0"),
            ("alphas: 3", "adapter.alphas: expected numbers by part, such as {vision: 32}"),
        ])
    func parts(keys: String, problem: String) {
        let found = RunFileFixture.problem("model: { path: m }\nadapter: { \(keys) }\ndata: { train: t.json }")
        #expect(found?.contains("run.yaml:2: \(problem)") == true, "\(found ?? "")")
    }

    @Test(
        "refuses numbers that nothing can be counted with, naming the key, the number and the range",
        arguments: [
            ("training", "num_train_epochs", "1e30"),
            ("training", "per_device_train_batch_size", "4000000000"),
            ("training", "gradient_accumulation_steps", "4000000000"),
            ("training", "max_steps", "9223372036854775807"),
            ("training", "warmup_steps", "9223372036854775807"),
            ("training", "lanes", "1000000"),
            ("federation", "rounds", "9223372036854775807"),
            ("federation", "local_steps", "9223372036854775807"),
            ("federation", "min_workers", "9223372036854775807"),
            ("federation", "max_examples_weight", "9223372036854775807"),
            ("federation", "round_deadline", "1e300"),
            ("federation", "worker_timeout", "1e300"),
            ("federation", "local_epochs", "1e300"),
        ])
    func tooLarge(section: String, key: String, number: String) throws {
        let found = try #require(RunFileFixture.problem(RunFileFixture.with("\(section): { \(key): \(number) }")))
        #expect(found.hasPrefix("run.yaml:5: \(section).\(key): must be "), "\(found)")
        #expect(found.contains(/(from . to|at most) [0-9.]+, found/) && found.hasSuffix(" \(number)"), "\(found)")
    }

    @Test("refuses a cache that no disk has room for, and rows that are longer than any model's")
    func tooLargeData() {
        let data = "data: { train: t, feature_cache_gigabytes: 1e300, max_length: 1 }"
        let yaml = "model: { path: m }\nadapter: { r: 4 }\n\(data)"
        #expect(
            RunFileFixture.problem(yaml) == """
                run.yaml:3: data.feature_cache_gigabytes: must be greater than 0.0 and at most 1000000.0, found 1e300
                run.yaml:3: data.max_length: must be from 2 to 10000000, found 1
                """)
    }

    @Test("refuses products of numbers of which each alone would do")
    func tooLargeProducts() {
        let rows = "training:\n  per_device_train_batch_size: 1001\n  gradient_accumulation_steps: 1000"
        #expect(
            RunFileFixture.problem(RunFileFixture.with(rows))
                == "run.yaml:7: training.gradient_accumulation_steps: makes steps of 1001000 rows with"
                + " per_device_train_batch_size 1001: their product must be at most 1000000, found 1000")
        let rounds = "federation:\n  rounds: 1000000\n  local_steps: 1000000\n  min_workers: 2"
        #expect(
            RunFileFixture.problem(RunFileFixture.with(rounds))
                == "run.yaml:6: federation.rounds: rounds 1000000, local_steps 1000000 and min_workers 2 make 2000000000000"
                + " steps: their product must be at most 1000000000000")
    }

    @Test("with aliases that stand for more values than can be is refused at once, by line")
    func aliases() {
        let bomb = (1...9).map { level in
            let aliases = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ",")
            return "  a\(level): &a\(level) [\(aliases)]"
        }
        let yaml = "data:\n  a0: &a0 [x]\n" + bomb.joined(separator: "\n")
        #expect(RunFileFixture.problem(yaml) == "run.yaml:4: more than 16 aliases: this is not a run file")
        let many = "data:\n  a: &a [\(String(repeating: "x,", count: 20_000))]\n  b: [*a,*a,*a,*a,*a]"
        #expect(
            RunFileFixture.problem(many)
                == "run.yaml:2: more than 100000 values, including those that aliases stand for: this is not a run file"
        )
        let few = "model: { path: &m some }\nadapter: { r: 4 }\ndata: { train: *m }"
        #expect(RunFileFixture.problem(few) == nil)
    }

    @Test("nested deeper than any run file is refused, also where the parser would bear it", arguments: [100, 100_000])
    func nesting(depth: Int) throws {
        let yaml = "data: " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let found = try #require(RunFileFixture.problem(yaml))
        #expect(found.contains("levels deep") || found.contains("nesting level"), "\(found)")
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

    @Test(
        "names the column that was likely meant, or what stands where one belongs",
        arguments: [
            ("columns: { imgae: x }", "columns: `imgae` is not a column name that lorad knows; did you mean image?"),
            ("columns: { image: [x] }", "columns: `image`: expected a column's name, found a list"),
            ("columns: image", "columns: expected a mapping of names to columns, found image"),
            ("separator: ab", "separator: must be auto, tab or a character, found ab"),
        ])
    func columns(setting: String, problem: String) {
        let yaml = "model: { path: m }\nadapter: {}\ndata: { train: t, \(setting) }"
        #expect(RunFileFixture.problem(yaml) == "run.yaml:3: data.\(problem)")
    }

    @Test("names the template that was likely meant")
    func template() {
        let yaml = "model: { path: m }\nadapter: {}\ndata: { train: t, template: llama }"
        #expect(
            RunFileFixture.problem(yaml)
                == "run.yaml:3: data.template: must be one of auto, chatml, llama-3, gemma, llama-2, mistral, mistral-v3,"
                + " smolvlm, vicuna, plain, found llama"
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
                run.yaml:4: data.train: must name an existing file or folder, or a range of files, found \(folder.path)/other.json
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

    @Test("names a pattern of learning_rates that is too long, by its beginning")
    func longPattern() throws {
        var arguments = TrainingArguments()
        arguments.learningRates = [ParameterLearningRate(pattern: String(repeating: "a", count: 16_385), value: 1)]
        let rule = try #require(TrainingArguments.rules.first { $0.key == "learning_rates" })
        #expect(
            rule.reason(arguments)
                == "the pattern `\(String(repeating: "a", count: 60))…` has 16385 bytes, the most are 16384: shorten it, or write "
                + "several patterns")
        arguments.learningRates = [ParameterLearningRate(pattern: ".*", value: 1)]
        #expect(rule.reason(arguments) == nil)
    }
}
