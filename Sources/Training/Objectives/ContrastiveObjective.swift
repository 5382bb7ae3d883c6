public import Models

/// Matching images with texts: the symmetric softmax loss over all pairs of a step (CLIP, arXiv:2103.00020).
public struct ContrastiveObjective: Objective {
    let contrastive: any ContrastiveModel

    /// The objective of a model that compares images with texts.
    public init?(_ model: any VisionLanguageModel) {
        guard let model = model as? any ContrastiveModel else { return nil }
        contrastive = model
    }

    /// The model.
    public var model: any VisionLanguageModel { contrastive }
    /// A contrastive loss.
    public var lossName: String { "a contrastive loss" }
    /// Every pair is compared with all others.
    public var coupling: String? { "compares each pair with all others of a step" }
    /// Whether the caption nearest to an image is its own.
    public var criterion: Evaluation.Criterion { .recallAt1 }
    /// The logarithm of the factor on cosine similarities.
    public var temperatureName: String? { contrastive.logitScaleName }
    /// The model.
    public var comparison: (any ContrastiveModel)? { contrastive }
    /// Rows of the vision tower.
    public var imageLength: Int { contrastive.rowsPerImage }
    /// Tokens of a text.
    public var maximumTokens: Int { contrastive.maximumTextLength }

    /// A text of full length and its image.
    public func longestExample(maxLength: Int) -> Int { contrastive.maximumTextLength + imageLength }

    /// Recomputes with gradient checkpointing or accumulation. Otherwise the `per_device_train_batch_size` pairs of a step
    /// fit into memory at once.
    public func recomputes(_ arguments: TrainingArguments) -> Bool {
        arguments.gradientCheckpointing || arguments.gradientAccumulationSteps > 1
    }

    /// The vocabulary, and one image for each text.
    public func workLimits(maxLength: Int) -> WorkLimits {
        var limits = WorkLimits(
            vocabularySize: contrastive.vocabularySize, imageToken: -1, tokensPerImage: 0,
            maxLength: min(maxLength, contrastive.maximumTextLength))
        limits.picturesPerRow = 1
        return limits
    }

    /// Captions.
    public func encoding(
        _ folder: ModelFolder, tokenizer: Tokenizer, layout: any ImageLayout, template: String, names: SettingNames
    ) -> RowEncoding {
        RowEncoding(
            encoder: CaptionEncoder(tokenizer: tokenizer, model: contrastive), dialogue: nil,
            notices: ["pairs of an image and its caption"])
    }

    /// The gradients of a whole step.
    ///
    /// - Throws: what is wrong with an example or image; `TrainingError.invalidWork` for a part of a step.
    public func gradients(
        of share: StepShare, from source: any RowSource, on computation: StepComputation,
        beforeMicroBatch: @escaping @Sendable () throws -> Void
    ) throws -> StepGradients {
        try ContrastiveSteps(
            model: contrastive, weights: computation.weights, lanes: computation.lanes,
            recomputes: computation.checkpointing
        )
        .gradients(of: share, from: source, beforeMicroBatch: beforeMicroBatch)
    }

    /// The loss of all pairs against each other, whatever the batch size, and recall.
    public func evaluation(of source: any RowSource, lanes: Lanes) throws -> Evaluation {
        let pairs = try PairEvaluation(contrastive, source, lanes: lanes)
        return Evaluation(
            loss: pairs.loss.sum / Double(source.count), supervisedTokens: source.count, rows: source.count,
            rightShare: pairs.shareOfNearestCaptions, criterion: criterion)
    }
}
