/// A setting that may be, but is probably not what was meant.
struct Advice: Equatable, Sendable {
    /// The dotted key.
    let key: String
    /// What is unusual.
    let what: String
    /// Why that matters.
    let why: String
    /// What to do about it.
    let action: String

    /// `training.learning_rate: what; why; what to do`.
    var text: String { "\(key): \(what); \(why); \(action)" }
}

/// One reason to ask whether a setting was meant.
struct AdviceRule: Sendable {
    /// A name for it, as tests and readers know it.
    let name: String
    /// Whether it is based on experience with models of published sizes, and does not apply to toy models.
    var isOfExperience = false
    /// What it says of a run: nothing, or one piece of advice for each key concerned.
    let advice: @Sendable (RunFacts) -> [Advice]
}

/// All rules, in the order in which their keys are documented.
enum AdviceRules {
    static let all = ofModels + ofAdapters + ofData + ofSteps + ofEvaluation + ofFederation + ofUnused + ofPrivacy

    /// What all of them say of a run.
    static func advice(on facts: RunFacts) -> [Advice] {
        all.filter { !($0.isOfExperience && facts.isToy) }.flatMap { $0.advice(facts) }
    }
}
