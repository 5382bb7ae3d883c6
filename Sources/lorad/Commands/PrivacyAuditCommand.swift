import ArgumentParser
import Foundation
import Models

/// `lorad privacy audit`.
struct PrivacyAuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Attack the privacy mechanisms with planted canaries and compare the leak with the claimed epsilon.",
        discussion: """
            Examples:
              lorad privacy audit
              lorad privacy audit --config run.yaml --canaries 2000

            A random half of the canaries contribute to a run; the rest count as nothing. The attacker sees everything that the \
            run releases, and guesses which ones contributed. The guesses prove a lower bound on epsilon. If it is above the \
            epsilon that the ledger claims, the mechanism is broken, and the exit status is 1.
            """)

    @Option(help: "Run file whose mechanism, noise and rounds to audit (default: every mechanism).")
    var config: String?

    @Option(
        name: .customLong("set"),
        help: "Override a key of the run file, for example --set federation.rounds=5. Repeatable.")
    var overrides: [String] = []

    @Option(help: "Number of canaries: workers, people or examples of the audited run.")
    var canaries = 1_000

    @Option(help: "Standard deviation of the noise in the sum, as a multiple of the clip (without --config).")
    var noiseMultiplier = 1.0

    @Option(help: "Number of rounds, or of DP-SGD steps (without --config).")
    var rounds = 1

    @Option(help: "Probability that DP-SGD takes a unit into a step (without --config).")
    var samplingRate = 1.0

    @Option(help: "Delta: probability that the guarantee fails (without --config).")
    var delta = 1e-5

    @Option(help: "Confidence level of each lower bound.")
    var confidence = 0.95

    @Flag(help: "Print one JSON object per line for each mechanism.")
    var json = false

    func validate() throws {
        guard (20...60_000).contains(canaries) else { throw ValidationError("--canaries must be from 20 to 60000") }
        guard rounds >= 1 else { throw ValidationError("--rounds must be at least 1") }
        guard samplingRate > 0, samplingRate <= 1 else {
            throw ValidationError("--sampling-rate must be above 0 and at most 1")
        }
        guard (0.5...0.999_999).contains(confidence) else {
            throw ValidationError("--confidence must be from 0.5 to 0.999999")
        }
        guard config != nil || overrides.isEmpty else {
            throw ValidationError("--set changes a run file: give --config")
        }
    }

    func run() throws {
        let (settings, mechanisms) = try audited
        let audit = PrivacyAudit(settings: settings, confidence: confidence)
        var results: [PrivacyAudit.Result] = []
        for mechanism in mechanisms {
            results.append(try audit.result(of: mechanism))
            if json { results.suffix(1).forEach { print($0.json.text()) } }
        }
        if !json { tell(results, settings) }
        if let broken = results.first(where: \.isBroken) {
            throw CommandError(
                "\(broken.mechanism) leaks more than it claims: its epsilon is at least \(broken.lowerBound), "
                    + "claimed \(broken.epsilon)"
            )
        }
    }

    private var audited: (AuditSettings, [any AuditedMechanism.Type]) {
        get throws {
            if let config {
                let found = try AuditSettings.settings(
                    of: RunFile.read(path: config, overrides: overrides, checksDisk: false), canaries: canaries)
                return (found.settings, [found.mechanism])
            }
            var settings = AuditSettings(
                canaries: canaries, rounds: rounds, noiseMultiplier: noiseMultiplier, delta: delta)
            settings.unitsPerStep = max(1, Int((samplingRate * Double(canaries)).rounded()))
            return (settings, AuditedMechanisms.all)
        }
    }

    private func tell(_ results: [PrivacyAudit.Result], _ settings: AuditSettings) {
        let style = ProgressStyle.standardOutput()
        let table = TextTable(columns: PrivacyAudit.Result.columns, rows: results.map(\.cells))
        let width = style.isTerminal ? style.columns : .max
        print(table.lines(width: width, usesColour: style.usesColour).joined(separator: "\n"))
        print(
            "noise of \(String(format: "%.4g", settings.noiseMultiplier)) clips, rounds or steps: "
                + "\(settings.rounds), delta \(settings.delta); each lower bound holds with a probability of "
                + "\(confidence)"
        )
    }
}
