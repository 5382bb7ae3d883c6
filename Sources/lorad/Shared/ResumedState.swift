import Federation
import Tensors

/// What a run continues from.
struct ResumedState {
    /// Rounds that are done.
    let round: Int
    /// What errors call the place that it comes from.
    let source = "the run's snapshot"
    private let parts: [String: StateDict]

    /// The last snapshot of a store, or `nil` if absent.
    init?(_ store: RunStore) throws {
        guard let snapshot = try store.history.snapshots().last else { return nil }
        round = snapshot.round + 1
        parts = try snapshot.blobs.reduce(into: [:]) { parts, entry in
            let bytes = try store.history.blob(entry.value).bytes()
            parts[entry.key] = try SafetensorsFile(data: bytes, name: "the run's \(entry.key)").stateDict
        }
    }

    /// Whether the snapshot has a part of this name.
    func has(_ name: String) -> Bool { parts[name] != nil }

    /// A part of the snapshot.
    func part(_ name: String) throws -> StateDict {
        guard let part = parts[name] else {
            throw CommandError("\(source) of round \(round - 1) has no \(name): give --overwrite to start again")
        }
        return part
    }
}
