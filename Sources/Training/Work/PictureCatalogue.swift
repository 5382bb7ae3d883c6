import Synchronization

/// Which identifier stands for which picture file: each file is looked at once, when it is first needed.
public final class PictureCatalogue: Sendable {
    private struct Known {
        var byPath: [String: PictureID] = [:]
        var paths: [PictureID: String] = [:]
    }

    private let identify: @Sendable (String) throws -> [UInt8]
    private let known = Mutex(Known())

    /// An empty catalogue.
    ///
    /// - Parameter identifier: the 32 bytes that stand for the contents of the file at a path; called from any thread.
    public init(identifier: @escaping @Sendable (String) throws -> [UInt8]) { identify = identifier }

    /// The identifier of the picture at a path.
    ///
    /// - Throws: what the catalogue's closure throws, or `TrainingError` if it does not give 32 bytes.
    public func identifier(ofPictureAt path: String) throws -> PictureID {
        if let found = known.withLock({ $0.byPath[path] }) { return found }
        let found = try PictureID(identify(path))
        known.withLock {
            $0.byPath[path] = found
            $0.paths[found] = $0.paths[found] ?? path
        }
        return found
    }

    /// The file that an identifier stands for; nil where none of the files asked for so far has it.
    public func path(of picture: PictureID) -> String? { known.withLock { $0.paths[picture] } }
}
