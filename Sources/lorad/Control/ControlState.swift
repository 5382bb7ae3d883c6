import Foundation
import Tensors

/// What people have asked of a run that outlives its coordinator: `control.json` in the run's folder.
struct ControlState: Codable, Equatable, Sendable {
    /// Whether no round may begin.
    var isPaused = false

    private enum CodingKeys: String, CodingKey { case isPaused = "paused" }

    private static func path(_ folder: URL) -> String { folder.appending(path: "control.json").path }

    /// What was asked for in a run's folder; nothing if there is no file.
    ///
    /// - Throws: `CommandError` if the file is damaged: a run that was paused does not continue by mistake.
    static func read(in folder: URL) throws -> ControlState {
        let found: Data?
        do {
            found = try BoundedFile.readIfPresent(path(folder))
        } catch {
            throw damaged(folder)
        }
        guard let data = found else { return ControlState() }
        guard let state = try? JSONDecoder().decode(ControlState.self, from: data) else { throw damaged(folder) }
        return state
    }

    private static func damaged(_ folder: URL) -> CommandError {
        CommandError(
            "\(path(folder)) cannot be read: it records whether the run is paused; delete it to let the run continue")
    }

    /// Keeps it; it is on the disk when this returns.
    ///
    /// - Throws: `TensorError.writeFailed`.
    func write(in folder: URL) throws { try StateFile.write(JSONEncoder().encode(self), to: Self.path(folder)) }
}
