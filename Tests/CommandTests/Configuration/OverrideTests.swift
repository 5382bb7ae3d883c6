import Models
import Testing
import Training

@testable import lorad

@Suite("--set")
struct OverrideTests {
    private let base = RunFileFixture.with("training: { seed: 1, output_dir: out }")

    @Test("replaces a value and leaves its neighbours")
    func replaces() throws {
        let read = try RunFileFixture.parse(base, overrides: ["training.seed=2"])
        #expect(read.training.seed == 2)
        #expect(read.training.outputDir == "out")
    }

    @Test("creates the sections on its way")
    func creates() throws {
        let overrides = ["privacy.differential_privacy={enabled: false, clip: 0.5}"]
        let read = try RunFileFixture.parse(base, overrides: overrides)
        #expect(read.privacy?.differentialPrivacy.clip == 0.5)
    }

    @Test("parses its value as YAML")
    func yamlValue() throws {
        let overrides = ["adapter.target_modules=[q_proj, 'a=b']", "training.learning_rates={.*lora_B.*: 1e-3}"]
        let read = try RunFileFixture.parse(base, overrides: overrides)
        #expect(read.adapter.tree["target_modules"] == .array([.string("q_proj"), .string("a=b")]))
        #expect(read.training.learningRates == [.init(pattern: ".*lora_B.*", value: 1e-3)])
    }

    @Test("wins over an earlier one")
    func lastWins() throws {
        let read = try RunFileFixture.parse(base, overrides: ["training.seed=2", "training.seed=3"])
        #expect(read.training.seed == 3)
    }

    @Test("without a value takes an optional key back")
    func unset() throws {
        let yaml = "model: { path: m }\nadapter: {}\ndata: { train: t, validation: v }"
        #expect(try RunFileFixture.parse(yaml, overrides: ["data.validation="]).data.validation == nil)
    }

    @Test(
        "that is wrong is named instead of a line",
        arguments: [
            (
                "training.sed=2", "--set training.sed=2: training.sed: unknown key; did you mean seed?"
            ),
            ("training.seed=x", "--set training.seed=x: training.seed: expected a whole number, found x"),
            (
                "training.learning_rate=-1",
                "--set training.learning_rate=-1: training.learning_rate: must be greater than 0.0, found -1"
            ),
            ("training.seed", "--set training.seed: expected key=value, such as training.seed=1"),
            (".seed=1", "--set .seed=1: expected keys joined by dots before `=`, such as training.seed=1"),
            (
                "training.seed.x=1",
                "--set training.seed.x=1: training.seed is 1 (run.yaml:5), not a mapping of keys"
            ),
            (
                "training.seed=[1",
                "--set training.seed=[1: not valid YAML: did not find expected ',' or ']'"
                    + " (while parsing a flow sequence, line 1)"
            ),
        ])
    func problems(override: String, problem: String) {
        #expect(RunFileFixture.problem(base, overrides: [override]) == problem)
    }
}
