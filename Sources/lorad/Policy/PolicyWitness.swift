import Federation
import Foundation
import Privacy

/// Holds every order of a run against a site's policy: what a coordinator can change from one order to the next.
struct PolicyWitness: RoundWitness {
    let file: PolicyFile
    /// When this worker first took part in the run.
    let firstDay: FirstDay
    /// ε of what the run has got so far, at a δ.
    let spent: @Sendable (_ delta: Double) throws -> Double
    /// SHA-256 of the state that the run must begin with; `nil` if its adapter begins with the run.
    var baseState: Data?
    var now: @Sendable () -> Date = { Date() }

    func willWork(_ work: OrderedWork) throws {
        let policy = file.policy
        try file.checkLastDay(now())
        guard work.round < policy.rounds else {
            throw file.refusal("rounds", "round \(work.round + 1)", allowed: "\(policy.rounds)")
        }
        if let baseState, work.round == 0, work.state != baseState {
            throw file.refusal(
                "base_adapters", "a beginning that is not the base adapter that it names",
                allowed: policy.baseAdapters.words)
        }
        try checkDays()
        try checkTerms(work.terms)
        guard let most = policy.differentialPrivacy.maxEpsilon, let delta = policy.differentialPrivacy.delta else {
            return
        }
        let epsilon = try spent(delta)
        guard epsilon < most else {
            throw file.refusal(
                "differential_privacy.max_epsilon", "more, after an epsilon of \(String(format: "%.4g", epsilon))",
                allowed: "\(most) at delta \(delta)")
        }
    }

    func willSend(_ result: OutgoingResult, of work: OrderedWork) throws {
        guard case .masked(let roster) = result, let least = file.policy.secureAggregation.fewestWorkers else { return }
        guard roster.count >= least else {
            throw file.refusal(
                "secure_aggregation.fewest_workers", "a round of \(roster.count) workers", allowed: "\(least) or more")
        }
    }

    private func checkDays() throws {
        let days = now().timeIntervalSince(try firstDay.date(now())) / 86_400
        guard days <= file.policy.days else {
            throw file.refusal(
                "days", "work \(String(format: "%.1f", days)) days after the first round of this worker's",
                allowed: "\(file.policy.days)")
        }
    }

    private func checkTerms(_ terms: MaskingTerms?) throws {
        guard file.policy.secureAggregation.required else { return }
        guard let terms else {
            throw file.refusal("secure_aggregation.required", "an update without masks", allowed: "masked updates only")
        }
        let shares = terms.noise?.noise.shares
        try file.checkSum(
            fewest: max(terms.fewestWorkers, shares ?? 0), threshold: terms.threshold, shares: shares)
    }
}
