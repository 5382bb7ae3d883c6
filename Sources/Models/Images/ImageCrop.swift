/// The size of a centre crop.
public struct ImageCrop: Sendable, Hashable {
    /// Pixels down.
    public var height: Int
    /// Pixels across.
    public var width: Int

    /// A crop of a given size.
    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    /// Where the middle `length` of an axis of `size` pixels lies, and where it goes; a shorter axis is kept whole and
    /// centred, the odd pixel of padding before it.
    static func axis(size: Int, length: Int) -> (source: Range<Int>, offset: Int) {
        guard size < length else {
            let start = (size - length) / 2
            return (start..<start + length, 0)
        }
        return (0..<size, (length - size + 1) / 2)
    }
}
