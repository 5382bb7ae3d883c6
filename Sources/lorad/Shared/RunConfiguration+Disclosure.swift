import Federation
import Training

extension RunConfiguration {
    /// What workers tell the coordinator besides updates: under differential privacy nothing, for the ledger counts
    /// updates alone. All updates then have one weight, so that none follows from how many examples a worker has.
    var disclosure: Disclosure {
        guard let noise = privacy?.differentialPrivacy, noise.enabled, let federation else { return .everything }
        guard noise.unit != .worker else { return .updatesOnly(examples: 1) }
        let (rows, overflows) = training.rowsPerStep.multipliedReportingOverflow(by: federation.localSteps)
        return .updatesOnly(
            examples: overflows ? federation.maxExamplesWeight : min(rows, federation.maxExamplesWeight))
    }
}
