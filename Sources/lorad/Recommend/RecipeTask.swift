import ArgumentParser

/// What a model is to be trained for.
enum RecipeTask: String, CaseIterable, ExpressibleByArgument, Sendable {
    case captioning
    case vqa
    case classification
    case medical
    case satellite
    case driving

    /// Images in an example.
    var pictures: Int { self == .driving ? 3 : 1 }

    /// Tokens of a conversation beside its images.
    var textTokens: Int {
        switch self {
        case .classification: 128
        case .captioning: 256
        case .vqa, .driving: 512
        case .medical, .satellite: 768
        }
    }

    /// Whether a model that only compares images and texts can do it.
    var suitsContrastive: Bool { self != .vqa && self != .driving }
}
