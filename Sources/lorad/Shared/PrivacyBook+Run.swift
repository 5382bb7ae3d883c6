import Federation
import Foundation
import Privacy

extension LedgerEntry {
    private static let kindOfRelease = "release"

    private struct Entry: Codable {
        var round: Int
        var release: PrivacyRelease
    }

    /// What a round, counted from 0, gives away.
    init(_ release: PrivacyRelease, round: Int) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let text = String(decoding: try encoder.encode(Entry(round: round, release: release)), as: UTF8.self)
        self.init(kind: Self.kindOfRelease, time: Date(), entry: text)
    }

    /// The release that it notes, if it does.
    var release: PrivacyRelease? {
        get throws {
            guard kind == Self.kindOfRelease else { return nil }
            do {
                return try JSONDecoder().decode(Entry.self, from: Data(entry.utf8)).release
            } catch {
                throw CommandError("the run's privacy ledger cannot be read: \(error)")
            }
        }
    }
}

extension PrivacyLedger {
    /// What a run has released so far.
    init(_ entries: [LedgerEntry]) throws {
        self.init(unit: .worker)
        for entry in entries { if let release = try entry.release { try append(release) } }
    }
}

extension NoiseSettings {
    /// What a run file asks for; a noise multiplier that it leaves open follows from the budget, the rounds and who
    /// takes part.
    ///
    /// - Parameters:
    ///   - values: the numbers of an update.
    ///   - masking: secure aggregation, where there is any.
    /// - Throws: `PrivacyError` if no noise keeps the budget.
    init(
        _ arguments: PrivacyArguments.DifferentialPrivacy, _ federation: FederationArguments, values: Int,
        masking: MaskingSettings?
    ) throws {
        let mechanism: Mechanism =
            switch arguments.mechanism {
            case .gaussian: .central
            case .discreteGaussian: .distributed(.discreteGaussian)
            case .skellam: .distributed(.skellam)
            }
        self.init(
            mechanism: mechanism, clip: arguments.clip, clipQuantile: arguments.clipQuantile,
            noiseMultiplier: arguments.noiseMultiplier ?? 0,
            delta: arguments.delta, targetEpsilon: arguments.targetEpsilon)
        guard arguments.noiseMultiplier == nil, let epsilon = arguments.targetEpsilon else { return }
        // Who takes part is told (store, page, traffic), so that no sampling hides anybody.
        var plan = PrivacyPlan(
            target: try PrivacyTarget(epsilon: epsilon, delta: arguments.delta), sampling: .everybody,
            adjacency: .zeroOut)
        guard case .distributed = mechanism, let masking else {
            noiseMultiplier = try plan.noiseMultiplier(rounds: federation.rounds)
            return
        }
        plan.accountant = .rdp
        var settings = self
        noiseMultiplier = try plan.noiseMultiplier(rounds: federation.rounds) { multiplier in
            settings.noiseMultiplier = multiplier
            return .distributed(try masking.noise(settings, values: values, workers: federation.minWorkers))
        }
    }
}
