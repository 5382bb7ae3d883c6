public import Tensors

/// How the rows of one data set are dealt to parts, to try out a federation without one.
///
/// Every row is in exactly one part, and the same seed deals the same rows on every machine.
public protocol Partitioner: Sendable {
    /// The name in a run file.
    static var name: String { get }

    /// Whether it goes by a label, or another field, of each row.
    static var needsLabels: Bool { get }

    /// A partitioner with the options that concern it.
    ///
    /// - Throws: `FederationError.invalidConfiguration` naming the option.
    init(_ options: PartitionOptions) throws

    /// Deals `rows`; `count` is at least 1.
    func deal(_ rows: PartitionRows, into count: Int, _ random: inout SplitMix64) -> [[Int]]
}

extension Partitioner {
    /// The parts of a data set. None is empty unless there are fewer rows than parts.
    ///
    /// - Parameters:
    ///   - rows: how many rows, and what is known of each.
    ///   - count: number of parts.
    ///   - seed: what chance depends on.
    /// - Throws: `FederationError.invalidConfiguration` for no parts, or where labels are missing.
    public func partition(_ rows: PartitionRows, into count: Int, seed: UInt64) throws -> Partition {
        guard count > 0 else {
            throw FederationError(.invalidConfiguration, "a data set cannot be cut into \(count) parts")
        }
        guard !Self.needsLabels || rows.labels != nil else {
            throw FederationError(
                .invalidConfiguration, "partitioner `\(Self.name)` needs the name of a field to go by")
        }
        var random = SplitMix64(seed: seed, stream: SplitMix64.hash(Self.name))
        return Partition(filling: deal(rows, into: count, &random))
    }
}
