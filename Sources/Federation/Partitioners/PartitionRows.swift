/// What a partitioner knows of a data set.
public struct PartitionRows: Sendable, Equatable {
    /// Number of rows.
    public let count: Int
    /// The label, or another field, of each row.
    public let labels: [String]?

    /// Rows of which nothing is known.
    public init(count: Int) { (self.count, labels) = (max(count, 0), nil) }

    /// Rows with a label each.
    public init(labels: [String]) { (count, self.labels) = (labels.count, labels) }

    /// The rows of each label, in ascending order of labels and rows.
    var groups: [[Int]] {
        guard let labels else { return [Array(0..<count)] }
        let rows = Dictionary(grouping: labels.indices) { labels[$0] }
        return rows.sorted { $0.key < $1.key }.map(\.value)
    }
}
