import Adapters
import Federation
import Foundation
import Models
import Privacy
import Synchronization
import Tensors
import Training

/// A worker's model: does the work that a coordinator gives out.
final class SharedTrainer: LocalTrainer {
    let basis: Data
    let disclosure: Disclosure
    private let adapted: AdaptedModel
    private let configuration: RunConfiguration
    private let lanes: Lanes
    private let limits: WorkLimits
    private let layout: any ImageLayout
    private let own: OwnData?
    private let rank: Int?
    private let privacy: OwnPrivacy?
    let stateByteLimit: Int
    private let aggregator: (any Aggregator)?
    private let say: @Sendable (String) -> Void

    /// Builds the model of a run.
    ///
    /// - Parameters:
    ///   - basis: what the coordinator named: the run file and the files that this worker made sure it has.
    ///   - folder: the base model.
    ///   - adapterConfiguration: the run's `adapter_config.json`.
    ///   - configuration: the run file that the coordinator sent.
    ///   - data: this worker's own data, in a federated run.
    ///   - ledger: what notes this worker's releases.
    ///   - rank: what this worker's ranks are cut to; `nil` takes the run's.
    init(
        _ basis: RunBasis, _ folder: ModelFolder, adapterConfiguration: URL, configuration: RunConfiguration,
        lanes: Lanes, data: OwnData.Paths?, rank: Int?, name: String, ledger: WorkerLedger,
        say: @escaping @Sendable (String) -> Void
    ) throws {
        self.basis = basis.digest
        self.say = say
        disclosure = configuration.disclosure
        let type = configuration.model.precision.type
        Products.notices(computing: type).forEach(say)
        let folder = try folder.adding(configuration.tokenizer?.additions ?? VocabularyAdditions())
        let adapted = try AdaptedModel(
            folder, adapterConfiguration: adapterConfiguration, rank: rank,
            learnsTemperature: configuration.training.learnTemperature, computing: type)
        self.adapted = adapted
        self.configuration = configuration
        self.lanes = lanes
        self.rank = rank
        limits = WorkLimits(model: adapted.model, maxLength: configuration.data.maxLength)
        layout = try adapted.model.imageLayout(folder.url)
        stateByteLimit = try Self.stateByteLimit(adapted, adapterConfiguration, configuration.federation?.gainRank)
        aggregator = try configuration.federation?.makeAggregator(
            seed: UInt64(bitPattern: Int64(configuration.training.seed)))
        own = try data.map { try OwnData($0, folder, adapted.model, configuration, name: name, say: say) }
        privacy = try own.flatMap { try $0.privacy(configuration, ledger: ledger, lanes: lanes.count, say: say) }
        if let privacy { say(privacy.words) }
        say("\(adapted.parameterCount)")
    }

    /// The numbers that train.
    var valueCount: Int { adapted.weights.parameters.reduce(0) { $0 + $1.tensor.count } }

    /// What trains.
    var trained: [AdapterParameter] { adapted.weights.plan.parameters }

    /// The model as the run finds it: what a new adapter must not change.
    var untrainedModel: UntrainedModel { UntrainedModel(adapted.weights, seed: configuration.training.seed) }

    /// SHA-256 of the state that a run begins with that starts from the adapter in a folder.
    func stateDigest(ofAdapterIn folder: URL) throws -> Data {
        let (loaded, _) = try AdapterWeights.loaded(from: folder, fresh: adapted.weights)
        return loaded.stateDict.contentDigest
    }

    /// Bytes of the run's largest state: what trains, at the run's own ranks, and what frozen weights may have gained.
    private static func stateByteLimit(_ adapted: AdaptedModel, _ file: URL, _ gainRank: Int?) throws -> Int {
        let run = try AdapterFolder.configuration(Data(contentsOf: file), file: file.path).configuration
        let rank = run.ranks?.highest ?? 0
        let headers = 1 << 20
        let trained: Int = adapted.weights.parameters.reduce(0) { $0 + $1.tensor.byteCount + 512 }
        let bytes = (rank + (gainRank ?? 0)) * MemoryLayout<Float>.size
        return adapted.weights.plan.linears.reduce(headers + trained) { (sum: Int, linear: AdaptedLinear) -> Int in
            let size: Int = bytes * (linear.inputs + linear.outputs)
            return sum + size + 1_024
        }
    }

