import Training

extension AdviceRules {
    static let ofEvaluation: [AdviceRule] = [
        AdviceRule(name: "evaluations that never come") { facts in
            guard let every = facts.training.evalSteps, let steps = facts.plannedSteps, !facts.isAveraged, every > steps
            else { return [] }
            return [
                Advice(
                    key: "training.eval_steps", what: "\(every), and the run has \(steps) steps",
                    why: "the model is evaluated only at the end", action: "set \(max(1, steps / 5))")
            ]
        },
        AdviceRule(name: "evaluation of rounds by steps") { facts in
            guard facts.isAveraged, facts.training.evalSteps != nil else { return [] }
            return [
                Advice(
                    key: "training.eval_steps", what: "is set, but the run is divided into rounds",
                    why: "updates are averaged once per round, and only the average is evaluated",
                    action: "set federation.eval_rounds instead")
            ]
        },
        AdviceRule(name: "evaluation without data") { facts in
            guard facts.gives("federation.eval_rounds"), facts.data.validation == nil else { return [] }
            return [
                Advice(
                    key: "federation.eval_rounds", what: "is set without data.validation",
                    why: "the coordinator has no data to evaluate on",
                    action: "set data.validation, or remove this key")
            ]
        },
        AdviceRule(name: "one evaluation to choose the best of") { facts in
            guard facts.training.loadBestModelAtEnd, let every = facts.training.evalSteps,
                let steps = facts.plannedSteps, !facts.isAveraged, 2 * every > steps
            else { return [] }
            return [
                Advice(
                    key: "training.load_best_model_at_end",
                    what:
                        "chooses among \(steps / every + 1) evaluation\(steps / every == 0 ? "" : "s") in \(steps) steps",
                    why: "that leaves little choice", action: "set training.eval_steps: \(max(1, steps / 10))")
            ]
        },
    ]
}
