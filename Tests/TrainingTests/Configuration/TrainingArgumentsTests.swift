import Testing
import Training

@Suite("Training arguments")
struct TrainingArgumentsTests {
    @Test("round a share of warm-up steps up, and prefer a number of steps")
    func warmup() {
        var arguments = TrainingArguments()
        #expect(arguments.warmupSteps(totalSteps: 100) == 0)
        arguments.warmupRatio = 0.03
        #expect(arguments.warmupSteps(totalSteps: 101) == 4)
        arguments.warmupSteps = 7
        #expect(arguments.warmupSteps(totalSteps: 101) == 7)
    }

    @Test("try learning rates in their order, each pattern on the whole path")
    func learningRates() throws {
        var arguments = TrainingArguments()
        arguments.learningRates = [
            ParameterLearningRate(pattern: "lora_A", value: 1), ParameterLearningRate(pattern: ".*lora_A.*", value: 2),
            ParameterLearningRate(pattern: ".*", value: 3),
        ]
        #expect(try arguments.learningRate(ofParameter: "q_proj.lora_A.weight") == 2)
        #expect(try arguments.learningRate(ofParameter: "q_proj.lora_B.weight") == 3)
    }

    @Test("name a pattern that is no regular expression")
    func wrongPattern() {
        let message = errorMessage { try ParameterLearningRate(pattern: "(", value: 1).matches("x") }
        #expect(message?.hasPrefix("learning_rates: `(` is not a regular expression") == true)
    }

    @Test("name a pattern that takes too long to match a path, with the path")
    func endlessPattern() {
        let path = "base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight"
        let entry = ParameterLearningRate(pattern: "([a-zA-Z_.0-9]+)+!", value: 1)
        let message = errorMessage { try entry.matches(path) } ?? ""
        #expect(
            message.hasPrefix(
                "learning_rates: the regular expression \"([a-zA-Z_.0-9]+)+!\" takes too long to match the name \"\(path)\""
            ),
            "\(message)")
        let long = ParameterLearningRate(pattern: String(repeating: "a", count: 20_000), value: 1)
        #expect(long.isTooLong && !entry.isTooLong)
        #expect(errorMessage { try long.matches("") }?.contains("has 20000 bytes, the most are 16384") == true)
    }
}
