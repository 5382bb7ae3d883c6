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
            throw refusal("coordinators", "the coordinator's key is \(key.text)", allowed: policy.coordinators.words)
        case .insecure:
            throw refusal(
                "coordinators", "the join line has no key that the coordinator must prove (insecure=1)",
                allowed: policy.coordinators.words)
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
        guard policy.runs.approves(run) else {
            throw refusal("runs", "the run is named \(run)", allowed: policy.runs.words)
        }
        guard configuration.run == run else {
            throw refusal(
                "runs", "the coordinator calls the run \(run), and its run file \(configuration.run)",
                allowed: policy.runs.words)
        }
        let model = basis.baseModelDigest
        guard policy.baseModels.approves(model) else {
            throw refusal("base_models", "the run's base model is \(model)", allowed: policy.baseModels.words)
        }
        guard hasOwnData else { return }
        guard let federation = configuration.federation, federation.mode == .federated else {
            throw refusal(
                "runs", "the run would train on this worker's data and is not federated", allowed: "federated runs only"
            )
        }
        guard federation.rounds <= policy.rounds else {
            throw refusal("rounds", "the run has \(federation.rounds) rounds", allowed: "\(policy.rounds)")
        }
        try checkBaseAdapter(configuration, basis)
        try checkMasks(MaskingSettings(configuration, federation, basis: basis), configuration, known: known)
        try checkNoise(configuration.privacy?.differentialPrivacy)
    }

    private func checkBaseAdapter(_ configuration: RunConfiguration, _ basis: RunBasis) throws {
        let found =
            configuration.adapter.path == nil ? ApprovedAdapter.new : basis.baseAdapterDigest ?? "without a digest"
        guard policy.baseAdapters.approves(found) else {
            let start = found == ApprovedAdapter.new ? "a new adapter" : "adapter \(found)"
            throw refusal("base_adapters", "the run starts from \(start)", allowed: policy.baseAdapters.words)
        }
    }

    private func checkMasks(_ masking: MaskingSettings?, _ configuration: RunConfiguration, known: Int?) throws {
        let rules = policy.secureAggregation
        guard rules.required else { return }
        guard let masking else {
            throw refusal("secure_aggregation.required", "the run has no masks", allowed: "masked updates only")
        }
        let isShared = configuration.privacy?.differentialPrivacy.workerNoise.map { $0.mechanism != .gaussian } ?? false
        let fewest = isShared ? max(masking.fewestWorkers, masking.shares + masking.colluders) : masking.fewestWorkers
        try checkSum(fewest: fewest, threshold: masking.threshold, shares: isShared ? masking.shares : nil)
        try checkShare(fewest, known: known)
    }

    /// Refuses sums of too small a share of the workers that this one knows.
    ///
    /// - Parameter known: how many they are, this one among them; `nil` if no list of keys was given.
    func checkShare(_ fewest: Int, known: Int?) throws {
        guard let share = policy.secureAggregation.fewestShare, let known,
            Double(fewest) < share * Double(known) - 1e-9
        else { return }
        throw refusal(
            "secure_aggregation.fewest_share", "a sum may be of \(fewest) of the \(known) workers in the list of keys",
            allowed: "a share of \(share) or more")
    }

    /// Refuses a share of the known workers where there is no list of them.
    ///
    /// - Throws: `FederationError.forbidden`.
    func checkPeers(_ trusted: Set<WorkerIdentity>?) throws {
        guard trusted == nil, policy.secureAggregation.fewestShare != nil else { return }
        throw FederationError(
            .forbidden,
            "\(rule("secure_aggregation.fewest_share")): there is no list of workers to take a share of: set secure_aggregation.peers, or give "
                + "--peers")
    }

    /// Refuses sums that hide less than the policy asks for.
    func checkSum(fewest: Int, threshold: Double, shares: Int?) throws {
        let rules = policy.secureAggregation
        if let least = rules.fewestWorkers, fewest < least {
            throw refusal(
                "secure_aggregation.fewest_workers", "a sum may be of \(fewest) workers", allowed: "\(least) or more")
        }
        if let least = rules.threshold, !(threshold >= least) {
            throw refusal(
                "secure_aggregation.threshold", "a share of \(threshold) of a round's workers can open its sum",
                allowed: "\(least) or more")
        }
        if let most = rules.honestWorkers, let shares, shares > most {
            throw refusal(
                "secure_aggregation.honest_workers", "the noise counts on \(shares) honest workers in a sum",
                allowed: "\(most) at most")
        }
    }

    private func checkNoise(_ noise: PrivacyArguments.DifferentialPrivacy?) throws {
        let rules = policy.differentialPrivacy
        guard rules.required else { return }
        let section = "differential_privacy"
        guard let noise, noise.enabled else {
            throw refusal("\(section).required", "the run has no noise", allowed: "results with noise only")
        }
        guard noise.unit != .worker || noise.mechanism != .gaussian else {
            throw refusal(
                "\(section).required", "the coordinator would add the noise",
                allowed: "noise that this worker adds itself")
        }
        guard rules.units.approves(noise.unit.rawValue) else {
            throw refusal("\(section).units", "the noise hides each \(noise.unit.rawValue)", allowed: rules.units.words)
        }
        if let target = noise.targetEpsilon, let most = rules.maxEpsilon, target > most {
            throw refusal(
                "\(section).max_epsilon", "the run may spend an epsilon of \(target) (target_epsilon)",
                allowed: "\(most)")
        }
        if let delta = rules.delta, noise.delta > delta {
            throw refusal(
                "\(section).delta", "the run counts epsilon at a delta of \(noise.delta)", allowed: "\(delta) at most")
        }
    }

    /// Refuses a policy whose last day is over.
    func checkLastDay(_ now: Date) throws {
        guard let until = policy.until, let day = SitePolicy.day(of: until), now >= day + 86_400 else { return }
        throw refusal(
            "until", "today is \(now.formatted(.iso8601.year().month().day())) (UTC)",
            allowed: "work until the end of \(until)")
    }
}
