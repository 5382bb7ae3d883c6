import Federation
import Privacy

extension RunPage.Privacy {
    /// The state of a run's ledger; `nil` for a run without differential privacy.
    ///
    /// - Throws: `CommandError` if the ledger cannot be read, `PrivacyError` where nobody can account for it.
    init?(_ history: RunHistory) throws {
        let run = try history.run()
        let configuration = try? RunFile.parse(run.configuration, name: run.name, checksDisk: false)
        guard let noise = configuration?.privacy?.differentialPrivacy, noise.enabled else { return nil }
        self.init(target: noise.targetEpsilon, delta: noise.delta, meaning: Self.meaning(noise.unit, of: run.name))
        guard noise.unit == .worker else { return }
        epsilon = try PrivacyLedger(history.ledger()).spent(delta: noise.delta).epsilon.ifFinite
    }

    private static func meaning(_ unit: PrivacyArguments.DifferentialPrivacy.Unit, of run: String) -> String {
        let hidden =
            switch unit {
            case .worker: "one worker with all of its data"
            case .person: "all examples of one person"
            case .example: "one example"
            }
        let promise =
            "With or without \(hidden), whatever the run reveals is at most e^epsilon times as likely, except with a "
            + "probability of delta."
        guard unit != .worker else { return promise }
        return promise + " Each worker accounts for its own data: on its machine, "
            + "lorad privacy ledger \(run) --worker NAME shows what it has spent."
    }
}
