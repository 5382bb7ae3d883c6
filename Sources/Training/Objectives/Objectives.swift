public import Models

/// The objectives that models are trained for.
enum Objectives {
    /// The first that suits a model is the model's.
    static let all: [any Objective.Type] = [NextTokenObjective.self, ContrastiveObjective.self]
}

extension VisionLanguageModel {
    /// What the model is trained to do.
    public var objective: any Objective {
        for type in Objectives.all {
            if let objective = type.init(self) { return objective }
        }
        preconditionFailure("\(Self.self) suits no objective")
    }
}

extension TrainingArguments {
    /// Whether activations are recomputed in the backward pass instead of kept.
    public func recomputes(_ model: any VisionLanguageModel) -> Bool { model.objective.recomputes(self) }
}
