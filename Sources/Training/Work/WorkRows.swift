import Models

/// Examples that travel with the work on them. Those that came as bytes have been checked against a worker's limits.
public struct WorkRows: Equatable, Sendable {
    let examples: [WorkExample]

    init(_ examples: [WorkExample]) { self.examples = examples }

    /// How many examples there are.
    public var count: Int { examples.count }

    /// The images that the examples need, each once, in the order of their first use.
    public var pictures: [PictureID] {
        var seen: Set<PictureID> = []
        return examples.flatMap(\.pictures).filter { seen.insert($0).inserted }
    }

    /// Tokens of all examples.
    public var tokens: Int { examples.reduce(0) { $0 + $1.ids.count } }

    /// Tokens that count for the loss.
    public var supervisedTokens: Int { examples.reduce(0) { $0 + $1.supervisedCount } }
}
