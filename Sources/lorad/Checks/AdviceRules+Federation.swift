extension AdviceRules {
    static let ofFederation: [AdviceRule] = ofLosses + ofSums

    /// Settings with which the loss of one worker stops a run. A coordinator warns of them at the start.
    static let ofLosses: [AdviceRule] = [
        AdviceRule(name: "too few workers for a sum") { facts in
            guard let federation = facts.configuration.federation, let masking = facts.masking,
                federation.minWorkers < masking.fewestWorkers
            else { return [] }
            return [
                Advice(
                    key: "federation.min_workers",
                    what:
                        "\(federation.minWorkers), but secure aggregation sums \(masking.fewestWorkers) or more "
                        + "updates",
                    why: "every round waits for \(masking.fewestWorkers) workers anyway",
                    action: "set \(masking.fewestWorkers) or more: a sum over few workers hides little")
            ]
        },
        AdviceRule(name: "no worker to spare") { facts in
            guard let federation = facts.configuration.federation, let masking = facts.masking, masking.threshold < 1,
                federation.minWorkers >= masking.fewestWorkers
            else { return [] }
            let workers = federation.minWorkers
            let needed = max(masking.fewestWorkers, Int((masking.threshold * Double(workers) - 1e-9).rounded(.up)))
            guard workers - 1 < needed else { return [] }
            return [
                Advice(
                    key: "federation.min_workers",
                    what: "\(workers), and a sum over \(workers) needs \(needed) of them",
                    why:
                        "if one of so few workers drops out, the round fails, and a run without other workers waits "
                        + "until it is back",
                    action: "let \(workers + 1) or more workers join, so that one may drop out")
            ]
        },
    ]

    private static let ofSums: [AdviceRule] = [
        AdviceRule(name: "a sum of two") { facts in
            guard let masking = facts.masking, masking.fewestWorkers < 3 else { return [] }
            return [
                Advice(
                    key: "privacy.secure_aggregation.fewest_workers", what: "a sum may have only 2 workers",
                    why: "each of the two can compute the other's update from the sum and its own",
                    action: "set 3 or more")
            ]
        },
        AdviceRule(name: "a threshold of all") { facts in
            guard let masking = facts.masking, masking.threshold == 1 else { return [] }
            return [
                Advice(
                    key: "privacy.secure_aggregation.threshold", what: "1: every worker must stay",
                    why: "if one drops out, the whole round fails", action: "set 0.67")
            ]
        },
        AdviceRule(name: "a round that waits for ever") { facts in
            guard let federation = facts.configuration.federation, federation.mode == .federated,
                federation.minWorkers >= 10, federation.roundDeadline == nil
            else { return [] }
            return [
                Advice(
                    key: "federation.round_deadline", what: "is not set with \(federation.minWorkers) workers",
                    why: "the slowest worker decides how long a round takes",
                    action: "set about twice the seconds that a round usually takes")
            ]
        },
    ]
}

extension RunFacts {
    /// Secure aggregation, if enabled.
    var masking: PrivacyArguments.SecureAggregation? {
        configuration.privacy.flatMap { $0.secureAggregation.enabled ? $0.secureAggregation : nil }
    }
}
