import Adapters
import Foundation
import Models
import Tensors
import Training

/// A worker's own data in a federated run.
struct OwnData: Sendable {
    /// Where it lies.
    struct Paths: Sendable {
        var train: String
        var validation: String?
        var images: String
        var format: DataFormat
        /// Nil takes the run file's.
        var columns: ColumnMapping?
        /// Nil takes the run file's.
        var separator: TableSeparator?
        /// The names of the classes of `.cls` members; a file of this machine.
        var classes: String?
        var skipsBadRows: Bool
        /// The folder of the feature cache; empty for none.
        var featureCache: String
    }

    let rows: ConversationSource
    private let encoded: EncodedDataset
    let validation: ConversationSource?
    private let nameSeed: UInt64

    init(
        _ paths: Paths, _ folder: ModelFolder, _ model: any VisionLanguageModel,
        _ configuration: RunConfiguration, name: String, say: (String) -> Void
    ) throws {
        guard configuration.data.classes == nil || paths.classes != nil else {
            throw CommandError(
                "the run reads class names from a file (data.classes): give this machine's copy of it with --classes")
        }
        let inputs = try ModelInputs(
            folder, model: model, template: configuration.data.template, names: .worker)
        inputs.templateNotices.forEach(say)
        let features = try inputs.featureCache(
            paths.featureCache, gigabytes: configuration.data.featureCacheGigabytes, folder, model,
            computing: configuration.model.precision.type, say: say)
        func open(_ path: String) throws -> OpenedSource {
            var options = configuration.data.options(path: path)
            options.imageFolder = paths.images
            options.format = paths.format
            options.columns = paths.columns ?? options.columns
            options.separator = paths.separator ?? options.separator
            options.classes = paths.classes
            // Whether a worker leaves is seen by others, and must not hang on one example that noise is to hide.
            let isHidden = configuration.privacy?.differentialPrivacy.enabled == true
            options.skipsBadRows = paths.skipsBadRows || isHidden
            options.decodesWhenNeeded = isHidden && !paths.skipsBadRows
            options.names = .worker
            var source = try inputs.source(
                options, maxLength: configuration.data.maxLength, onLong: configuration.data.onLong, say: say)
            source.rows.features = features
            return source
        }
        let train = try open(paths.train)
        (rows, encoded) = (train.rows, train.encoded)
        validation = try paths.validation.map { try open($0).rows }
        nameSeed = SplitMix64.hash(name)
        say("\(rows.count.grouped) rows of this worker's own")
        if !paths.skipsBadRows { Self.tell(encoded.skipped, of: encoded.datasetCount, say) }
    }

    /// Tells this worker's own log of rows that count as nothing, which the coordinator does not hear of.
    private static func tell(_ problems: [RowProblem], of count: Int, _ say: (String) -> Void) {
        guard let first = problems.first else { return }
        say(
            "\(problems.count.grouped) of \(count.grouped) rows cannot be used and count as nothing. The coordinator is not told. The "
                + "first: \(first)")
    }

    /// A seed of this worker's own: workers that share one would share dropout masks and orders.
    func seed(_ options: StretchOptions) -> Int {
        Int(truncatingIfNeeded: nameSeed ^ UInt64(bitPattern: Int64(options.seed)))
    }

    /// About half of the examples, by coins of the system that nobody else knows, and one at least.
    func randomHalf() -> [Int] {
        let half = (0..<rows.count).filter { _ in Bool.random() }
        return half.isEmpty ? [Int.random(in: 0..<rows.count)] : half
    }

    /// What the run file asks for where each worker protects its own examples or people.
    func privacy(
        _ configuration: RunConfiguration, ledger: WorkerLedger, lanes: Int, say: @escaping @Sendable (String) -> Void
    ) throws -> OwnPrivacy? {
        guard let noise = configuration.ownPrivacy, let federation = configuration.federation else { return nil }
        var units = ExampleUnits(rowCount: rows.count)
        if noise.unit == .person {
            let people = try encoded.people()
            units = ExampleUnits(people: people.names)
            Self.tell(people.problems, of: rows.count, say)
        }
        return try OwnPrivacy(
            noise, units: units, plannedSteps: try Self.product(federation.rounds, federation.localSteps),
            unitsPerStep: configuration.training.rowsPerStep, ledger: ledger, lanes: lanes, say: say)
    }

    /// A product of numbers that the coordinator has named.
    ///
    /// - Throws: `CommandError` if it is none that can be counted.
    static func product(_ rounds: Int, _ localSteps: Int) throws -> Int {
        let (steps, overflows) = rounds.multipliedReportingOverflow(by: localSteps)
        guard !overflows else {
            throw CommandError(
                "the coordinator announces \(rounds) rounds of \(localSteps) steps, more than lorad can count")
        }
        return steps
    }

    func plan(
        _ instructions: LocalInstructions, _ options: StretchOptions, _ arguments: TrainingArguments,
        rows chosen: [Int]? = nil
    ) throws -> StretchPlan {
        let shuffle = SplitMix64.hash("\(options.seed)/\(options.firstStep)")
        return try StretchPlan(
            rows: chosen ?? Array(0..<rows.count),
            length: instructions.epochs.map { .epochs($0) } ?? .steps(instructions.steps),
            rowsPerStep: arguments.perDeviceTrainBatchSize * arguments.gradientAccumulationSteps, shuffleSeed: shuffle)
    }
}

extension Evaluation {
    /// What can be added up over workers.
    var sums: [String: Double] {
        [
            "eval_loss_sum": loss * Double(supervisedTokens), "eval_tokens": Double(supervisedTokens),
            "eval_exact": (exactMatch * Double(rows)).rounded(), "eval_rows": Double(rows),
        ]
    }
}
