import Training

extension AdviceRules {
    static let ofEvaluation: [AdviceRule] = [
        AdviceRule(name: "evaluations that never come") { facts in
            guard let every = facts.training.evalSteps, let steps = facts.plannedSteps, !facts.isAveraged, every > steps
            else { return [] }
            return [
                Advice(
                    key: "training.eval_steps", what: "\(every), and the run has \(steps) steps",
                    why: "there is no evaluation but the last", action: "set \(max(1, steps / 5))")
            ]
        },
        AdviceRule(name: "evaluation of rounds by steps") { facts in
            guard facts.isAveraged, facts.training.evalSteps != nil else { return [] }
            return [
                Advice(
                    key: "training.eval_steps", what: "is given in a run of rounds",
                    why: "updates are averaged once a round, and only that is evaluated",
                    action: "set federation.eval_rounds instead")
            ]
        },
        AdviceRule(name: "evaluation without data") { facts in
            guard facts.gives("federation.eval_rounds"), facts.data.validation == nil else { return [] }
            return [
                Advice(
                    key: "federation.eval_rounds", what: "is given without data.validation",
                    why: "the coordinator has nothing to evaluate on", action: "set data.validation, or leave it out")
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
                    why: "that is hardly a choice", action: "set training.eval_steps: \(max(1, steps / 10))")
            ]
        },
    ]
}
