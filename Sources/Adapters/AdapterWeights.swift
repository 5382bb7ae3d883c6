public import Foundation
public import Models
public import Tensors

/// The trainable tensors of a plan. A model is built with them, an optimizer updates them, and a PEFT folder stores
/// them.
public struct AdapterWeights: ModelCustomization {
    /// A tensor that trains.
    public struct Parameter: Sendable {
        /// Where it lives, its PEFT key, its shape and role.
        public let description: AdapterParameter
        /// Its values, float32: the leaf that gradients are computed for.
        public let tensor: Tensor
    }

    /// What trains, and how.
    public let plan: AdapterPlan
    /// The tensors, in the plan's order.
    public let parameters: [Parameter]
    private let byPath: [String: Tensor]
    /// The tensors that the method added, by module and by their names in it.
    private let byModule: [String: [String: Tensor]]
    /// What has been added to the frozen weights, by the modules that can hold it.
    private let gains: [String: WeightGain]
    /// The base's weights.
    private let checkpoint: Checkpoint

    /// Fresh weights: the method's initial values, drawn from `seed` and the parameter's key if they are random; saved
    /// modules and biases are copied from the checkpoint.
    ///
    /// - Throws: `AdapterError` if the checkpoint lacks a tensor to train.
    public init(plan: AdapterPlan, checkpoint: Checkpoint, seed: UInt64) throws {
        try self.init(plan: plan, checkpoint) { parameter in
            switch parameter.role {
            case .adapter: try Self.initialValue(of: parameter, plan, checkpoint, seed)
            case .saved, .bias, .temperature: try Self.baseValue(of: parameter, in: checkpoint)
            case .tokens: try Self.baseRows(of: parameter, plan, in: checkpoint)
            }
        }
    }

    /// A fresh random value of a tensor, with the rank of `shape`, which may differ from the plan's.
    ///
    /// - Parameters:
    ///   - key: its key on disk.
    ///   - shape: its shape; the rank may differ from the plan's.
    ///   - seed: the run's seed.
    /// - Returns: `nil` if no tensor with that key and shape is random.
    public func fresh(_ key: String, shape: [Int], seed: UInt64) -> Tensor? {
        guard let found = parameters.first(where: { $0.description.key == key })?.description, found.start == .drawn,
            let site = plan.linear(at: found.module), shape.count == found.shape.count,
            zip(shape, found.shape).allSatisfy({ $0 == $1 || ($1 == site.rank && $0 > 0) })
        else { return nil }
        return try? plan.configuration.method.initialValue(
            of: found.resized(to: shape), at: site, base: checkpoint, seed: seed)
    }

    /// Weights from a PEFT folder; missing ones are as in `fresh`.
    ///
    /// - Returns: the weights, and how the file's keys agree with the expected ones.
    /// - Throws: `AdapterError` or `TensorError` if the file is damaged, a shape differs, nothing matches, or the file
    ///   contains weights that PEFT would use but this plan does not.
    public static func loaded(
        from folder: URL, fresh: AdapterWeights
    ) throws -> (weights: AdapterWeights, report: AdapterKeyReport) {
        let file = try SafetensorsFile(path: try AdapterFolder.weights(in: folder).path)
        let found = file.stateDict
        let report = try AdapterKeyReport(
            expected: fresh.plan.parameters,
            found: Dictionary(uniqueKeysWithValues: found.entries.map { ($0.name, $0.tensor.shape) }), file: file.path)
        try report.checkTiedCopies(in: file)
        try report.checkBaseWeights(in: file, against: fresh.checkpoint)
        let sources = Dictionary(uniqueKeysWithValues: report.matched.map { ($0.key, $0.found) })
        let initial = Dictionary(uniqueKeysWithValues: fresh.parameters.map { ($0.description.key, $0.tensor) })
        let weights = try AdapterWeights(plan: fresh.plan, fresh.checkpoint) { parameter in
            let stored = sources[parameter.key].flatMap { file[$0] } ?? initial[parameter.key]
            guard let stored, stored.dtype.isComputable else {
                throw AdapterError(.corruptFile, "\(file.path): \(parameter.key) is not of a floating-point type")
            }
            return stored.detached
        }
        return (weights, report)
    }

