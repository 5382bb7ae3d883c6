import Federation
import Foundation
import Training

/// What a coordinator gives a worker to do, as bytes: four letters that say which, then the rest.
enum SharedWork {
    /// The gradients of one node of a step.
    case gradients(StepWork)
    /// Steps of local training on examples that come with the work.
    case stretch(StretchOptions, StretchWork)
    /// Local training on the worker's own data.
    case local(LocalInstructions)

    private static let stretchMark = Data("LST1".utf8)
    private static let localMark = Data("LLI1".utf8)
    private static let optionsLimit = 1 << 16

    /// Reads work.
    ///
    /// - Throws: `TrainingError.invalidWork` for anything that is none, or beyond the limits.
    init(_ data: Data, limits: WorkLimits) throws {
        let mark = Data(data.prefix(4))
        switch mark {
        case Self.stretchMark:
            guard data.count >= 8 else { throw Self.malformed }
            let length = data.dropFirst(4).withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)) }
            guard length <= Self.optionsLimit, data.count >= 8 + Int(length) else { throw Self.malformed }
            let options: StretchOptions = try Self.decoded(data.dropFirst(8).prefix(Int(length)))
            self = .stretch(options, try StretchWork(Data(data.dropFirst(8 + Int(length))), limits: limits))
        case Self.localMark:
            let instructions: LocalInstructions = try Self.decoded(data.dropFirst(4))
            try instructions.check()
            self = .local(instructions)
        default: self = .gradients(try StepWork(data, limits: limits))
        }
    }

    /// The work as bytes.
    func data() throws -> Data {
        switch self {
        case .gradients(let work): return work.data
        case .stretch(let options, let work):
            let json = try Self.encoder.encode(options)
            let length: Data = withUnsafeBytes(of: UInt32(json.count).littleEndian) { Data($0) }
            var data: Data = Self.stretchMark + length
            data += json
            data += work.data
            return data
        case .local(let instructions): return try Self.localMark + Self.encoder.encode(instructions)
        }
    }

    /// Equal work has equal bytes.
    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return encoder
    }

    private static var malformed: TrainingError {
        TrainingError(.invalidWork, "the task cannot be read: run the same release on the coordinator and the workers")
    }

    private static func decoded<Value: Decodable>(_ data: Data) throws -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(data))
        } catch {
            throw TrainingError(
                .invalidWork,
                "the task cannot be read: run the same release on the coordinator and the workers", cause: error)
        }
    }
}

/// A round of local training on data that only the worker has.
struct LocalInstructions: Codable {
    var options: StretchOptions
    /// Optimizer steps, unless `epochs` is given.
    var steps: Int
    /// Times through the data.
    var epochs: Double?
    /// Whether to evaluate the state that the round begins with.
    var evaluates = false

    /// Refuses a number of steps that no stretch has.
    ///
    /// - Throws: `TrainingError.invalidWork`.
    func check() throws {
        guard (1...StretchPlan.maxSteps).contains(steps) else {
            throw TrainingError(
                .invalidWork, "local training of \(steps) steps: expected 1 to \(StretchPlan.maxSteps)")
        }
    }
}

extension LocalInstructions {
    /// How far a learning rate's factor may differ from the run file's: cosines differ in their last bits between machines.
    private static let factorTolerance = 1e-9

    /// What the run file asks for in a round: the coordinator orders it, and a worker does nothing else with its data.
    ///
    /// - Parameter round: from 0.
    init(
        ofRound round: Int, trained: TrainedFactors, _ configuration: RunConfiguration,
        _ federation: FederationArguments
    ) {
        let arguments = configuration.training
        let schedule = LearningRateSchedule(
            arguments.lrSchedulerType, warmupSteps: arguments.warmupSteps(totalSteps: federation.rounds),
            totalSteps: federation.rounds)
        options = StretchOptions(
            seed: arguments.seed, firstStep: round * federation.localSteps,
            learningRateFactor: schedule.factor(step: round), proximalStrength: federation.proximalMu,
            frozenFactor: trained.frozenFactor)
        (steps, epochs) = (federation.localSteps, federation.localEpochs)
        evaluates =
            configuration.privacy?.differentialPrivacy.enabled != true && round % federation.evalRounds == 0
    }

    /// Refuses orders that differ from the run file.
    ///
    /// - Parameter expected: the run file's own instructions for the round.
    /// - Throws: `FederationError.brokenPromise` naming what differs.
    func check(against expected: LocalInstructions, round: Int) throws {
        let (found, wanted) = (options, expected.options)
        let factor = wanted.learningRateFactor
        let hasFactor = abs(found.learningRateFactor - factor) <= Self.factorTolerance * factor
        let differences: [(name: String, found: String, wanted: String, isSame: Bool)] = [
            ("steps", "\(steps)", "\(expected.steps)", steps == expected.steps),
            ("epochs", "\(epochs ?? 0)", "\(expected.epochs ?? 0)", epochs == expected.epochs),
            ("the learning rate's factor", "\(found.learningRateFactor)", "\(factor)", hasFactor),
            ("the seed", "\(found.seed)", "\(wanted.seed)", found.seed == wanted.seed),
            ("the first step", "\(found.firstStep)", "\(wanted.firstStep)", found.firstStep == wanted.firstStep),
            (
                "proximal_mu", "\(found.proximalStrength)", "\(wanted.proximalStrength)",
                found.proximalStrength == wanted.proximalStrength
            ),
            (
                "the frozen factor", found.frozenFactor?.rawValue ?? "none", wanted.frozenFactor?.rawValue ?? "none",
                found.frozenFactor == wanted.frozenFactor
            ),
            ("evaluation", "\(evaluates)", "\(expected.evaluates)", expected.evaluates || !evaluates),
        ]
        guard let difference = differences.first(where: { !$0.isSame }) else { return }
        throw FederationError(
            .brokenPromise,
            "round \(round + 1): the coordinator's task differs from the run file that this worker joined with: "
                + "\(difference.name) is \(difference.found), but the run file says \(difference.wanted)"
        )
    }
}

extension TrainedFactors {
    /// The half of every pair that keeps its values.
    var frozenFactor: StretchOptions.FrozenFactor? {
        switch self {
        case .both: nil
        case .onlyA: .loraB
        case .onlyB: .loraA
        }
    }
}
