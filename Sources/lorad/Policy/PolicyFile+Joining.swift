import Adapters
import Federation
import Foundation
import Privacy
import Transports

/// What a policy says before any work is done.
extension PolicyFile {
    /// Refuses a coordinator before anything is sent to it, and a policy that has run out.
    ///
    /// - Throws: `FederationError.forbidden`.
    func admit(_ line: JoinLine, now: Date = Date()) throws {
        try checkLastDay(now)
        guard let approved = policy.coordinators.names else { return }
        switch line.coordinator {
        case .pinned(let key):
            guard !approved.contains(key.text) else { return }
            throw refusal("coordinators", "coordinator \(key.text)", allowed: policy.coordinators.words)
        case .insecure:
            throw refusal(
                "coordinators", "a coordinator that proves nothing (insecure=1)", allowed: policy.coordinators.words)
        }
    }

    /// Refuses a run by what its coordinator says of it, before any file of it is fetched.
    ///
    /// - Parameters:
    ///   - hasOwnData: whether the run trains on this worker's data. One that does not gets nothing of it, and no more than
    ///     its name and its base model matter.
    ///   - known: the workers whose keys are trusted, this one among them; `nil` if no list of keys was given.
    /// - Throws: `FederationError.forbidden`.
    func admit(
        _ run: String, _ configuration: RunConfiguration, _ basis: RunBasis, hasOwnData: Bool, known: Int?
    ) throws {
        guard policy.runs.approves(run) else { throw refusal("runs", "run \(run)", allowed: policy.runs.words) }
        guard configuration.run == run else {
            throw refusal("runs", "run \(configuration.run) under the name of \(run)", allowed: policy.runs.words)
        }
        let model = basis.baseModelDigest
        guard policy.baseModels.approves(model) else {
            throw refusal("base_models", "base model \(model)", allowed: policy.baseModels.words)
        }
        guard hasOwnData else { return }
        guard let federation = configuration.federation, federation.mode == .federated else {
            throw refusal("runs", "data of this worker's for a run that is not federated", allowed: "federated runs")
        }
        guard federation.rounds <= policy.rounds else {
            throw refusal("rounds", "\(federation.rounds)", allowed: "\(policy.rounds)")
        }
        try checkBaseAdapter(configuration, basis)
        try checkMasks(MaskingSettings(configuration, federation, basis: basis), configuration, known: known)
        try checkNoise(configuration.privacy?.differentialPrivacy)
    }

    private func checkBaseAdapter(_ configuration: RunConfiguration, _ basis: RunBasis) throws {
        let found =
            configuration.adapter.path == nil ? ApprovedAdapter.new : basis.baseAdapterDigest ?? "one without a digest"
        guard policy.baseAdapters.approves(found) else {
            throw refusal("base_adapters", "base adapter \(found)", allowed: policy.baseAdapters.words)
        }
    }

    private func checkMasks(_ masking: MaskingSettings?, _ configuration: RunConfiguration, known: Int?) throws {
        let rules = policy.secureAggregation
        guard rules.required else { return }
        guard let masking else {
            throw refusal("secure_aggregation.required", "updates without masks", allowed: "masked updates only")
        }
        let isShared = configuration.privacy?.differentialPrivacy.workerNoise.map { $0.mechanism != .gaussian } ?? false
        let fewest = isShared ? max(masking.fewestWorkers, masking.shares + masking.colluders) : masking.fewestWorkers
        try checkSum(fewest: fewest, threshold: masking.threshold, shares: isShared ? masking.shares : nil)
        guard let share = rules.fewestShare, let known, Double(fewest) < share * Double(known) - 1e-9 else { return }
        throw refusal(
            "secure_aggregation.fewest_share", "sums of \(fewest) workers",
            allowed: "sums of a share of \(share) of the \(known) known workers or more")
    }

    /// Refuses a share of the known workers where there is no list of them.
    ///
    /// - Throws: `FederationError.forbidden`.
    func checkPeers(_ trusted: Set<WorkerIdentity>?) throws {
        guard trusted == nil, policy.secureAggregation.fewestShare != nil else { return }
        let key = "secure_aggregation.fewest_share"
        throw FederationError(
            .forbidden,
            "\(place(of: key)): \(key): there is no list of workers to take a share of: set secure_aggregation.peers, or give "
                + "--peers")
    }

    /// Refuses sums that hide less than the policy asks for.
    func checkSum(fewest: Int, threshold: Double, shares: Int?) throws {
        let rules = policy.secureAggregation
        if let least = rules.fewestWorkers, fewest < least {
            throw refusal("secure_aggregation.fewest_workers", "sums of \(fewest) workers", allowed: "\(least) or more")
        }
        if let least = rules.threshold, !(threshold >= least) {
            throw refusal(
                "secure_aggregation.threshold", "sums that \(threshold) of the workers can open",
                allowed: "\(least) or more")
        }
        if let most = rules.honestWorkers, let shares, shares > most {
            throw refusal(
                "secure_aggregation.honest_workers", "noise that rests on \(shares) honest workers", allowed: "\(most)")
        }
    }

    private func checkNoise(_ noise: PrivacyArguments.DifferentialPrivacy?) throws {
        let rules = policy.differentialPrivacy
        guard rules.required else { return }
        let section = "differential_privacy"
        guard let noise, noise.enabled else {
            throw refusal("\(section).required", "results without noise", allowed: "results with noise only")
        }
        guard noise.unit != .worker || noise.mechanism != .gaussian else {
            throw refusal(
                "\(section).required", "noise that the coordinator adds",
                allowed: "noise of this worker's own making only")
        }
        guard rules.units.approves(noise.unit.rawValue) else {
            throw refusal("\(section).units", "noise for each \(noise.unit.rawValue)", allowed: rules.units.words)
        }
        if let target = noise.targetEpsilon, let most = rules.maxEpsilon, target > most {
            throw refusal("\(section).max_epsilon", "epsilon \(target)", allowed: "\(most)")
        }
        if let delta = rules.delta, noise.delta > delta {
            throw refusal("\(section).delta", "an epsilon at delta \(noise.delta)", allowed: "\(delta)")
        }
    }

    /// Refuses a policy whose last day is over.
    func checkLastDay(_ now: Date) throws {
        guard let until = policy.until, let day = SitePolicy.day(of: until), now >= day + 86_400 else { return }
        throw refusal(
            "until", "work on \(now.formatted(.iso8601.year().month().day()))", allowed: "work until \(until)")
    }
}
