public import Foundation
public import Tensors

/// The families of models that lorad trains.
public enum ModelFamilies {
    /// Every family.
    static let all: [any ModelFamily.Type] = [ClipModel.self, Idefics3Model.self, LlavaModel.self]

    /// The `model_type`s that can be loaded.
    public static var modelTypes: [String] { all.flatMap { $0.modelTypes }.sorted() }

    /// The family of a `model_type`.
    static func named(_ modelType: String) -> (any ModelFamily.Type)? {
        all.first { $0.modelTypes.contains(modelType) }
    }
}

/// A model folder: its configuration and its weights, ready to be built with or without adapters.
public struct ModelFolder: Sendable {
    /// A loaded model with its notices.
    public struct Loaded: Sendable {
        /// The model.
        public let model: any VisionLanguageModel
        /// Every module, containers included, in the order of construction.
        public let modules: [ModuleDescription]
        /// Numbers that the model owns outside of its modules.
        public let looseParameterCount: Int
        /// Tensors of the checkpoint that the model has no use for.
        public let unusedTensors: [String]
    }

    /// The folder.
    public let url: URL
    /// `model_type`.
    public let modelType: String
    /// The weights.
    public internal(set) var checkpoint: Checkpoint
    private let reader: ConfigurationReader
    private let family: any ModelFamily.Type

    /// The tables with a row for each token, the input embedding's first; empty if tokens cannot be added.
    var vocabularyTables: [String] { family.embeddings.map { [$0.input, $0.output] } ?? [] }

    /// Opens a folder with a `config.json` and safetensors weights.
    ///
    /// - Throws: `ModelError` or `TensorError` naming file, key or tensor.
    public init(_ url: URL) throws {
        self.url = url
        reader = try ConfigurationReader(file: url.appending(path: "config.json"))
        modelType = try reader.text("model_type")
        guard let family = ModelFamilies.named(modelType) else {
            throw ModelError(
                .unsupported,
                "\(reader.file): model_type \"\(modelType)\" is not supported; supported are "
                    + ModelFamilies.modelTypes.joined(separator: ", "))
        }
        self.family = family
        checkpoint = try Checkpoint(folder: url, canonicalName: family.canonicalName)
        checkpoint.embeddings = family.embeddings
    }

    /// Builds the model.
    ///
    /// - Parameters:
    ///   - type: float32 or bfloat16, the type of matrix products.
    ///   - customization: adapters and trainable parameters.
    /// - Throws: `ModelError` naming every tensor that is missing or misshapen.
    public func load(
        computing type: DType, customization: any ModelCustomization = NoCustomization()
    ) throws -> Loaded {
        let builder = WeightBuilder(checkpoint, computing: type, customization: customization)
        let model: any VisionLanguageModel = try family.init(reader, builder)
        let unused = try builder.finish(isQuantized: reader.has("quantization_config"))
        return Loaded(
            model: model, modules: builder.modules, looseParameterCount: builder.looseParameterCount,
            unusedTensors: unused)
    }
}
