/// What stands for a picture in a model's text.
public struct ImagePlaceholder: Equatable, Sendable {
    /// The token's text.
    public let token: String
    /// The token's number.
    public let id: Int
    /// How many of them a picture takes.
    public let countPerImage: Int

    /// Creates a placeholder.
    public init(token: String, id: Int, countPerImage: Int) {
        self.token = token
        self.id = id
        self.countPerImage = countPerImage
    }
}
