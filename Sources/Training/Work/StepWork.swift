public import Foundation

/// Everything but the parameters and the images that a worker needs to compute one node of a step.
public struct StepWork: Equatable, Sendable {
    /// The micro-batches; their examples are positions in `rows`.
    public let share: StepShare
    /// The examples of all micro-batches, in order.
    public let rows: WorkRows

    /// Creates work on examples that the share goes through from the first to the last.
    init(share: StepShare, rows: WorkRows) {
        self.share = share
        self.rows = rows
    }

    private static let mark = Array("LSW1".utf8)
    private static let largest = 1 << 40

    /// The work as bytes: a mark; seed, step, supervised tokens, micro-batches of the step, the node's level and index;
    /// the number of examples of each micro-batch; the examples.
    public var data: Data {
        var writer = WorkWriter()
        writer.write(Self.mark)
        let values = [
            share.seed, share.step, share.supervisedTokens, share.microBatchCount, share.node.level, share.node.index,
        ]
        for value in values + share.microBatches.map(\.count) { writer.write(value) }
        rows.write(to: &writer)
        return writer.data
    }

    /// Reads work.
    ///
    /// - Throws: `TrainingError.invalidWork` for anything but work that keeps within the limits: unknown token ids,
    ///   images that do not fit the image tokens, examples that are too long or teach nothing, a node that the step's
    ///   tree does not have.
    public init(_ data: Data, limits: WorkLimits) throws {
        var reader = WorkReader(data)
        guard try reader.readBytes(Self.mark.count, "the mark") == Self.mark else {
            throw reader.error("it does not begin with LSW1")
        }
        let seed = try reader.read("the seed", in: Int.min...Int.max)
        let step = try reader.read("the step", in: 0...Self.largest)
        let supervised = try reader.read("the number of supervised tokens", in: 1...Self.largest)
        let count = try reader.read("the number of micro-batches", in: 1...limits.maxRows)
        let node = TreeNode(
            level: try reader.read("the node's level", in: 0...Int.bitWidth),
            index: try reader.read("the node's index", in: 0...Self.largest))
        try node.check(count: count)
        let sizes = try node.range(count: count).map {
            try reader.read("the number of examples of micro-batch \($0)", in: 1...limits.maxRows)
        }
        rows = try WorkRows(from: &reader, limits: limits)
        try reader.finish()
        guard sizes.reduce(0, +) == rows.count else {
            throw reader.error("the micro-batches take \(sizes.reduce(0, +)) examples, but there are \(rows.count)")
        }
        guard rows.supervisedTokens <= supervised else {
            throw reader.error("\(rows.supervisedTokens) supervised tokens exceed the \(supervised) of the step")
        }
        share = StepShare(
            step: step, seed: seed, supervisedTokens: supervised, microBatchCount: count, node: node,
            microBatches: Self.consecutive(sizes))
    }

    /// Positions from 0 in groups of the given sizes.
    static func consecutive(_ sizes: [Int]) -> [[Int]] {
        var start = 0
        return sizes.map { size in
            defer { start += size }
            return Array(start..<start + size)
        }
    }
}
