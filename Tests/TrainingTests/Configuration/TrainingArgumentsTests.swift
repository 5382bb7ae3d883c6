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
}
