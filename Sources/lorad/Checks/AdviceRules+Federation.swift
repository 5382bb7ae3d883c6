extension AdviceRules {
    static let ofFederation: [AdviceRule] = [
        AdviceRule(name: "too few workers for a sum") { facts in
            guard let federation = facts.configuration.federation, let masking = facts.masking,
                federation.minWorkers < masking.fewestWorkers
            else { return [] }
            return [
                Advice(
                    key: "federation.min_workers",
                    what: "\(federation.minWorkers), and secure aggregation adds up \(masking.fewestWorkers) or more",
                    why: "rounds begin with fewer, give nothing, and after five of them the run ends",
                    action: "set \(masking.fewestWorkers) or more: a sum over few hides little")
            ]
        },
        AdviceRule(name: "a sum of two") { facts in
            guard let masking = facts.masking, masking.fewestWorkers < 3 else { return [] }
            return [
                Advice(
                    key: "privacy.secure_aggregation.fewest_workers", what: "2 workers may make a sum",
                    why: "each of two learns the other's update from the sum and its own", action: "set 3 or more")
            ]
        },
        AdviceRule(name: "a threshold of all") { facts in
            guard let masking = facts.masking, masking.threshold == 1 else { return [] }
            return [
                Advice(
                    key: "privacy.secure_aggregation.threshold", what: "1: every worker must stay",
                    why: "one that is lost costs the whole round", action: "set 0.67")
            ]
        },
        AdviceRule(name: "a round that waits for ever") { facts in
            guard let federation = facts.configuration.federation, federation.mode == .federated,
                federation.minWorkers >= 10, federation.roundDeadline == nil
            else { return [] }
            return [
                Advice(
                    key: "federation.round_deadline", what: "is not given with \(federation.minWorkers) workers",
                    why: "the slowest of many decides how long a round takes",
                    action: "set the seconds that a usual round takes, twice over")
            ]
        },
    ]
}

extension RunFacts {
    /// Secure aggregation, where it is on.
    var masking: PrivacyArguments.SecureAggregation? {
        configuration.privacy.flatMap { $0.secureAggregation.enabled ? $0.secureAggregation : nil }
    }
}
