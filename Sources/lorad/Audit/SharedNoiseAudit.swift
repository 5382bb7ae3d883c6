import Foundation
import Privacy

/// Shares of discrete Gaussian noise.
struct DiscreteGaussianAudit: AuditedMechanism {
    static let name = "discrete_gaussian, unit: worker"
    private let run: SharedNoiseAudit

    init(_ settings: AuditSettings) { run = SharedNoiseAudit(settings: settings, kind: .discreteGaussian) }

    func releases() throws -> [PrivacyRelease] { try run.releases() }
    func scores(of included: [Bool]) throws -> [Double] { try run.scores(of: included) }
}

/// Shares of Skellam noise.
struct SkellamAudit: AuditedMechanism {
    static let name = "skellam, unit: worker"
    private let run: SharedNoiseAudit

    init(_ settings: AuditSettings) { run = SharedNoiseAudit(settings: settings, kind: .skellam) }

    func releases() throws -> [PrivacyRelease] { try run.releases() }
    func scores(of included: [Bool]) throws -> [Double] { try run.scores(of: included) }
}

/// Sums of what workers encode, each with its share of the noise. Masks cancel in the sum, and are left out here.
private struct SharedNoiseAudit {
    let settings: AuditSettings
    let kind: DistributedNoise.Kind

    func releases() throws -> [PrivacyRelease] {
        [
            try PrivacyRelease(
                .distributed(settings.sharedNoise(kind, multiplier: settings.noiseMultiplier)), sampling: .everybody,
                adjacency: .zeroOut, count: settings.rounds)
        ]
    }

    func scores(of included: [Bool]) throws -> [Double] {
        let noise = try settings.sharedNoise(kind, multiplier: settings.drawnMultiplier ?? settings.noiseMultiplier)
        let encoding = try DistributedEncoding(
            noise: noise, values: settings.canaries, seed: 1, bits: settings.bits, mostWorkers: settings.canaries)
        return try settings.maskedScores(
            encode: { try encoding.encode(settings.canary($0, isIncluded: included[$0])) },
            open: { try encoding.mean(of: $0, dividedBy: 1) })
    }
}

extension AuditSettings {
    /// Noise of `multiplier` clips that the workers of all canaries produce together.
    func sharedNoise(_ kind: DistributedNoise.Kind, multiplier: Double) throws -> DistributedNoise {
        try DistributedNoise(
            kind: kind, clip: clip, noiseMultiplier: multiplier, fewestSurvivors: canaries, mostWorkers: canaries,
            values: canaries, bits: bits)
    }
}
