import Foundation
import Models
import Tensors

@testable import Adapters
@testable import Training

/// The bundled model with its tokenizer and pictures, on rows that a test makes up.
struct TinyLlava {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Fixtures/tiny-llava").standardized
    static var pictures: String { folder.appending(path: "data/pictures").path }

    let model: any GenerativeModel
    let weights: AdapterWeights
    let layout: any ImageLayout

    /// The model with a fresh adapter, both of whose factors have an effect.
    ///
    /// - Parameter factors: what has LoRA factors, with nothing else that trains; nil takes the bundled adapter's, which
    ///   trains the projector's weights too.
    /// - Parameter hasMagnitudes: whether it is DoRA.
    init(
        dropout: Double = 0, factors: ModuleSelection? = nil, hasMagnitudes: Bool = false,
        computing type: DType = .float32
    ) throws {
        let models = try ModelFolder(Self.folder.appending(path: "model"))
        var configuration = try AdapterFolder.configuration(in: Self.folder.appending(path: "adapter")).configuration
        configuration.lora.dropout = dropout
        configuration.lora.initialWeights = .random
        if hasMagnitudes { configuration.method = DoRA(configuration.lora) }
        if let factors {
            configuration.targetModules = factors
            configuration.modulesToSave = []
        }
        let modules = try models.load(computing: type).modules
        let plan = try AdapterPlan(configuration: configuration, modules: modules, modelType: models.modelType)
        weights = try AdapterWeights(plan: plan, checkpoint: models.checkpoint, seed: 3)
        model = try models.load(computing: type, customization: weights).model.generative
        layout = try model.imageLayout(models.url)
    }

    /// Rows whose answers have so many sentences; all but every third have a picture, every fifth has two.
    func rows(sentences: [Int], in folder: TemporaryFolder) throws -> EncodedDataset {
        let names = ["red-circle.jpg", "blue-square.png", "green-circle.png"]
        let lines = sentences.enumerated().map { row, count in
            let images = row % 3 == 2 ? 0 : row % 5 == 4 ? 2 : 1
            let answer = (0..<count).map { _ in "A red circle." }.joined(separator: " ")
            let list = (0..<images).map { "\"\(names[(row + $0) % names.count])\"" }.joined(separator: ", ")
            let question = String(repeating: "<image>", count: images) + "Which picture \(row)?"
            return #"{"image": [\#(list)], "conversations": [{"from": "human", "value": "\#(question)"},"#
                + #" {"from": "gpt", "value": "\#(answer)"}]}"#
        }
        let path = try folder.write(lines.joined(separator: "\n"), to: "train.jsonl")
        let tokenizer = try Tokenizer(folder: Self.folder.appending(path: "model"))
        let encoder = ExampleEncoder(
            tokenizer: tokenizer, template: try ConversationTemplates.named("vicuna"),
            endOfText: tokenizer.eosToken ?? "",
            image: ImagePlaceholder(
                token: tokenizer.token(of: model.imageToken) ?? "", id: model.imageToken, layout: layout),
            vocabularySize: model.vocabularySize)
        return try EncodedDataset(
            ConversationDataset(path: path, imageFolder: Self.pictures), encoder: encoder, maxLength: 4_096,
            onLong: .error)
    }

    func source(_ rows: EncodedDataset) -> ConversationSource {
        ConversationSource(rows, layout: layout)
    }

    func source(_ rows: WorkRows, from catalogue: PictureCatalogue) -> WorkSource {
        WorkSource(rows, layout: layout) { id in
            guard let picture = catalogue.picture(id) else { throw CocoaError(.fileNoSuchFile) }
            return try picture.contents()
        }
    }

    func computation(lanes: Int) -> StepComputation {
        StepComputation(model: model, weights: weights, lanes: Lanes(count: lanes), checkpointing: false)
    }

    var limits: WorkLimits { WorkLimits(model: model, maxLength: 4_096) }

    /// A catalogue whose identifiers are 32 bytes drawn from the picture's contents.
    static func catalogue() -> PictureCatalogue {
        PictureCatalogue { picture in
            let contents = try picture.contents()
            var random = SplitMix64(seed: contents.reduce(7) { ($0 &* 31) &+ UInt64($1) })
            return (0..<PictureID.byteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        }
    }
}

extension GenerativeModel {
    /// Image tokens of an image, where all have as many.
    var tokensPerImage: Int { imageTokens.lowerBound }
}

extension StateDict {
    /// Every number's bits by name, to compare to the last one.
    var bits: [String: [UInt32]] {
        Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.tensor.values.map(\.bitPattern)) })
    }
}

extension AdapterConfiguration {
    /// The settings of LoRA.
    var lora: LoRA {
        get { method as? LoRA ?? LoRA() }
        set { method = newValue }
    }
}
