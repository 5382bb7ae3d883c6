import Adapters
import Federation
import Foundation
import Models
import Synchronization
import Tensors
import Training
import Transports

/// Distributed training with `local_steps: 1`: a round is an optimizer step, its tasks are the nodes of the tree over the
/// step's micro-batches, and the outcome is that of `lorad train` to the last bit.
final class GradientJob: Job {
    private struct Step {
        var plan: StepPlan
        var nodes: [UInt64: TreeNode] = [:]
        var sum: TreeSum<StepGradients>
        var contributions = 0
        let start = ContinuousClock.now
    }

    private let firstWorkers: Int
    private let opened: OpenedRun
    private let runPlan: RunPlan
    private let maker: WorkMaker
    private let gradientCheck: GradientCheck
    private let pictures: PictureShelf
    private let recorder: RunRecorder
    private let checkpoints: Checkpoints
    private let record: TrainingRecord
    private let optimizer: Mutex<StepOptimizer>
    private let step: Mutex<(taken: Int, open: Step?)>

    /// Prepares the job.
    ///
    /// - Parameters:
    ///   - minimumWorkers: workers that must be there before the first step.
    ///   - pictures: what workers get images from.
    ///   - state: what to continue from; nil begins the run.
    ///   - recorder: what is logged after each step.
    ///   - checkpoints: where `save_steps` saves to.
    init(
        _ opened: OpenedRun, minimumWorkers: Int, pictures: PictureShelf, resuming state: ResumedState?,
        recorder: RunRecorder, checkpoints: Checkpoints
    ) throws {
        self.opened = opened
        firstWorkers = minimumWorkers
        self.pictures = pictures
        self.recorder = recorder
        self.checkpoints = checkpoints
        record = try opened.record()
        let training = try opened.trainingRows()
        runPlan = RunPlan(
            training.rows, order: training.order, arguments: opened.configuration.training,
            microBatchTokens: opened.adapted.model.microBatchTokens)
        maker = WorkMaker(training.encoded, catalogue: pictures.catalogue)
        gradientCheck = GradientCheck(
            adapterKeys: opened.adapted.weights.plan.parameters.filter { $0.role == .adapter }.map(\.key),
            parts: opened.adapted.model.parts)
        var optimizer = try StepOptimizer(opened.adapted.weights, opened.configuration.training)
        if let state {
            try opened.adapted.weights.assign(try state.part("adapter"))
            try optimizer.adamW.restore(try state.part("optimizer"), from: state.source)
        }
        self.optimizer = Mutex(optimizer)
        step = Mutex((state?.round ?? 0, nil))
    }

    var round: Int { step.withLock { $0.taken } }
    /// The first step waits for the run file's workers. A later one, also after a restart, is taken by whoever is there:
    /// its outcome is the same to the last bit.
    var minimumWorkers: Int { round == 0 ? firstWorkers : 1 }
    var rounds: Int { runPlan.totalSteps }

    func base() -> StateDict {
        StateDict(opened.adapted.weights.stateDict.entries.map { ($0.name, $0.tensor.copied()) })
    }

    func plan(for workers: [WorkerID]) throws -> Federation.RoundPlan {
        let plan = runPlan.plan(ofStep: round)
        let nodes = TreeNode.split(count: plan.parts.count, into: workers.count)
        let named = nodes.map { (UInt64($0.level) << 32 | UInt64($0.index), $0) }
        step.withLock {
            $0.open = Step(
                plan: plan, nodes: Dictionary(uniqueKeysWithValues: named),
                sum: TreeSum(count: plan.parts.count, add: StepGradients.sum))
        }
        return Federation.RoundPlan(tasks: named.map { PlannedTask(id: $0.0) })
    }

    func order(for task: UInt64) throws -> WorkOrder {
        guard let work = try work(of: task) else {
            throw FederationError(.protocolViolation, "the step has no task \(task)")
        }
        let next = round + 1 < rounds ? try maker.pictures(of: runPlan.plan(ofStep: round + 1).rows) : []
        return WorkOrder(
            work: work.data, attachments: try pictures.attachments(work.rows.pictures),
            ahead: try pictures.attachments(next))
    }

    private func work(of task: UInt64) throws -> StepWork? {
        let place = step.withLock { step in
            step.open.flatMap { open in open.nodes[task].map { (open.plan, $0) } }
        }
        return try place.map { plan, node in
            try maker.work(of: node, in: plan, seed: opened.configuration.training.seed)
        }
    }

    var divergence: String { "\(TrainingError(diverging: runPlan.plan(ofStep: round)))" }

    func add(_ contribution: Contribution) throws {
        if let work = try work(of: contribution.task) { try gradientCheck.check(contribution, of: work.rows) }
        let gradients = try StepGradients(
            contribution.update, loss: contribution.metrics.loss, of: opened.adapted.weights.plan)
        try step.withLock { step in
            guard let node = step.open?.nodes[contribution.task] else {
                throw FederationError(.invalidUpdate, "the step has no task \(contribution.task)")
            }
            try step.open?.sum.insert(gradients, at: node)
            step.open?.contributions += 1
        }
    }

    func commit() throws -> RoundReport {
        let (plan, sum, contributions, start) = try step.withLock { step in
            guard let open = step.open, let sum = open.sum.total else {
                throw FederationError(
                    .corruptState, "step \(step.taken + 1) was about to be taken before all its gradients had arrived")
            }
            return (open.plan, sum, open.contributions, open.start)
        }
        let norm = try optimizer.withLock { try $0.apply(sum, of: plan) }
        step.withLock { $0 = ($0.taken + 1, nil) }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let report = runPlan.report(of: plan, loss: sum.loss, gradientNorm: norm, seconds: seconds)
        let (isDue, evaluation) = try recorder.finish(
            report, isFinished: report.step >= rounds, isStopping: StopSignal.isReceived)
        if isDue {
            try checkpoints.save(
                step: report.step, weights: opened.adapted.weights, optimizer: adamW, record: record)
        }
        var values = ["learning_rate": report.learningRate, "grad_norm": norm]
        if let evaluation { values.merge(evaluation.figures) { $1 } }
        return RoundReport(
            round: plan.step, loss: report.loss, contributions: contributions, tokens: report.tokens, values: values)
    }

    func snapshot() -> [String: StateDict] {
        ["adapter": base(), "optimizer": optimizer.withLock { $0.adamW.stateDict }]
    }

    func writeAdapter(to folder: URL) throws { try opened.adapted.weights.write(to: folder) }

    private var adamW: AdamW { optimizer.withLock { $0.adamW } }
}
