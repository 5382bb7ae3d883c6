import Federation
import Foundation
import Privacy
import Tensors

/// Holds every order of a run against a site's policy: what a coordinator can change from one order to the next.
struct PolicyWitness: RoundWitness {
    let file: PolicyFile
    /// When this worker first took part in the run.
    let firstDay: FirstDay
    /// ε of what the run has got so far, at a δ.
    let spent: @Sendable (_ delta: Double) throws -> Double
    /// What the run must begin with; `nil` if the policy approves of any base adapter.
    var start: ApprovedStart?
    /// The workers in the list of keys, this one among them; `nil` if there is none.
    var known: Int?
    var now: @Sendable () -> Date = { Date() }

    func willWork(_ work: OrderedWork, from state: StateDict) throws {
        let policy = file.policy
        try file.checkLastDay(now())
        guard work.round < policy.rounds else {
            throw file.refusal("rounds", "the order is for round \(work.round + 1)", allowed: "\(policy.rounds) rounds")
        }
        if let fault = try start?.fault(in: work, from: state) {
            throw file.refusal("base_adapters", fault, allowed: policy.baseAdapters.words)
        }
        try checkDays()
        try checkTerms(work.terms)
        guard let most = policy.differentialPrivacy.maxEpsilon, let delta = policy.differentialPrivacy.delta else {
            return
        }
        let epsilon = try spent(delta)
        guard epsilon < most else {
            throw file.refusal(
                "differential_privacy.max_epsilon",
                "this worker has spent an epsilon of \(String(format: "%.4g", epsilon)) in all runs together, at a delta of \(delta)",
                allowed: "\(most)")
        }
    }

    func willSend(_ result: OutgoingResult, of work: OrderedWork) throws {
        guard case .masked(let roster) = result else { return }
        try file.checkShare(roster.count, known: known)
        if let least = file.policy.secureAggregation.fewestWorkers, roster.count < least {
            throw file.refusal(
                "secure_aggregation.fewest_workers", "the round has \(roster.count) workers",
                allowed: "\(least) or more")
        }
    }

    private func checkDays() throws {
        let days = now().timeIntervalSince(try firstDay.date(now())) / 86_400
        guard days <= file.policy.days else {
            throw file.refusal(
                "days", "\(String(format: "%.1f", days)) days have passed since this worker's first order",
                allowed: "\(file.policy.days)")
        }
    }

    private func checkTerms(_ terms: MaskingTerms?) throws {
        guard file.policy.secureAggregation.required else { return }
        guard let terms else {
            throw file.refusal(
                "secure_aggregation.required", "the order asks for an update without masks",
                allowed: "masked updates only")
        }
        let shares = terms.noise?.noise.shares
        let fewest = max(terms.fewestWorkers, shares ?? 0)
        try file.checkSum(fewest: fewest, threshold: terms.threshold, shares: shares)
        try file.checkShare(fewest, known: known)
    }
}
