import Adapters
import Foundation
import Models
import Tensors
import Training

/// A model folder built with adapters: fresh ones, or those of a PEFT folder.
struct AdaptedModel: Sendable {
    let folder: ModelFolder
    let model: any VisionLanguageModel
    let weights: AdapterWeights
    let modules: [ModuleDescription]
    private let looseParameterCount: Int
    /// The type that matrix products are computed in.
    let computing: DType
    /// Notices about the configuration and the files, one line each.
    let notices: [String]

    /// Builds the model with the adapter that a run file describes.
    ///
    /// - Parameters:
    ///   - arguments: `path` of a PEFT folder, or PEFT's keys.
    ///   - learnsTemperature: whether a contrastive model's temperature trains too.
    init(
        _ folder: ModelFolder, adapter arguments: AdapterArguments, learnsTemperature: Bool = false,
        computing type: DType, seed: Int
    ) throws {
        if let path = arguments.path {
            try self.init(
                folder, adapterFolder: URL(filePath: path), learnsTemperature: learnsTemperature, computing: type)
            guard learnsTemperature || !learnsTheTemperature else {
                throw CommandError("\(path) contains a trained temperature: set training.learn_temperature: true")
            }
            return
        }
        var notices: [String] = []
        var configuration = try arguments.configuration(notes: &notices)
        if configuration.baseModel == nil { configuration.baseModel = folder.url.path }
        try self.init(
            folder, configuration, learnsTemperature, loading: nil, type, seed: seed, notices,
            parts: arguments.partTargets)
    }

    /// Builds the model with the adapter of a PEFT folder, and with the temperature that it may hold.
    init(_ folder: ModelFolder, adapterFolder: URL, learnsTemperature: Bool = false, computing type: DType) throws {
        let (read, found) = try AdapterFolder.configuration(in: adapterFolder)
        var (configuration, notes) = (read, found)
        do {
            _ = try AdapterBase.check(adapter: adapterFolder, configuration, against: folder)
        } catch let error as AdapterError where error.code == .wrongBase {
            notes.append("warning: \(error.message)")
        }
        let given = folder.checkpoint.additions
        let base = given.isEmpty ? folder : try ModelFolder(folder.url)
        let vocabulary = try AdapterVocabulary(
            folder: adapterFolder, configuration: configuration, base: base, given: given)
        let grown = try base.adding(vocabulary.additions)
        if !vocabulary.heldEmbeddings.isEmpty {
            configuration.modulesToSave += vocabulary.heldEmbeddings
            notes.append(
                "\(adapterFolder.path) contains \(vocabulary.heldEmbeddings.joined(separator: " and ")) with "
                    + "\(vocabulary.additions.rows) rows, saved because the vocabulary was enlarged: treated as "
                    + "modules_to_save"
            )
        }
        if !vocabulary.additions.tokens.isEmpty {
            let count = vocabulary.additions.tokens.count
            notes.append("\(count) \(count == 1 ? "token" : "tokens") added, from the adapter's tokenizer")
        }
        let hasTemperature = try AdapterFolder.hasTemperature(adapterFolder)
        try self.init(
            grown, configuration, learnsTemperature || hasTemperature, loading: adapterFolder, type, seed: 0, notes)
    }

    /// Builds the model with fresh weights of an adapter that is known by its `adapter_config.json`.
    ///
    /// - Parameter rank: what no module's rank exceeds.
    init(
        _ folder: ModelFolder, adapterConfiguration file: URL, rank: Int? = nil, learnsTemperature: Bool = false,
        computing type: DType
    ) throws {
        var (configuration, notes) = try AdapterFolder.configuration(Data(contentsOf: file), file: file.path)
        if let rank {
            configuration.ranks = configuration.ranks?.limited(to: rank)
        }
        try self.init(folder, configuration, learnsTemperature, loading: nil, type, seed: 0, notes)
    }

    private init(
        _ folder: ModelFolder, _ configuration: AdapterConfiguration, _ learnsTemperature: Bool, loading: URL?,
        _ type: DType, seed: Int, _ notes: [String], parts: PartTargets? = nil
    ) throws {
        var (configuration, notices) = (configuration, notes)
        let survey = try folder.load(computing: .float32)
        notices += [survey.unusedNotice].compactMap(\.self)
        if let parts {
            notices += try NewTokens(folder).resolve(into: &configuration, survey.modules)
            notices += try parts.resolve(into: &configuration, model: survey.model, modules: survey.modules)
        }
        let plan = try AdapterPlan(
            configuration: configuration, modules: survey.modules, modelType: folder.modelType,
            temperature: learnsTemperature ? try Self.temperature(of: survey.model, folder) : nil)
        notices += plan.warnings
        let fresh = try AdapterWeights(
            plan: plan, checkpoint: folder.checkpoint, seed: UInt64(bitPattern: Int64(seed)))
        if let loading {
            let (loaded, report) = try AdapterWeights.loaded(from: loading, fresh: fresh)
            notices.append("adapter \(loading.path): \(report)")
            weights = loaded
        } else {
            weights = fresh
        }
        notices += Self.idle(plan, survey.model)
        model = try folder.load(computing: type, customization: weights).model
        modules = survey.modules
        looseParameterCount = survey.looseParameterCount
        self.folder = folder
        computing = type
        self.notices = notices
    }

    /// What trains in name only, because no result depends on it.
    private static func idle(_ plan: AdapterPlan, _ model: any VisionLanguageModel) -> [String] {
        let idle = plan.parameters.filter { parameter in
            model.unusedModules.contains { parameter.path.hasPrefix($0 + ".") }
        }
        guard let first = idle.first else { return [] }
        return [
            "\(idle.count) trainable tensors belong to layers whose output is not used, and will not change: "
                + "\(first.path)…"
        ]
    }

    /// The name of the temperature's parameter.
    private static func temperature(of model: any VisionLanguageModel, _ folder: ModelFolder) throws -> String {
        guard let name = model.objective.temperatureName else {
            throw CommandError(
                "\(folder.url.path): a \(folder.modelType) model has no temperature: remove training.learn_temperature"
            )
        }
        return name
    }

    private var learnsTheTemperature: Bool { weights.parameters.contains { $0.description.role == .temperature } }

    /// What trains, and what there is.
    var parameterCount: ParameterCount {
        ParameterCount(
            plan: weights.plan, modules: modules, tiesEmbeddings: model.tiesEmbeddings,
            loose: looseParameterCount)
    }
}

extension ModelFolder.Loaded {
    /// What the model has no use for; `nil` if there is nothing.
    var unusedNotice: String? {
        guard !unusedTensors.isEmpty else { return nil }
        return "\(unusedTensors.count) tensors of the checkpoint are not used: "
            + unusedTensors.prefix(5).joined(separator: ", ")
    }
}

extension ModelArguments.Precision {
    /// The type that matrix products are computed in.
    var type: DType { self == .fp32 ? .float32 : .bfloat16 }
}