    private init(
        plan: AdapterPlan, _ checkpoint: Checkpoint, value: (AdapterParameter) throws -> Tensor
    ) throws {
        self.plan = plan
        self.checkpoint = checkpoint
        parameters = try plan.parameters.map { parameter in
            let tensor = try value(parameter).converted(to: .float32)
            return Parameter(
                description: parameter, tensor: (tensor.storage.isMapped ? tensor.copied() : tensor).trainable())
        }
        gains = plan.factorPairs.reduce(into: [:]) { gains, pair in
            if pair.isAdded { gains[pair.linear.path] = WeightGain() }
        }
        byPath = Dictionary(
            uniqueKeysWithValues: parameters.flatMap { parameter in
                ([parameter.description.path] + parameter.description.tiedPaths).map { ($0, parameter.tensor) }
            })
        byModule = parameters.reduce(into: [:]) { modules, parameter in
            guard parameter.description.role == .adapter else { return }
            modules[parameter.description.module, default: [:]][parameter.description.name] = parameter.tensor
        }
    }

    private static func initialValue(
        of parameter: AdapterParameter, _ plan: AdapterPlan, _ checkpoint: Checkpoint, _ seed: UInt64
    ) throws -> Tensor {
        guard let site = plan.linear(at: parameter.module) else {
            throw AdapterError(.invalidConfiguration, "\(parameter.path) belongs to no module with an adapter")
        }
        return try plan.configuration.method.initialValue(of: parameter, at: site, base: checkpoint, seed: seed)
    }

    /// The base model's value.
    private static func baseValue(of parameter: AdapterParameter, in checkpoint: Checkpoint) throws -> Tensor {
        guard let value = checkpoint.parameter(at: parameter.path), value.shape == parameter.shape else {
            throw AdapterError(.invalidConfiguration, "\(checkpoint.folder.path) has no \(parameter.path) to train")
        }
        return value.copied()
    }

    /// The base model's values of an embedding's rows.
    private static func baseRows(
        of parameter: AdapterParameter, _ plan: AdapterPlan, in checkpoint: Checkpoint
    ) throws -> Tensor {
        guard let rows = plan.trainedRows.first(where: { $0.path == parameter.path }),
            let table = checkpoint.parameter(at: "\(rows.module).weight"), table.shape.count == 2,
            rows.indices.allSatisfy({ $0 < table.shape[0] }), table.shape[1] == parameter.shape[1]
        else {
            throw AdapterError(.invalidConfiguration, "\(checkpoint.folder.path) has no rows for \(parameter.path)")
        }
        return Tensor.withoutGraph { table.gathered(rows.indices.map(Int32.init)) }
    }

    /// The trainable tensor that replaces the parameter at `path`.
    public func parameter(at path: String) -> Tensor? { byPath[path] }

    /// What the method adds to the weight of the linear module at `path`.
    public func additions(at path: String) -> LinearAdditions {
        guard let site = plan.linear(at: path), let values = byModule[path] else { return LinearAdditions() }
        var additions = plan.configuration.method.additions(at: site, values)
        additions.gain = gains[path]
        return additions
    }

    /// Sets what the frozen weights of the model have gained, for all passes from now on.
    ///
    /// - Parameter products: by the paths of linear modules; modules that are not named have gained nothing.
    public func setGains(_ products: [String: LowRankFactors]) {
        for (path, gain) in gains { gain.current = products[path] }
    }

    /// The weight of a linear module with its adapter in it, float32; `nil` for a module without one.
    func merged(_ module: String, into weight: Tensor) -> Tensor? {
        guard let site = plan.linear(at: module), let values = byModule[module] else { return nil }
        return plan.configuration.method.merged(weight, at: site, values)
    }

    /// The bias of a linear module that belongs to its merged weight; `nil` if it is its own.
    func mergedBias(_ module: String, _ bias: Tensor) -> Tensor? {
        guard let site = plan.linear(at: module), let values = byModule[module] else { return nil }
        return plan.configuration.method.mergedBias(bias, at: site, values)
    }

    /// The rows that train of the embedding, or tied output embedding, at `path`.
    public func rows(at path: String) -> ReplacedRows? {
        guard let rows = plan.trainedRows(at: path), let values = byPath[rows.path] else { return nil }
        return ReplacedRows(indices: rows.indices.map(Int32.init), values: values)
    }

