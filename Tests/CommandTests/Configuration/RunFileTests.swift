import Adapters
import Models
import Testing
import Training

@testable import lorad

@Suite("A run file")
struct RunFileTests {
    @Test("gives every section its values")
    func completeFile() throws {
        let read = try RunFileFixture.parse(RunFileFixture.complete)
        #expect(read.run == "hospital-vqa")
        #expect(read.model.path == "models/llava-1.5-7b-hf")
        #expect(read.model.precision == .bf16)
        #expect(read.adapter.tree["r"] == .int(16))
        #expect(read.adapter.tree["lora_dropout"] == .double(0.05))
        #expect(read.adapter.tree["target_modules"] == .array([.string("q_proj"), .string("v_proj")]))
        #expect(read.data.validation == "data/val.json")
        #expect(read.training.learningRate == 2e-4)
        #expect(read.training.lrSchedulerType == .cosine)
        #expect(read.training.numTrainEpochs == 1)
        #expect(read.training.outputDir == "out")
        #expect(read.federation?.minWorkers == 2)
        #expect(read.privacy?.differentialPrivacy.targetEpsilon == 8)
        #expect(read.privacy?.differentialPrivacy.population == 5000)
        #expect(read.sectionsOfSharedRuns == ["federation", "privacy"])
    }

    @Test("keeps transformers' defaults where it says nothing")
    func defaults() throws {
        let read = try RunFileFixture.parse(RunFileFixture.with("training: {}"))
        #expect(read.training == TrainingArguments())
        #expect(read.training.learningRate == 5e-5)
        #expect(read.training.perDeviceTrainBatchSize == 8)
        #expect(read.training.lrSchedulerType == .linear)
        #expect(read.data.onLong == .error)
        #expect(read.data.template == "auto")
        #expect(read.data.shuffle)
        #expect(read.federation == nil)
        #expect(read.sectionsOfSharedRuns.isEmpty)
    }

    @Test("gives per-parameter learning rates in their order")
    func learningRates() throws {
        let yaml = RunFileFixture.with(
            """
            training:
              learning_rate: 1e-4
              learning_rates: { '.*vision_tower.*': 1e-5, '.*lora_B.*': 2e-3, '.*': 0 }
            """)
        let training = try RunFileFixture.parse(yaml).training
        #expect(training.learningRates.map(\.value) == [1e-5, 2e-3, 0])
        #expect(try training.learningRate(ofParameter: "base_model.model.vision_tower.lora_B.weight") == 1e-5)
        #expect(try training.learningRate(ofParameter: "base_model.model.q_proj.lora_B.weight") == 2e-3)
    }

    @Test("that a pattern does not match as a whole keeps the general learning rate")
    func partialMatch() throws {
        var training = TrainingArguments()
        training.learningRates = [.init(pattern: "lora_B", value: 1)]
        #expect(try training.learningRate(ofParameter: "q_proj.lora_B.weight") == training.learningRate)
    }

    @Test("reads lanes as a number or auto", arguments: [("auto", LaneCount.automatic), ("3", .fixed(3))])
    func lanes(text: String, expected: LaneCount) throws {
        let read = try RunFileFixture.parse(RunFileFixture.with("training: { lanes: \(text) }"))
        #expect(read.training.lanes == expected)
    }

    @Test("keeps the types of adapter values: quotes make text")
    func adapterTypes() throws {
        let yaml = """
            model: { path: m }
            data: { train: t.json }
            adapter: { r: 8, revision: "8", bias: none, use_dora: true, layers_pattern: null, rank_pattern: { q: 4 } }
            """
        let tree = try RunFileFixture.parse(yaml).adapter.tree
        #expect(tree["r"] == .int(8))
        #expect(tree["revision"] == .string("8"))
        #expect(tree["bias"] == .string("none"))
        #expect(tree["use_dora"] == .bool(true))
        #expect(tree["layers_pattern"] == .null)
        #expect(tree["rank_pattern"] == .object([.init("q", .int(4))]))
    }

    @Test("keeps the order of patterns, of which the first that matches wins, also through the resolved file")
    func patternOrder() throws {
        let yaml = """
            model: { path: m }
            data: { train: t.json }
            adapter:
              rank_pattern: { z_proj: 4, q_proj: 8, "a.*": 2 }
              alpha_pattern: { v_proj: 1.5, k_proj: 32 }
              r: 8
            """
        let read = try RunFileFixture.parse(yaml)
        for configuration in [read, try RunFileFixture.parse(RunFile.text(of: read))] {
            var notes: [String] = []
            let adapter = try configuration.adapter.configuration(notes: &notes)
            #expect(adapter.ranks?.rankPattern == [.init("z_proj", 4), .init("q_proj", 8), .init("a.*", 2)])
            #expect(adapter.ranks?.alphaPattern == [.init("v_proj", 1.5), .init("k_proj", 32)])
            #expect(adapter.ranks?.rank == 8)
        }
    }
}
