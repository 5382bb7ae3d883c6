/// How the learning rate develops over a run, by transformers' names.
public enum LearningRateSchedulerType: String, CaseIterable, Sendable {
    case constant
    case constantWithWarmup = "constant_with_warmup"
    case linear
    case cosine
}