    /// Overwrites the values with those of a PEFT folder that this plan wrote; call it while no graph is alive.
    ///
    /// - Throws: `AdapterError` or `TensorError` if a tensor is missing or has another shape.
    public func restore(from folder: URL) throws {
        let file = try SafetensorsFile(path: try AdapterFolder.weights(in: folder).path)
        for parameter in parameters {
            let key = parameter.description.key
            guard let stored = file[key], stored.shape == parameter.description.shape, stored.dtype == .float32 else {
                throw AdapterError(
                    .corruptFile,
                    "\(file.path): \(key) is missing or has another shape than in this run; resume with the run "
                        + "file that it was started with"
                )
            }
            stored.withFloats { values in parameter.tensor.updateInPlace { _ = $0.update(from: values) } }
        }
    }

    /// Overwrites the values; call it while no graph is alive.
    ///
    /// - Parameter state: exactly the tensors of the plan under their PEFT keys, in float32.
    /// - Throws: `AdapterError` if a tensor is missing, unknown, has the wrong shape or type, or contains NaN or
    ///   infinite values. Nothing is changed then.
    public func assign(_ state: StateDict) throws {
        let found = try parameters.map { try Self.checked(state[$0.description.key], for: $0.description) }
        guard state.count == parameters.count else {
            let known = Set(parameters.map(\.description.key))
            let unknown = state.names.first { !known.contains($0) } ?? ""
            throw AdapterError(
                .corruptFile, "\(unknown) is not trained here: the values belong to another adapter or model")
        }
        for (parameter, tensor) in zip(parameters, found) {
            tensor.withFloats { values in parameter.tensor.updateInPlace { _ = $0.update(from: values) } }
        }
    }

    private static func checked(_ tensor: Tensor?, for parameter: AdapterParameter) throws -> Tensor {
        guard let tensor else {
            throw AdapterError(
                .corruptFile, "\(parameter.key) is missing: the values belong to another adapter or model")
        }
        guard tensor.dtype == .float32, tensor.shape == parameter.shape else {
            throw AdapterError(
                .shapeMismatch,
                "\(parameter.key) is \(tensor.dtype.rawValue) \(tensor.shape), expected F32 \(parameter.shape): the "
                    + "values belong to another adapter or model"
            )
        }
        guard !tensor.hasNonFinite else {
            throw AdapterError(
                .corruptFile, "\(parameter.key) contains NaN or infinite values: its training has diverged")
        }
        return tensor
    }

    /// Every tensor under its PEFT key, each once.
    public var stateDict: StateDict {
        StateDict(parameters.map { ($0.description.key, $0.tensor.detached) })
    }

    /// A state as PEFT writes it into a folder: tensors of tied modules under the key of each.
    ///
    /// - Parameter state: tensors under their PEFT keys, each once.
    public func withTiedCopies(_ state: StateDict) -> StateDict {
        let copies = parameters.flatMap { parameter -> [(String, Tensor)] in
            guard let tensor = state[parameter.description.key] else { return [] }
            return parameter.description.tiedKeys.map { ($0, tensor) }
        }
        guard !copies.isEmpty else { return state }
        return StateDict(state.entries.map { ($0.name, $0.tensor) } + copies)
    }

    /// Writes a PEFT folder: the weights, then the record of the base model, then the configuration, each complete or
    /// not at all. The folder is created if needed.
    ///
    /// - Throws: `TensorError.writeFailed`.
    public func write(to folder: URL) throws {
        try withTiedCopies(stateDict).write(
            to: folder.appending(path: AdapterFolder.weightsFile).path, metadata: AdapterFolder.weightsMetadata)
        try writeBase(to: folder)
        try AdapterFolder.write(plan.configuration, to: folder)
    }

    /// Writes the record of the base model into an adapter folder (`AdapterBase`), and the tokenizer if tokens were
    /// added to it.
    ///
    /// - Throws: `TensorError.writeFailed`, `ModelError` for a damaged tokenizer.
    public func writeBase(to folder: URL) throws {
        let additions = checkpoint.additions
        if !additions.tokens.isEmpty {
            try TokenizerFiles.write(checkpoint.folder, adding: additions.tokens, to: folder)
        }
        let isPadded =
            try additions.rows > 0
            && additions.rows > Tokenizer(folder: checkpoint.folder, adding: additions.tokens).vocabularySize
        try AdapterBase.write(
            BaseFingerprint(checkpoint), embeddingRows: isPadded ? additions.rows : nil, to: folder)
    }
}
