public import Foundation
public import Models

/// A training objective: its loss, how the gradients of a step are computed, and how a model is evaluated.
///
/// Only objectives distinguish kinds of models. A new objective is a file here and a line in ``Objectives``.
public protocol Objective: Sendable {
    /// The objective, if the model can be trained for it.
    init?(_ model: any VisionLanguageModel)
    /// The model.
    var model: any VisionLanguageModel { get }
    /// The loss as messages call it: "a contrastive loss".
    var lossName: String { get }
    /// How the loss ties the examples of a step to each other, as messages say it; `nil` if it is a sum over examples.
    ///
    /// Such a loss needs a whole step in one place, and no example has a gradient of its own.
    var coupling: String? { get }
    /// When an example counts as one that the model gets right.
    var criterion: Evaluation.Criterion { get }
    /// Name of the loss's temperature among the model's parameters; `nil` if it has none.
    var temperatureName: String? { get }
    /// The model, if it compares images with texts; classification without training and retrieval can then be measured.
    var comparison: (any ContrastiveModel)? { get }
    /// What an image adds to the length of its example, beyond its tokens.
    var imageLength: Int { get }
    /// The most tokens that stand for an image in a text; 0 if images do not lie among a text's tokens.
    ///
    /// - Parameter folder: the model's folder.
    /// - Throws: `ModelError` if the number depends on the image processor, and that cannot be read.
    func mostImageTokens(_ folder: URL) throws -> Int
    /// Tokens that the model takes at most.
    var maximumTokens: Int { get }
    /// The longest that an example can be, in tokens and what images add.
    ///
    /// - Parameter maxLength: the run's own limit, `data.max_length`.
    func longestExample(maxLength: Int) -> Int
    /// Whether a backward pass computes what it needs again instead of keeping it.
    func recomputes(_ arguments: TrainingArguments) -> Bool
    /// What may be in work that a coordinator sends.
    ///
    /// - Parameter maxLength: the run's own limit, `data.max_length`.
    func workLimits(maxLength: Int) -> WorkLimits
    /// What turns the examples of a dataset into the model's input.
    ///
    /// - Parameters:
    ///   - folder: the model's folder.
    ///   - tokenizer: the model's tokenizer.
    ///   - layout: the model's image layout.
    ///   - template: the name of a chat template, or `auto`; without effect on models that take no conversations.
    ///   - names: what messages call the settings.
    /// - Throws: what is wrong with the template, or with the folder's files.
    func encoding(
        _ folder: ModelFolder, tokenizer: Tokenizer, layout: any ImageLayout, template: String, names: SettingNames
    ) throws -> RowEncoding
    /// The sum of the gradients of a share's micro-batches: exactly its node's value in the tree of the step.
    ///
    /// - Parameters:
    ///   - share: the micro-batches; their examples are positions in `source`.
    ///   - source: the examples.
    ///   - computation: what trains, and what it is computed on.
    ///   - beforeMicroBatch: called on a lane before each micro-batch; an error ends the computation.
    /// - Throws: what is wrong with an example or image.
    func gradients(
        of share: StepShare, from source: any RowSource, on computation: StepComputation,
        beforeMicroBatch: @escaping @Sendable () throws -> Void
    ) throws -> StepGradients
    /// Measures the model on every example of a source; the result does not depend on the number of lanes.
    ///
    /// - Throws: what is wrong with an example or image.
    func evaluation(of source: any RowSource, lanes: Lanes) throws -> Evaluation
}

extension Objective {
    /// Whether a step's gradients can only be computed all in one place.
    public var needsWholeStep: Bool { coupling != nil }
    /// Whether each example has its own gradient, which can be clipped.
    public var hasExampleGradients: Bool { self is any ExampleObjective }
    /// None.
    public var temperatureName: String? { nil }
    /// None.
    public var comparison: (any ContrastiveModel)? { nil }
    /// Nothing.
    public var imageLength: Int { 0 }
    /// None.
    public func mostImageTokens(_ folder: URL) -> Int { 0 }
    /// The run's own limit.
    public func longestExample(maxLength: Int) -> Int { maxLength }
    /// As the arguments say.
    public func recomputes(_ arguments: TrainingArguments) -> Bool { arguments.gradientCheckpointing }
}
