import Synchronization

/// Identifiers of images. Each image is read once, when it is first needed.
public final class PictureCatalogue: Sendable {
    private struct Known {
        var identifiers: [Picture: PictureID] = [:]
        var pictures: [PictureID: Picture] = [:]
    }

    private let identify: @Sendable (Picture) throws -> [UInt8]
    private let known = Mutex(Known())

    /// An empty catalogue.
    ///
    /// - Parameter identifier: computes the 32-byte identifier of an image's contents; called from any thread.
    public init(identifier: @escaping @Sendable (Picture) throws -> [UInt8]) { identify = identifier }

    /// The identifier of an image.
    ///
    /// - Throws: what the catalogue's closure throws, or `TrainingError` if it does not give 32 bytes.
    public func identifier(of picture: Picture) throws -> PictureID {
        if let found = known.withLock({ $0.identifiers[picture] }) { return found }
        let found = try PictureID(identify(picture))
        known.withLock {
            $0.identifiers[picture] = found
            $0.pictures[found] = $0.pictures[found] ?? picture
        }
        return found
    }

    /// The image with an identifier; `nil` if no image so far has it.
    public func picture(_ id: PictureID) -> Picture? { known.withLock { $0.pictures[id] } }
}
