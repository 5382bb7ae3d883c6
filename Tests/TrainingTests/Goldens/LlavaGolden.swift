import Adapters
import Foundation
import Models
import Tensors
import Testing

/// A case under the fixtures of a family that continues texts: a checkpoint, an adapter, and what transformers and PEFT compute with them.
struct LlavaGolden: Sendable, CustomTestStringConvertible {
    struct Facts: Decodable {
        struct Distance: Decodable {
            struct Draws: Decodable {
                var logits: Double
                var loss: Double
                var gradients: Double
            }
            var largest_of_draws: Draws
        }
        /// The case whose checkpoint it is of, where that is another one.
        var base: String?
        var rows: Int
        var loss: Double
        var losses: [Double]
        var lr: Double
        var supervised_tokens: [Int]
        var trainable_parameters: Int
        var all_parameters: Int
        var no_gradient: [String]
        var rounding_only: [String]
        var bf16_distance: Distance
    }

    let name: String
    let folder: URL
    let facts: Facts
    let tensors: StateDict

    var testDescription: String { name }

    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures")
        .standardized

    /// Folders with a folder for each case.
    static let families = ["llava", "idefics3"].map { fixtures.appending(path: $0) }

    /// LoRA on every kind of checkpoint, and every other adapter method on some of them.
    static let all = (families + [fixtures.appending(path: "methods")]).flatMap(found)

    private static func found(in root: URL) -> [LlavaGolden] {
        let folders = (try? FileManager.default.contentsOfDirectory(at: root, includingPropertiesForKeys: nil)) ?? []
        return folders.filter(\.hasDirectoryPath).sorted { $0.path < $1.path }.compactMap { try? LlavaGolden($0) }
    }

    /// The folder with the checkpoint.
    var base: URL { facts.base.map { Self.fixtures.appending(path: "llava/\($0)") } ?? folder }

    init(_ folder: URL) throws {
        name = folder.lastPathComponent
        self.folder = folder
        facts = try JSONDecoder().decode(Facts.self, from: Data(contentsOf: folder.appending(path: "golden.json")))
        tensors = try SafetensorsFile(path: folder.appending(path: "golden.safetensors").path).stateDict
    }

    /// The rows, each a batch of its own.
    var rows: [PackedBatch] {
        (0..<facts.rows).map { row in
            let integers = { (key: String) in (tensors["\(key).\(row)"]?.values ?? []).map { Int32($0) } }
            return PackedBatch(
                sequences: [(integers("input_ids"), integers("labels"))], pictures: pictures(of: row))
        }
    }

    /// All rows packed into one batch.
    var packed: PackedBatch { packed(Array(0..<facts.rows)) }

    /// Some rows packed into one batch.
    func packed(_ indices: [Int]) -> PackedBatch {
        let rows = rows
        return PackedBatch(
            sequences: indices.map { (rows[$0].tokens, rows[$0].labels) }, pictures: indices.flatMap(pictures))
    }

    private func pictures(of row: Int) -> [Tensor] {
        guard let pixels = tensors["pixel_values.\(row)"] else { return [] }
        let size = pixels.shape[1] * pixels.shape[2] * pixels.shape[3]
        let values = pixels.values
        return (0..<pixels.shape[0]).map {
            Tensor(Array(values[$0 * size..<($0 + 1) * size]), shape: Array(pixels.shape.dropFirst()))
        }
    }

    /// The model with its adapter, as a run builds it.
    func adapted(computing type: DType) throws -> (model: any GenerativeModel, weights: AdapterWeights) {
        let folder = try ModelFolder(base)
        let survey = try folder.load(computing: type)
        let adapter = self.folder.appending(path: "adapter")
        let configuration = try AdapterFolder.configuration(in: adapter).configuration
        let plan = try AdapterPlan(configuration: configuration, modules: survey.modules, modelType: folder.modelType)
        let fresh = try AdapterWeights(plan: plan, checkpoint: folder.checkpoint, seed: 1)
        let (weights, report) = try AdapterWeights.loaded(from: adapter, fresh: fresh)
        #expect(report.missing.isEmpty && report.unexpected.isEmpty, "\(report)")
        return (try folder.load(computing: type, customization: weights).model.generative, weights)
    }
}

/// max |a − b| / max |b|.
func relativeDistance(_ a: [Float], _ b: [Float]) -> Double {
    guard a.count == b.count else { return .infinity }
    let distance = zip(a, b).map { abs(Double($0) - Double($1)) }.max() ?? 0
    return distance / max(b.map { abs(Double($0)) }.max() ?? 0, 1e-30)
}
