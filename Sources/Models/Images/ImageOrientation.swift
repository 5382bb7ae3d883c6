/// How a stored image is turned to stand upright (EXIF 2.3, tag 0x0112).
enum ImageOrientation: Int, Sendable, CaseIterable {
    case upright = 1
    case mirrored = 2
    case upsideDown = 3
    case mirroredUpsideDown = 4
    case transposed = 5
    case needsClockwiseTurn = 6
    case transversed = 7
    case needsCounterclockwiseTurn = 8

    /// Whether width and height change places.
    var swapsAxes: Bool { rawValue >= 5 }

    /// The stored pixel that shows at (x, y) of the upright image; `width` and `height` are the stored size.
    func stored(x: Int, y: Int, width: Int, height: Int) -> (x: Int, y: Int) {
        switch self {
        case .upright: (x, y)
        case .mirrored: (width - 1 - x, y)
        case .upsideDown: (width - 1 - x, height - 1 - y)
        case .mirroredUpsideDown: (x, height - 1 - y)
        case .transposed: (y, x)
        case .needsClockwiseTurn: (y, height - 1 - x)
        case .transversed: (width - 1 - y, height - 1 - x)
        case .needsCounterclockwiseTurn: (width - 1 - y, x)
        }
    }
}
