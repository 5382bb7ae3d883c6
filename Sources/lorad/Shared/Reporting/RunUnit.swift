import Federation

/// What a run's rounds are called: with one local step each they are the optimizer's steps.
enum RunUnit: String, Sendable {
    case step
    case round

    /// Of a run by its `federation` section.
    init(_ federation: FederationArguments) {
        self = federation.mode == .distributed && federation.localSteps == 1 ? .step : .round
    }

    /// Of a run in a store; its configuration may be another release's.
    init(_ run: RunRecord) {
        let configuration = try? RunFile.parse(run.configuration, name: run.name, checksDisk: false)
        self = RunUnit(configuration?.federation ?? FederationArguments())
    }

    /// `step 3/20`; `number` counts from 1.
    func text(_ number: Int, of total: Int? = nil) -> String {
        let end = total.map { "/\($0)" } ?? ""
        return "\(rawValue) \(number)\(end)"
    }
}
