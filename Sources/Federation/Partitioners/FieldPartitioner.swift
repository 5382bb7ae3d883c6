import Tensors

/// Rows with the same value of a field stay together, as one hospital's or one user's do.
///
/// The values' rows go to the parts largest first, each to the part that has fewest; with as many values as parts, each
/// part is one value. With fewer, the largest values are cut in halves until there are enough.
struct FieldPartitioner: Partitioner {
    static let name = "field"
    static let needsLabels = true

    init(_ options: PartitionOptions) {}

    func deal(_ rows: PartitionRows, into count: Int, _ random: inout SplitMix64) -> [[Int]] {
        let groups = Self.cut(rows.groups, atLeast: count)
        let order = groups.indices.sorted { (groups[$1].count, $0) < (groups[$0].count, $1) }
        var parts = Array(repeating: [Int](), count: count)
        for group in order {
            let smallest = parts.indices.min { parts[$0].count < parts[$1].count } ?? 0
            parts[smallest] += groups[group]
        }
        return parts
    }

    private static func cut(_ groups: [[Int]], atLeast count: Int) -> [[Int]] {
        var groups = groups
        while groups.count < count {
            guard let largest = groups.indices.max(by: { groups[$0].count < groups[$1].count }),
                groups[largest].count > 1
            else { break }
            let half = groups[largest].count / 2
            groups.append(Array(groups[largest][half...]))
            groups[largest].removeLast(groups[largest].count - half)
        }
        return groups
    }
}