    func perform(_ work: LocalWork) throws -> LocalResult {
        let start = ContinuousClock.now
        let state = work.state.split
        let aggregation = (configuration.federation ?? FederationArguments()).aggregation
        let gain = try BaseDelta(state.gain, adapted.weights.plan, aggregation: aggregation)
        adapted.weights.setGains(gain)
        var result: LocalResult
        switch try SharedWork(work.order, limits: limits) {
        case .gradients(let step): result = try gradients(step, work, state.trained, computation)
        case .stretch(let options, let stretch):
            let source = source(stretch.rows, work)
            result = try train(stretch.plan, on: source, options, work, state.trained, computation)
        case .local(let instructions):
            guard let own else {
                throw CommandError("this run trains on the workers' own data: start the worker with --data")
            }
            try check(instructions, round: work.round)
            result = try train(instructions, on: own, work, state.trained, computation)
        }
        result.metrics.seconds = (ContinuousClock.now - start) / .seconds(1)
        return result
    }

    /// Refuses work with this worker's own data that the run file does not ask for.
    ///
    /// - Throws: `FederationError.brokenPromise`.
    private func check(_ instructions: LocalInstructions, round: Int) throws {
        guard let federation = configuration.federation, federation.mode == .federated, let aggregator,
            (0..<federation.rounds).contains(round)
        else {
            throw FederationError(
                .brokenPromise,
                "the coordinator ordered round \(round + 1) on this worker's own data, which is not among the "
                    + "\(configuration.federation?.rounds ?? 0) rounds of the run file that it joined with"
            )
        }
        let expected = LocalInstructions(
            ofRound: round, trained: aggregator.trainedFactors(inRound: round), configuration, federation)
        try instructions.check(against: expected, round: round)
    }

    private func gradients(
        _ step: StepWork, _ work: LocalWork, _ trained: StateDict, _ computation: StepComputation
    ) throws -> LocalResult {
        try adapted.weights.assign(trained)
        let source = source(step.rows, work)
        let begun = Atomic(0)
        let sum = try computation.gradients(of: step.share, from: source) { [count = step.share.microBatches.count] in
            try work.checkCancelled()
            work.report(Double(begun.add(1, ordering: .relaxed).oldValue) / Double(count))
        }
        let tokens = (0..<source.count).reduce(0) { $0 + source.length(at: $1) }
        let metrics = ContributionMetrics(
            loss: sum.loss, examples: source.count, tokens: tokens, supervisedTokens: step.rows.supervisedTokens)
        return LocalResult(update: sum.stateDict(of: adapted.weights.plan), metrics: metrics)
    }

    /// Trains on this worker's own data, from the run's state cut to this worker's rank.
    private func train(
        _ instructions: LocalInstructions, on own: OwnData, _ work: LocalWork, _ trained: StateDict,
        _ computation: StepComputation
    ) throws -> LocalResult {
        var options = instructions.options
        options.seed = own.seed(instructions.options)
        let layout = try FactorLayout(adapted.weights.plan, state: trained)
        let start = try rank.map { try layout.cut(trained, toRank: $0) } ?? trained
        var values: [String: Double] = [:]
        if instructions.evaluates, disclosure == .everything, let validation = own.validation {
            try adapted.weights.assign(start)
            values = try Evaluation(computation.model, validation, lanes: lanes).sums
        }
        if let privacy {
            return try train(instructions.steps, privately: privacy, on: own, options, work, start, computation)
        }
        // A result that is to be another than the one before, though it starts from the same state.
        if work.isRepeat { options.seed = Int.random(in: .min ... .max) }
        let rows = work.isRepeat ? own.randomHalf() : nil
        func result() throws -> LocalResult {
            let plan = try own.plan(instructions, options, configuration.training, rows: rows)
            return try train(plan, on: own.rows, options, work, start, computation)
        }
        guard disclosure == .everything else { return try hiding(work, start, options, result) }
        var told = try result()
        told.metrics.values = values
        return told
    }

