import Foundation
import Models
import Privacy
import TestSupport
import Testing

@testable import lorad

@Suite("lorad privacy audit", .ownThreads, .timeLimit(.minutes(5)))
struct PrivacyAuditTests {
    private let settings = AuditSettings(canaries: 200, noiseMultiplier: 2)

    private func result(_ index: Int, _ settings: AuditSettings) throws -> PrivacyAudit.Result {
        try PrivacyAudit(settings: settings, seed: 7).result(of: AuditedMechanisms.all[index])
    }

    // To refute the claimed epsilon, nine of ten guesses would have to be right; with this noise six of ten are.
    @Test("refutes nothing that a mechanism claims", arguments: AuditedMechanisms.all.indices)
    func noise(index: Int) throws {
        let result = try result(index, settings)
        #expect(!result.isBroken && result.lowerBound < result.epsilon, "\(result)")
        #expect(result.epsilon > 1 && result.epsilon < 3 && result.counts.canaries == 200, "\(result)")
    }

    @Test("finds the leak of a mechanism whose noise is missing", arguments: AuditedMechanisms.all.indices)
    func noNoise(index: Int) throws {
        var settings = settings
        settings.drawnMultiplier = 0.01
        let result = try result(index, settings)
        // Half of all guesses say that a canary is in, which a few more or fewer than half are. The best hundred are right.
        #expect(result.isBroken && result.counts.correct * 20 >= result.counts.guesses * 19, "\(result)")
        #expect(result.lowerBound > 3 && result.epsilon < 3, "\(result)")
    }

    @Test("takes mechanism, noise, rounds and budget from a run file")
    func configuration() throws {
        func found(_ privacy: String) throws -> (AuditSettings, String) {
            let text = """
                run: audited
                model: { path: m }
                adapter: { r: 4 }
                training: { per_device_train_batch_size: 4, gradient_accumulation_steps: 2 }
                federation: { mode: federated, rounds: 3, local_steps: 5 }
                privacy: \(privacy)
                """
            let configuration = try RunFile.parse(text, name: "test", checksDisk: false)
            let found = try AuditSettings.settings(of: configuration, canaries: 100)
            return (found.settings, found.mechanism.name)
        }
        let noise = "differential_privacy: { enabled: true, clip: 0.5, delta: 1e-6"
        let central = try found("{ \(noise), noise_multiplier: 1.5 } }")
        #expect(central.1 == CentralNoiseAudit.name)
        #expect(
            central.0 == AuditSettings(canaries: 100, rounds: 3, clip: 0.5, noiseMultiplier: 1.5, delta: 1e-6))
        let moving = try found("{ \(noise), noise_multiplier: 1.5, clip_quantile: 0.5 } }")
        #expect(moving.1 == QuantileClipAudit.name && moving.0 == central.0)
        let own = try found("{ \(noise), unit: person, population: 400, target_epsilon: 4 } }")
        #expect(own.1 == PersonAudit.name && own.0.rounds == 15 && own.0.unitsPerStep == 8 && own.0.population == 400)
        let release = PrivacyRelease.Sampling.poisson(rate: 8.0 / 400)
        let plan = PrivacyPlan(target: try PrivacyTarget(epsilon: 4, delta: 1e-6), sampling: release)
        #expect(abs(try plan.spent(noiseMultiplier: own.0.noiseMultiplier, rounds: 15).epsilon - 4) < 1e-3)
        let masks = "secure_aggregation: { enabled: true, bits: 24 }"
        let shares = try found("{ \(masks), \(noise), mechanism: skellam, target_epsilon: 8 } }")
        #expect(shares.1 == SkellamAudit.name && shares.0.bits == 24 && shares.0.rounds == 3)
        let claimed = try PrivacyAccountant.rdp.spent(by: SkellamAudit(shares.0).releases(), delta: 1e-6).epsilon
        #expect(claimed <= 8 && claimed > 7, "\(claimed)")
        #expect(throws: CommandError.self) { _ = try found("{ differential_privacy: { enabled: false } }") }
    }

    @Test("prints a row for each mechanism")
    func command() async throws {
        let outcome = try await lorad(
            "privacy", "audit", "--canaries", "60", "--noise-multiplier", "3", "--json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let rows = try outcome.events()
        #expect(rows.map { $0["mechanism"]?.stringValue } == AuditedMechanisms.all.map { $0.name })
        for row in rows {
            #expect(row["broken"]?.boolValue == false && row["canaries"]?.intValue == 60, "\(row)")
            #expect((row["lower_bound"]?.doubleValue ?? 9) < (row["epsilon"]?.doubleValue ?? 0), "\(row)")
        }
        let table = try await lorad("privacy", "audit", "--canaries", "60", "--noise-multiplier", "3")
        #expect(table.status == 0 && table.output.hasPrefix("mechanism") && table.output.contains("skellam"))
    }
}
