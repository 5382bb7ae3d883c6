public import Tensors

extension Update {
    /// An update that was written to disk as a safetensors file: the file is mapped, and its tensors are read from where
    /// they lie.
    ///
    /// - Throws: `FederationError.corruptState` where the file is damaged or missing.
    public init(_ summary: Summary, spooledAt path: String) throws {
        do {
            self.init(
                worker: summary.worker, weight: summary.weight, state: try SafetensorsFile(path: path).stateDict)
        } catch {
            throw FederationError(
                .corruptState, "the update of \(summary.worker) cannot be read back from \(path)", cause: error)
        }
    }
}

/// Updates in safetensors files: only their headers are held in memory, and the system may drop whatever pages it has
/// read. The files must stay as they are while this lives.
public struct SpooledUpdates: UpdateReader {
    private let updates: ReceivedUpdates

    /// Opens a round's files.
    ///
    /// - Throws: `FederationError.corruptState` naming a file that is damaged or missing.
    public init(_ files: [(summary: Update.Summary, path: String)]) throws {
        updates = ReceivedUpdates(try files.map { try Update($0.summary, spooledAt: $0.path) })
    }

    /// Whose updates there are.
    public var summaries: [Update.Summary] { updates.summaries }

    /// The tensor of a name in the update at an index of `summaries`.
    ///
    /// - Throws: `FederationError.invalidUpdate` where it has none.
    public func tensor(_ key: String, at index: Int) throws -> Tensor { try updates.tensor(key, at: index) }
}
