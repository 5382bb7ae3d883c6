public import Foundation
public import Tensors

/// The families of models that lorad trains, by `model_type` of their `config.json`.
public enum ModelFamilies {
    typealias Build = @Sendable (ConfigurationReader, WeightBuilder) throws -> any VisionLanguageModel

    struct Family: Sendable {
        var canonicalName: @Sendable (String) -> String?
        var build: Build
        /// The tables with a row for each token, the input embedding's first; empty where tokens cannot be added.
        var vocabularyTables: [String] = []
    }

    static let byModelType: [String: Family] = [
        "clip": Family(
            canonicalName: { ClipModel.canonicalName($0) }, build: { ClipModel(try ClipConfiguration($0), $1) }),
        "llava": Family(
            canonicalName: { LlavaModel.canonicalName($0) },
            build: { reader, builder in
                var configuration = try LlavaConfiguration(reader)
                configuration.text.vocabularySize = builder.vocabularyRows ?? configuration.text.vocabularySize
                return LlavaModel(configuration, builder)
            }, vocabularyTables: ["model.language_model.embed_tokens.weight", "lm_head.weight"]),
    ]

    /// The `model_type`s that can be loaded.
    public static var modelTypes: [String] { byModelType.keys.sorted() }
}

/// A model folder: its configuration and its weights, ready to be built with or without adapters.
public struct ModelFolder: Sendable {
    /// A model that was built, and what there is to say about it.
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
    private let family: ModelFamilies.Family

    var vocabularyTables: [String] { family.vocabularyTables }

    /// Opens a folder with a `config.json` and safetensors weights.
    ///
    /// - Throws: `ModelError` or `TensorError` naming file, key or tensor.
    public init(_ url: URL) throws {
        self.url = url
        reader = try ConfigurationReader(file: url.appending(path: "config.json"))
        modelType = try reader.text("model_type")
        guard let family = ModelFamilies.byModelType[modelType] else {
            throw ModelError(
                .unsupported,
                "\(reader.file): model_type \"\(modelType)\" is not supported; supported are "
                    + ModelFamilies.modelTypes.joined(separator: ", "))
        }
        self.family = family
        checkpoint = try Checkpoint(folder: url, canonicalName: family.canonicalName)
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
        let model = try family.build(reader, builder)
        let unused = try builder.finish(isQuantized: reader.has("quantization_config"))
        return Loaded(
            model: model, modules: builder.modules, looseParameterCount: builder.looseParameterCount,
            unusedTensors: unused)
    }
}
