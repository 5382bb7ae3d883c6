import Federation
import Privacy
import Training

extension AuditSettings {
    /// The privacy settings of a run file, and its mechanism.
    ///
    /// - Parameter canaries: number of inserted units, which represent the workers, people or examples of the run.
    /// - Throws: `CommandError` for a run file without differential privacy, `PrivacyError` if no noise keeps the
    ///   budget.
    static func settings(
        of configuration: RunConfiguration, canaries: Int
    ) throws -> (settings: AuditSettings, mechanism: any AuditedMechanism.Type) {
        guard let noise = configuration.privacy?.differentialPrivacy, noise.enabled,
            let federation = configuration.federation
        else {
            throw CommandError(
                "\(configuration.run) has no differential privacy to audit: set privacy.differential_privacy.enabled, or "
                    + "leave out --config to audit every mechanism")
        }
        var settings = AuditSettings(canaries: canaries, clip: noise.clip, delta: noise.delta)
        settings.rounds = federation.rounds
        if let masking = configuration.privacy?.secureAggregation { settings.bits = masking.bits }
        if noise.unit != .worker {
            settings.rounds = try OwnData.product(federation.rounds, federation.localSteps)
            settings.unitsPerStep = configuration.training.rowsPerStep
            settings.population = noise.population
        }
        let mechanism = mechanism(of: noise, isMasked: configuration.privacy?.secureAggregation.enabled == true)
        settings.noiseMultiplier = try noise.noiseMultiplier ?? settings.plannedMultiplier(of: noise)
        return (settings, mechanism)
    }

    private static func mechanism(
        of noise: PrivacyArguments.DifferentialPrivacy, isMasked: Bool
    ) -> any AuditedMechanism.Type {
        switch (noise.unit, noise.mechanism) {
        case (.example, _): ExampleAudit.self
        case (.person, _): PersonAudit.self
        case (.worker, .gaussian) where isMasked: MaskedCentralNoiseAudit.self
        case (.worker, .gaussian): noise.clipQuantile == nil ? CentralNoiseAudit.self : QuantileClipAudit.self
        case (.worker, .discreteGaussian): DiscreteGaussianAudit.self
        case (.worker, .skellam): SkellamAudit.self
        }
    }

    /// The noise that keeps the run file's budget for the canaries' run.
    private func plannedMultiplier(of noise: PrivacyArguments.DifferentialPrivacy) throws -> Double {
        let units = population ?? canaries
        let rate = unitsPerStep.map { Double(min($0, units)) / Double(units) } ?? 1
        var plan = PrivacyPlan(
            target: try PrivacyTarget(epsilon: noise.targetEpsilon ?? 0, delta: delta),
            sampling: rate < 1 ? .poisson(rate: rate) : .everybody, adjacency: .zeroOut)
        let kind: DistributedNoise.Kind
        switch noise.mechanism {
        case .gaussian: return try plan.noiseMultiplier(rounds: rounds)
        case .discreteGaussian: kind = .discreteGaussian
        case .skellam: kind = .skellam
        }
        plan.accountant = .rdp
        return try plan.noiseMultiplier(rounds: rounds) { .distributed(try sharedNoise(kind, multiplier: $0)) }
    }
}
