/// An image as input of a vision tower: float32 planes.
public struct PixelValues: Sendable, Hashable {
    /// Values down.
    public let height: Int
    /// Values across.
    public let width: Int
    /// `3 × height × width` values: the red plane row by row, then green, then blue.
    public let values: [Float]

    /// Pixel values of a given size. Precondition: there are `3 × height × width` of them.
    public init(height: Int, width: Int, values: [Float]) {
        precondition(values.count == 3 * height * width)
        self.height = height
        self.width = width
        self.values = values
    }
}
