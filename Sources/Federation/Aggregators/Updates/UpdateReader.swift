public import Tensors

/// The updates of a round, one tensor at a time: so many workers' tensors of one name are needed at once, never so many
/// models.
public protocol UpdateReader: Sendable {
    /// Whose updates there are, in any order.
    var summaries: [Update.Summary] { get }

    /// The tensor of a name in the update at an index of `summaries`. Called from several threads.
    ///
    /// - Throws: `FederationError.invalidUpdate` where it has none, or another error where it cannot be read.
    func tensor(_ key: String, at index: Int) throws -> Tensor
}

/// Updates that are held in memory.
public struct ReceivedUpdates: UpdateReader {
    private let updates: [Update]

    /// Updates in any order.
    public init(_ updates: [Update]) { self.updates = updates }

    /// Whose updates there are.
    public var summaries: [Update.Summary] { updates.map(\.summary) }

    /// The tensor of a name in the update at an index of `summaries`.
    ///
    /// - Throws: `FederationError.invalidUpdate` where it has none.
    public func tensor(_ key: String, at index: Int) throws -> Tensor {
        guard let tensor = updates[index].state[key] else {
            throw FederationError(.invalidUpdate, "\(updates[index].summary.worker): its update has no \(key)")
        }
        return tensor
    }
}
