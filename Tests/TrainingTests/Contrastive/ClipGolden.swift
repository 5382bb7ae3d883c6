import Foundation
import Models
import Tensors
import Testing

@testable import Adapters
@testable import Training

/// A case under Fixtures/clip: a checkpoint, an adapter, and what transformers and PEFT compute with them.
struct ClipGolden: Sendable, CustomTestStringConvertible {
    struct Facts: Decodable {
        var rows: Int
        var loss: Double
        var loss_image_to_text: Double
        var loss_text_to_image: Double
        var lr: Double
        var losses: [Double]
        var learned_losses: [Double]
        var trainable_parameters: Int
        var all_parameters: Int
        var no_gradient: [String]
        var rounding_only: [String]
    }

    let name: String
    let folder: URL
    let facts: Facts
    let tensors: StateDict

    var testDescription: String { name }

    static let temperature = "base_model.model.logit_scale"
    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Fixtures/clip").standardized

    static let all: [ClipGolden] = {
        let folders =
            (try? FileManager.default.contentsOfDirectory(at: fixtures, includingPropertiesForKeys: nil)) ?? []
        return folders.filter(\.hasDirectoryPath).sorted { $0.path < $1.path }.compactMap { try? ClipGolden($0) }
    }()

    init(_ folder: URL) throws {
        name = folder.lastPathComponent
        self.folder = folder
        facts = try JSONDecoder().decode(Facts.self, from: Data(contentsOf: folder.appending(path: "golden.json")))
        tensors = try SafetensorsFile(path: folder.appending(path: "golden.safetensors").path).stateDict
    }

    /// Some rows packed into one batch.
    func packed(_ rows: [Int]) -> PackedBatch {
        let texts = rows.map { row in (tensors["input_ids.\(row)"]?.values ?? []).map { Int32($0) } }
        let pictures = rows.compactMap { tensors["pixel_values.\($0)"] }.map {
            Tensor($0.values, shape: Array($0.shape.dropFirst()))
        }
        return PackedBatch(sequences: texts.map { ($0, $0) }, pictures: pictures)
    }

    /// All rows packed into one batch.
    var packed: PackedBatch { packed(Array(0..<facts.rows)) }

    /// The model with its adapter, as a run builds it.
    func adapted(
        learnsTemperature: Bool = false, dropout: Double = 0, computing type: DType = .float32
    ) throws -> (model: any ContrastiveModel, weights: AdapterWeights) {
        let folder = try ModelFolder(folder)
        let survey = try folder.load(computing: type)
        let adapter = self.folder.appending(path: "adapter")
        var configuration = try AdapterFolder.configuration(in: adapter).configuration
        configuration.lora.dropout = dropout
        let plan = try AdapterPlan(
            configuration: configuration, modules: survey.modules, modelType: folder.modelType,
            temperature: learnsTemperature ? ClipModel.logitScaleName : nil)
        let fresh = try AdapterWeights(plan: plan, checkpoint: folder.checkpoint, seed: 1)
        let (weights, report) = try AdapterWeights.loaded(from: adapter, fresh: fresh)
        #expect(report.missing.allSatisfy { $0 == Self.temperature } && report.unexpected.isEmpty, "\(report)")
        return (try folder.load(computing: type, customization: weights).model.contrastive, weights)
    }

    /// The case's rows in a step of micro-batches of one row each, or of as many as are given.
    func share(microBatches sizes: [Int]? = nil) -> StepShare {
        let sizes = sizes ?? Array(repeating: 1, count: facts.rows)
        let ends = sizes.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
        let parts = zip(ends, ends.dropFirst()).map { Array($0..<$1) }
        return StepShare(
            step: 3, seed: 5, supervisedTokens: facts.rows, microBatchCount: parts.count,
            node: .root(count: parts.count), microBatches: parts)
    }
}

/// The rows of a case as a source to train on; each is long enough to be a micro-batch.
struct ClipGoldenSource: RowSource {
    let golden: ClipGolden

    var count: Int { golden.facts.rows }
    func length(at index: Int) -> Int { 192 }
    func supervisedCount(at index: Int) -> Int { 1 }
    func batch(of rows: [Int]) -> PackedBatch { golden.packed(rows) }
}
