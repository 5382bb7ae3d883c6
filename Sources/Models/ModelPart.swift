/// A part of a model of images and texts, for which targets and ranks can be given by name.
public enum ModelPart: String, Sendable, CaseIterable {
    /// What sees images: a vision tower.
    case vision
    /// What reads and writes text: a decoder or a text tower.
    case language
    /// What lies between them, or between them and the space that they share.
    case connector
    /// Attention of the language part to images, if it is separate.
    case crossAttention = "cross_attention"
}
