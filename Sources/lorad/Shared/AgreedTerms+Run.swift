import Federation
import Privacy
import Training

extension AgreedTerms {
    /// What a run file promises workers that train on their own data; `nil` where the coordinator owns the data.
    ///
    /// - Parameters:
    ///   - basis: the run file and the files that the coordinator named.
    ///   - values: the numbers that train, which noise that the run file leaves open depends on.
    /// - Throws: `PrivacyError` if no noise keeps the budget.
    init?(_ configuration: RunConfiguration, basis: RunBasis, values: Int) throws {
        guard let federation = configuration.federation, federation.mode == .federated else { return nil }
        let masking = MaskingSettings(configuration, federation, basis: basis)
        let noise = try configuration.privacy?.differentialPrivacy.workerNoise.map {
            try NoiseSettings($0, federation, values: values, masking: masking)
        }
        self.init(
            run: configuration.run, rounds: federation.rounds, aggregation: federation.aggregation,
            minimumWorkers: federation.minWorkers, basis: basis, masking: masking, noise: noise,
            ownNoiseUnit: configuration.ownPrivacy.map { $0.unit == .person ? .person : .example },
            largestWeight: federation.largestWeight(configuration), values: values)
    }
}

extension MaskingSettings {
    /// Secure aggregation as a run file asks for it; `nil` if it does not.
    init?(_ configuration: RunConfiguration, _ federation: FederationArguments, basis: RunBasis) {
        guard let masking = configuration.privacy?.secureAggregation, masking.enabled else { return nil }
        let noise = configuration.privacy?.differentialPrivacy.workerNoise
        self.init(
            run: configuration.run, threshold: masking.threshold, fewestWorkers: masking.fewestWorkers,
            // Noise is made for the fewest workers that there may be: so many that it is not far too much for all.
            minimumWorkers: noise != nil ? federation.minWorkers : 0, colluders: masking.colluders,
            bits: masking.bits, clip: noise.map { .norm($0.clip) } ?? .value(masking.clip))
        self.basis = basis.digest
    }
}

extension FederationArguments {
    /// The most examples that a worker's weight may stand for in a run.
    func largestWeight(_ configuration: RunConfiguration) -> Int {
        guard configuration.privacy?.secureAggregation.enabled == true, localEpochs == nil else {
            return maxExamplesWeight
        }
        // Nobody works through more rows, and room for weights that never come costs resolution.
        let (rows, overflows) = localSteps.multipliedReportingOverflow(by: configuration.training.rowsPerStep)
        return overflows ? maxExamplesWeight : min(maxExamplesWeight, rows)
    }
}
