/// What is recommended for a task, so many examples and a model; what the machine allows comes on top.
struct Recipe: Sendable {
    let task: RecipeTask
    let examples: Int
    let model: ModelProfile

    /// - Throws: `CommandError` if the model cannot do the task.
    init(_ task: RecipeTask, examples: Int, model: ModelProfile) throws {
        guard !model.isContrastive || task.suitsContrastive else {
            throw CommandError(
                "\(model.path) only compares images and text, but \(task.rawValue) needs answers: give a LLaVA model"
            )
        }
        (self.task, self.examples, self.model) = (task, examples, model)
    }

    /// Few examples, which a high rank would memorise.
    var isSmall: Bool { examples < 5_000 }

    /// How often the data is gone through.
    var epochs: Int {
        if model.isContrastive { return isSmall ? 20 : examples < 50_000 ? 10 : 3 }
        if examples < 1_000 { return 5 }
        return examples < (task == .captioning ? 50_000 : 20_000) ? 3 : 1
    }

    /// Examples in a step: as many as leave 150 steps, within what recipes take.
    var rowsPerStep: Int {
        let sizes = model.isContrastive ? (isSmall ? [32] : [128, 64, 32]) : [128, 64, 32, 16, 8, 4]
        let fitting = sizes.first { examples * epochs >= 150 * $0 } ?? sizes[sizes.count - 1]
        return max(1, min(examples, fitting))
    }

    /// Optimizer steps of the run.
    var steps: Int { (examples + rowsPerStep - 1) / rowsPerStep * epochs }

    /// Steps between evaluations, and between checkpoints.
    var interval: Int { max(1, steps / 10) }

    /// Whether evaluations choose the adapter: if there is so little data that it is soon memorised.
    var choosesBest: Bool { examples < 20_000 }

    /// Dropout of the adapter's inputs.
    var dropout: Double {
        guard steps >= 30 else { return 0 }
        if model.isContrastive { return isSmall ? 0.25 : 0.1 }
        return isSmall ? 0.1 : 0.05
    }

    /// Peak step size.
    var learningRate: String { task == .driving || model.parameters > 30_000_000_000 ? "1e-4" : "2e-4" }

    /// The rank of the part that learns most.
    var rank: Int {
        let wanted: Int
        if model.isContrastive {
            wanted = isSmall ? 2 : examples < 50_000 ? 8 : 16
        } else if task == .satellite {
            wanted = examples < 5_000 ? 32 : 64
        } else {
            wanted = examples < 5_000 ? 8 : examples < 50_000 ? 16 : examples < 300_000 ? 64 : 128
        }
        return fitting(wanted)
    }

    /// The rank of the vision tower, if it differs.
    var visionRank: Int? {
        switch task {
        case _ where model.isContrastive: nil
        case .satellite: fitting(max(8, rank / 4))
        case .driving: fitting(min(128, 2 * rank))
        default: nil
        }
    }

    /// A rank that the smallest layer is twice as wide as.
    private func fitting(_ rank: Int) -> Int { max(1, min(rank, model.smallestSide / 2)) }

    /// The most tokens of an example; nil of a contrastive model, which has its own limit.
    var maxLength: Int? {
        guard !model.isContrastive else { return nil }
        let wanted = (task.pictures * model.tokensPerImage + task.textTokens + 255) / 256 * 256
        return max(2, min(wanted, model.mostTokens))
    }

    /// Whether the vision tower is frozen, so its image features can be cached.
    var freezesVision: Bool { !model.isContrastive && visionRank == nil }
}
