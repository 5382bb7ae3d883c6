/// The rows of each part of a data set.
public struct Partition: Sendable, Equatable, CustomStringConvertible {
    /// Row numbers by part, ascending.
    public let parts: [[Int]]

    /// Number of rows of each part.
    public var sizes: [Int] { parts.map(\.count) }

    /// The sizes in words, for the start of a run.
    public var description: String {
        let sizes = sizes
        return "\(sizes.reduce(0, +)) rows in \(sizes.count) parts of \(sizes.min() ?? 0) to \(sizes.max() ?? 0): "
            + sizes.map(String.init).joined(separator: ", ")
    }

    /// Rows as they were dealt; a part that got none is given one row of the largest, while that has two.
    init(filling dealt: [[Int]]) {
        var parts = dealt.map { $0.sorted() }
        for empty in parts.indices where parts[empty].isEmpty {
            guard let largest = parts.indices.max(by: { parts[$0].count < parts[$1].count }), parts[largest].count > 1
            else { break }
            parts[empty] = [parts[largest].removeLast()]
        }
        self.parts = parts
    }
}
