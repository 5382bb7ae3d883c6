/// The syntax tree of a pattern.
indirect enum PatternNode: Sendable {
    /// How a repetition gives back what it took.
    enum Greed: Sendable { case greedy, lazy, possessive }

    case set(ScalarSet)
    case sequence([PatternNode])
    case alternatives([PatternNode])
    case repetition(PatternNode, minimum: Int, maximum: Int?, greed: Greed)
    case lookahead(PatternNode, negative: Bool)
    case atomic(PatternNode)
    case assertion(PatternInstruction)

    /// Whether the node can match nothing at all.
    var canBeEmpty: Bool {
        switch self {
        case .set: false
        case .sequence(let nodes): nodes.allSatisfy(\.canBeEmpty)
        case .alternatives(let nodes): nodes.contains(where: \.canBeEmpty)
        case .repetition(let node, let minimum, _, _): minimum == 0 || node.canBeEmpty
        case .lookahead, .assertion: true
        case .atomic(let node): node.canBeEmpty
        }
    }

    /// Whether a match that takes anything can begin with `scalar`; never false when one can.
    func canBegin(with scalar: UInt32) -> Bool {
        switch self {
        case .set(let set): set.contains(scalar)
        case .sequence(let nodes):
            nodes.prefix { $0.canBeEmpty }.contains { $0.canBegin(with: scalar) }
                || nodes.first { !$0.canBeEmpty }?.canBegin(with: scalar) ?? false
        case .alternatives(let nodes): nodes.contains { $0.canBegin(with: scalar) }
        case .repetition(let node, _, _, _), .atomic(let node): node.canBegin(with: scalar)
        case .lookahead, .assertion: false
        }
    }
}
