import Federation
import Foundation
import Privacy
import Tensors
import Training

/// DP-SGD for single examples.
struct ExampleAudit: AuditedMechanism {
    static let name = "gaussian, unit: example"
    private let run: OwnNoiseAudit

    init(_ settings: AuditSettings) {
        run = OwnNoiseAudit(settings: settings, unit: .example, units: ExampleUnits(rowCount: settings.canaries))
    }

    func releases() throws -> [PrivacyRelease] { try run.releases() }
    func scores(of included: [Bool]) throws -> [Double] { try run.scores(of: included) { $0[0] } }
}

/// DP-SGD for people, each of whom has two examples.
struct PersonAudit: AuditedMechanism {
    static let name = "gaussian, unit: person"
    private let run: OwnNoiseAudit

    init(_ settings: AuditSettings) {
        let people = (0..<2 * settings.canaries).map { "\($0 / 2)" }
        run = OwnNoiseAudit(settings: settings, unit: .person, units: ExampleUnits(people: people))
    }

    func releases() throws -> [PrivacyRelease] { try run.releases() }
    func scores(of included: [Bool]) throws -> [Double] { try run.scores(of: included) { $0[0] / 2 } }
}

/// Steps of DP-SGD as `OwnPrivacy` makes them for a worker.
private struct OwnNoiseAudit {
    let settings: AuditSettings
    let unit: PrivacyArguments.DifferentialPrivacy.Unit
    let units: ExampleUnits

    func releases() throws -> [PrivacyRelease] {
        try withPrivacy(settings.noiseMultiplier) { [try $0.release.repeated(settings.rounds)] }
    }

    func scores(of included: [Bool], canary: ([Int]) -> Int) throws -> [Double] {
        try withPrivacy(settings.drawnMultiplier ?? settings.noiseMultiplier) { privacy in
            let steps = try privacy.steps(settings.rounds)
            var scores = [Double](repeating: 0, count: settings.canaries)
            for _ in 0..<settings.rounds {
                let released = try steps.release(dimension: settings.canaries) { rows in
                    let index = canary(rows)
                    return Tensor(
                        settings.canary(index, isIncluded: included[index]), shape: [settings.canaries])
                }
                for (index, value) in released.enumerated() { scores[index] += Double(value) }
            }
            return scores
        }
    }

    /// Lends a worker's privacy, whose ledger is thrown away afterwards.
    private func withPrivacy<Result>(_ multiplier: Double, _ body: (OwnPrivacy) throws -> Result) throws -> Result {
        var arguments = PrivacyArguments.DifferentialPrivacy()
        (arguments.enabled, arguments.unit, arguments.clip) = (true, unit, settings.clip)
        (arguments.noiseMultiplier, arguments.population) = (multiplier, settings.population)
        let folder = FileManager.default.temporaryDirectory.appending(path: "lorad-audit-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let ledger = WorkerLedger(in: folder)
        try ledger.open(run: "audit", unit: unit == .person ? .person : .example)
        return try body(
            OwnPrivacy(
                arguments, units: units, plannedSteps: settings.rounds,
                unitsPerStep: settings.unitsPerStep ?? settings.population ?? units.count, ledger: ledger,
                lanes: AvailableCores.count))
    }
}
