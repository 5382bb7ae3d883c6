import Foundation

/// Where a worker may look for a run's base model on its own machine.
///
/// The run file's `model.path` is the coordinator's choice, and what the worker then fetches tells whether the path exists.
/// So it is looked up only within folders that the worker's user has named.
struct BaseModelPlaces {
    /// The folder that holds the base model; `nil` if none was given.
    var own: String?
    /// Folders in which the run file's path may be looked up.
    var roots: [String] = []

    /// The folder at a path from the coordinator, if it is within one of the roots once links are followed.
    ///
    /// - Throws: `CommandError` if a root is no folder.
    func allowed(_ path: String) throws -> URL? {
        let wanted = Self.components(path)
        for root in roots {
            guard FileManager.default.fileExists(atPath: root) else {
                throw CommandError("--model-root \(root): no such folder")
            }
            if wanted.starts(with: Self.components(root)) { return URL(filePath: path) }
        }
        return nil
    }

    private static func components(_ path: String) -> [String] {
        URL(filePath: path).standardizedFileURL.resolvingSymlinksInPath().pathComponents
    }
}
