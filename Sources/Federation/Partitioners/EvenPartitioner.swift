import Tensors

/// Shuffled and cut into parts whose sizes differ by at most one: independent, identically distributed.
struct EvenPartitioner: Partitioner {
    static let name = "iid"
    static let needsLabels = false

    init(_ options: PartitionOptions) {}

    func deal(_ rows: PartitionRows, into count: Int, _ random: inout SplitMix64) -> [[Int]] {
        let order = random.permutation(rows.count)
        return (0..<count).map { part in
            Array(order[rows.count * part / count..<rows.count * (part + 1) / count])
        }
    }
}
