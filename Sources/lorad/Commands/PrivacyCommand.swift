public import ArgumentParser
import Federation
import Foundation
import Models
public import Privacy

/// `lorad privacy`: what a privacy budget buys, and what a run has spent of its own.
struct PrivacyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "privacy", abstract: "Plan privacy budgets, and show what a run has spent.",
        discussion: """
            Examples:
              lorad privacy epsilon --sampling-rate 0.1 --noise-multiplier 1.1 --rounds 200 --delta 1e-5
              lorad privacy sigma --epsilon 8 --sampling-rate 0.1 --rounds 200 --delta 1e-5
              lorad privacy ledger hospital-vqa
              lorad privacy transcript hospital-vqa --worker north
              lorad privacy audit
            """,
        subcommands: [
            PrivacyEpsilonCommand.self, PrivacySigmaCommand.self, PrivacyLedgerCommand.self,
            PrivacyTranscriptCommand.self, PrivacyAuditCommand.self,
        ])
}

/// What a plan assumes.
struct PrivacyPlanOptions: ParsableArguments {
    @Option(help: "Probability that a worker (or example) takes part in a round; 1 if all do.")
    var samplingRate = 1.0

    @Option(help: "Number of rounds.")
    var rounds = 1

    @Option(help: "Delta: probability that the guarantee fails.")
    var delta = 1e-5

    @Option(help: "Accountant: pld (privacy loss distributions, tight) or rdp (Rényi).")
    var accountant = PrivacyAccountant.pld

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func plan(epsilon: Double = 1) throws -> PrivacyPlan {
        PrivacyPlan(
            target: try PrivacyTarget(epsilon: epsilon, delta: delta),
            sampling: samplingRate == 1 ? .everybody : .poisson(rate: samplingRate), accountant: accountant)
    }

    /// Prints figures as JSON, or a text.
    func report(_ figures: [(String, Double)], _ text: String) {
        guard json else { return print(text) }
        let assumptions: [JSONValue.Member] = [
            .init("sampling_rate", .double(samplingRate)), .init("rounds", .int(rounds)),
            .init("delta", .double(delta)), .init("accountant", .string(accountant.rawValue)),
            .init("adjacency", .string(Adjacency.addOrRemoveOne.rawValue)),
        ]
        print(JSONValue.object(figures.map { .init($0.0, .double($0.1)) } + assumptions).text())
    }

    /// The assumptions in words.
    var words: String {
        let who = samplingRate == 1 ? "everybody taking part" : "each taking part with probability \(samplingRate)"
        return "\(rounds) round\(rounds == 1 ? "" : "s"), \(who), delta \(delta), one more or less, by "
            + "\(accountant.rawValue)"
    }
}

extension PrivacyAccountant: ExpressibleByArgument {}

/// `lorad privacy epsilon`.
struct PrivacyEpsilonCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "epsilon", abstract: "Compute the epsilon of rounds with Gaussian noise.",
        discussion: "Example:\n  lorad privacy epsilon --noise-multiplier 2 --rounds 100")

    @Option(help: "Standard deviation of the noise in the sum, as a multiple of the clip.")
    var noiseMultiplier: Double

    @OptionGroup var options: PrivacyPlanOptions

    func run() throws {
        let spent = try options.plan().spent(noiseMultiplier: noiseMultiplier, rounds: options.rounds)
        options.report(
            [("epsilon", spent.epsilon), ("noise_multiplier", noiseMultiplier)],
            String(format: "epsilon %.6g: ", spent.epsilon) + "noise of \(noiseMultiplier) clips, \(options.words)")
    }
}

/// `lorad privacy sigma`.
struct PrivacySigmaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sigma", abstract: "Compute the Gaussian noise that keeps rounds within an epsilon.",
        discussion: "Example:\n  lorad privacy sigma --epsilon 8 --rounds 100")

    @Option(help: "Epsilon, the privacy budget.")
    var epsilon: Double

    @OptionGroup var options: PrivacyPlanOptions

    func run() throws {
        let noise = try options.plan(epsilon: epsilon).noiseMultiplier(rounds: options.rounds)
        options.report(
            [("noise_multiplier", noise), ("epsilon", epsilon)],
            String(format: "noise_multiplier %.6g: ", noise) + "keeps epsilon within \(epsilon); \(options.words)")
    }
}

/// `lorad privacy ledger`.
struct PrivacyLedgerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Show what a run has released and spent, and under which assumptions.",
        discussion: "Example:\n  lorad privacy ledger hospital-vqa")

    @Argument(help: "Name of the run.")
    var id: String

    @OptionGroup var options: RunsOptions

    @Option(help: "Delta: probability that the guarantee fails (default: from the run file; with --worker, 1e-5).")
    var delta: Double?

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    @Option(help: "Name of a worker on this machine: show the ledger of its own data.")
    var worker: String?

    func run() throws {
        if let worker {
            let own = try WorkerLedger.all(ofRun: id, in: StateFolder(options.state).workers)
            guard let found = own.first(where: { $0.worker == worker }) else {
                let known = own.map(\.worker).joined(separator: ", ")
                throw CommandError(
                    "worker \(worker) of this machine has no privacy ledger of run \(id)"
                        + (known.isEmpty ? "" : "; these have: \(known)"))
            }
            return try tell(found.ledger, delta: delta ?? 1e-5, target: nil)
        }
        let history = try options.catalog().history(of: id)
        let configuration = try RunFile.parse(
            history.run().configuration, name: "the run file of \(id)", checksDisk: false)
        guard configuration.ownPrivacy == nil else {
            throw CommandError(
                "in run \(id) each worker protects its own data and keeps its own ledger: run lorad privacy ledger "
                    + "\(id) --worker NAME, on its machine"
            )
        }
        guard let noise = configuration.privacy?.differentialPrivacy.workerNoise else {
            if json { print(JSONValue.object([.init("run", .string(id)), .init("guarantee", .null)]).text()) }
            throw CommandError(
                "run \(id) has no differential privacy: nothing bounds what it reveals about anybody's data, so "
                    + "there is no epsilon"
            )
        }
        try tell(PrivacyLedger(history.ledger()), delta: delta ?? noise.delta, target: noise.targetEpsilon)
    }

    private func tell(_ ledger: PrivacyLedger, delta: Double, target: Double?) throws {
        guard json else {
            let target = target.map { "\nTarget: epsilon \($0)." } ?? ""
            return print(try ledger.explanation(delta: delta) + target)
        }
        let spent = try ledger.spent(delta: delta)
        let limit: JSONValue = target.map { .double($0) } ?? .null
        let releases: Int = ledger.releases.reduce(0) { $0 + $1.count }
        let members: [JSONValue.Member] = [
            .init("run", .string(id)), .init("epsilon", .double(spent.epsilon)), .init("delta", .double(delta)),
            .init("target_epsilon", limit), .init("accountant", .string(spent.accountant.rawValue)),
            .init("adjacency", .string(spent.adjacency.rawValue)), .init("unit", .string(ledger.unit.rawValue)),
            .init("releases", .int(releases)),
        ]
        print(JSONValue.object(members).text())
    }
}
