import Foundation
import Models
import Testing
import Training

@testable import lorad

@Suite("A recommendation")
struct RecommendationTests {
    static let sizes = [16, 60, 200, 999, 1_000, 5_000, 20_000, 60_000, 350_000, 5_000_000]
    static let writer = ModelProfile(
        path: "models/llava: 1.5", parameters: 7_000_000_000, tokensPerImage: 576, mostTokens: 4096, smallestSide: 1024)
    static let comparer = ModelProfile(
        path: "models/clip", parameters: 150_000_000, isContrastive: true, mostTokens: 77, smallestSide: 512)

    private static func recommendation(
        _ task: RecipeTask, _ examples: Int, _ model: ModelProfile, machine: RunFacts.Machine = .init(),
        memory: (RunConfiguration) -> Int = { _ in 1 << 30 }
    ) throws -> Recommendation {
        try Recommendation(
            Recipe(task, examples: examples, model: model), Recipe.Paths(), machine: machine, cores: 8
        ) { .init(own: memory($0), mapped: 14 << 30) }
    }

    @Test(
        "is a run file that can be read, and that nothing can be said against", arguments: RecipeTask.allCases, sizes)
    func runFiles(task: RecipeTask, examples: Int) throws {
        for model in [Self.writer, Self.comparer] where !model.isContrastive || task.suitsContrastive {
            let text = try Self.recommendation(task, examples, model).text
            let document = try RunFile.document(text, name: "run.yaml")
            var facts = RunFacts(try RunFile.configuration(of: document, checksDisk: false), document: document)
            facts.rows = .init(count: examples, longest: 600)
            facts.model = .init(
                layers: [.init(path: "q_proj", rank: 1, inputs: 4096, outputs: 4096)],
                isContrastive: model.isContrastive, memory: 1 << 30)
            #expect(AdviceRules.advice(on: facts) == [])
            #expect(facts.configuration.model.path == model.path && facts.configuration.run == task.rawValue)
            #expect(text.split(separator: "\n").allSatisfy { $0.count <= 120 })
        }
    }

    @Test("has a reason for whatever a user would ask about, and a source that is known where there is one")
    func reasons() throws {
        let settings = try Self.recommendation(.vqa, 8_000, Self.writer).settings
        for key in [
            "adapter.r", "adapter.lora_alpha", "adapter.targets", "adapter.lora_dropout", "training.learning_rate",
        ] {
            let setting = try #require(settings.first { $0.key == key })
            #expect(!setting.reason.isEmpty && setting.source != nil, "\(key)")
        }
    }

    @Test("grows with the data, and never beyond what the smallest layer bears")
    func ranks() throws {
        let ranks = try Self.sizes.map { try Recipe(.vqa, examples: $0, model: Self.writer).rank }
        #expect(ranks == ranks.sorted() && ranks.first == 8 && ranks.last == 128)
        var narrow = Self.writer
        narrow.smallestSide = 24
        #expect(try Recipe(.satellite, examples: 400_000, model: narrow).rank == 12)
        #expect(try Recipe(.driving, examples: 400_000, model: narrow).visionRank == 12)
    }

    @Test("is refused for questions to a model that only compares")
    func unsuitable() throws {
        for task in [RecipeTask.vqa, .driving] {
            #expect(throws: CommandError.self) { try Recipe(task, examples: 100, model: Self.comparer) }
        }
    }

    @Test("takes what is fastest and fits: checkpointing before lanes, lanes before the precision")
    func fitting() throws {
        let machine = RunFacts.Machine(multipliesBFloat16: false, availableMemory: 10 << 30)
        func need(_ run: RunConfiguration) -> Int {
            let lanes: Int = if case .fixed(let count) = run.training.lanes { count } else { 8 }
            return lanes * (run.training.gradientCheckpointing ? 1 : 2) * (run.model.precision == .bf16 ? 1 : 2)
        }
        func computing(_ unit: Int) throws -> Recommendation {
            try Self.recommendation(.vqa, 8_000, Self.writer, machine: machine) { need($0) * unit }
        }
        #expect(try computing(1 << 20).chosen.computing == .init(precision: "fp32"))
        #expect(try computing(1 << 20).notes.count == 2)
        #expect(try computing(1 << 20).notes.contains { $0.hasSuffix("steps wait for the disk") })
        #expect(try computing(500 << 20).chosen.computing == .init(precision: "fp32", checkpointing: true))
        #expect(try computing(2 << 30).chosen.computing == .init(precision: "fp32", checkpointing: true, lanes: 2))
        #expect(try computing(8 << 30).chosen.computing == .init(precision: "bf16", checkpointing: true, lanes: 1))
        let tooLarge = try computing(16 << 30)
        #expect(!tooLarge.fits && tooLarge.notes.contains { $0.hasPrefix("does not fit") })
        #expect(try computing(500 << 20).notes.contains { $0.contains("training.gradient_checkpointing: true") })
        #expect(tooLarge.json["fits"] == .bool(false))
    }
}