    /// Trains in a run whose noise hides the whole worker. Training that fails on this worker's data sends no change, for
    /// whoever saw it fail would learn something of the data that the noise does not hide.
    private func hiding(
        _ work: LocalWork, _ start: StateDict, _ options: StretchOptions, _ train: () throws -> LocalResult
    ) throws -> LocalResult {
        do {
            return try train()
        } catch let error where !(error is FederationError || error is PrivacyError || error is AdapterError) {
            say(
                "round \(work.round + 1): training failed, so this worker sends an update that changes nothing. The "
                    + "coordinator is not told, because whether training fails depends on the data. Reason: \(error)"
            )
            return LocalResult(update: sent(start, options), metrics: ContributionMetrics())
        }
    }

    /// Trains with differential privacy for single examples or people.
    private func train(
        _ steps: Int, privately privacy: OwnPrivacy, on own: OwnData, _ options: StretchOptions, _ work: LocalWork,
        _ trained: StateDict, _ computation: StepComputation
    ) throws -> LocalResult {
        let plan = StretchPlan(steps: Array(repeating: [], count: steps))
        var result = try train(
            plan, on: own.rows, options, work, trained, computation, privacy: try privacy.steps(steps))
        result.isNoisy = true
        return result
    }

    private func train(
        _ plan: StretchPlan, on source: any RowSource, _ options: StretchOptions, _ work: LocalWork,
        _ trained: StateDict, _ computation: StepComputation, privacy: PrivateSteps? = nil
    ) throws -> LocalResult {
        let stretch = try LocalStretch(computation, arguments: configuration.training, options: options)
        let outcome = try stretch.run(
            plan, on: source, from: trained, privacy: privacy,
            afterStep: { work.report(Double($0.steps) / Double($0.totalSteps)) },
            beforeMicroBatch: work.checkCancelled)
        let progress = outcome.progress
        let metrics = ContributionMetrics(
            loss: progress.meanLoss, examples: progress.examples, tokens: progress.tokens,
            supervisedTokens: progress.supervisedTokens)
        return LocalResult(update: sent(outcome.values, options), metrics: metrics)
    }

    /// What an update has of an adapter's values: all but those that the round keeps.
    private func sent(_ values: StateDict, _ options: StretchOptions) -> StateDict {
        let frozen = options.frozenFactor?.role
        return StateDict(
            adapted.weights.parameters.map(\.description).filter { !$0.isFactor(frozen) }.compactMap { parameter in
                values[parameter.key].map { (parameter.key, $0) }
            })
    }

    private func source(_ rows: WorkRows, _ work: LocalWork) -> WorkSource {
        WorkSource(rows, layout: layout, imageLength: adapted.model.objective.imageLength) { picture in
            guard let file = work.files[Data(picture.bytes)] else {
                throw FederationError(.notFound, "image \(picture) did not come with the task")
            }
            return try Data(contentsOf: file)
        }
    }

    private var computation: StepComputation {
        StepComputation(
            model: adapted.model, weights: adapted.weights, lanes: lanes,
            checkpointing: configuration.training.recomputes(adapted.model))
    }
}

extension LocalWork {
    /// - Throws: `FederationError.cancelled` once the result is not needed any more.
    @Sendable fileprivate func checkCancelled() throws {
        if isCancelled() { throw FederationError(.cancelled, "the result is no longer needed") }
    }
}

extension StateDict {
    /// What trains, and what frozen weights have gained.
    fileprivate var split: (trained: StateDict, gain: StateDict) {
        let isGain = { (name: String) in name.hasSuffix(".delta_A.weight") || name.hasSuffix(".delta_B.weight") }
        let parts = (entries.filter { !isGain($0.name) }, entries.filter { isGain($0.name) })
        return (StateDict(parts.0.map { ($0.name, $0.tensor) }), StateDict(parts.1.map { ($0.name, $0.tensor) }))
    }
}
