public import Models

/// The placeholder for an image in a model's text.
public struct ImagePlaceholder: Sendable {
    /// The image token's text.
    public let token: String
    /// The image token's number.
    public let id: Int
    private let layout: (any ImageLayout)?
    private let fixedCount: Int

    /// The placeholder for images of a layout.
    ///
    /// - Parameter token: the image token as the tokenizer writes it.
    public init(token: String, id: Int, layout: any ImageLayout) {
        self.token = token
        self.id = id
        self.layout = layout
        fixedCount = 0
    }

    /// The same number of image tokens for every image.
    public init(token: String, id: Int, countPerImage: Int) {
        self.token = token
        self.id = id
        layout = nil
        fixedCount = countPerImage
    }

    /// The text that takes an image's place, and how many image tokens are in it.
    ///
    /// - Throws: what is wrong with the image: its header is read if its size matters.
    func expansion(of picture: Picture) throws -> (text: String, count: Int) {
        if let fixedExpansion { return fixedExpansion }
        guard let layout else { return ("", 0) }
        let size = try picture.size()
        let plan = try layout.plan(width: size.width, height: size.height)
        return (layout.text(of: plan, imageToken: token), plan.featureCount)
    }

    /// The same for every image, if its size does not matter.
    var fixedExpansion: (text: String, count: Int)? {
        guard let layout else { return (String(repeating: token, count: fixedCount), fixedCount) }
        return layout.fixedPlan.map { (layout.text(of: $0, imageToken: token), $0.featureCount) }
    }
}
