/// The examples that a guarantee protects together: those of one person, or one example each.
public struct ExampleUnits: Equatable, Sendable {
    /// The examples of each unit, by their positions in a source.
    public let rows: [[Int]]

    /// Every example by itself.
    public init(rowCount: Int) { rows = (0..<rowCount).map { [$0] } }

    /// Rows by whom they are about, in the order in which each is first named; rows about nobody are in no unit.
    public init(people: [String?]) {
        var places: [String: Int] = [:]
        var rows: [[Int]] = []
        for (row, person) in people.enumerated() {
            guard let person else { continue }
            if let place = places[person] {
                rows[place].append(row)
            } else {
                places[person] = rows.count
                rows.append([row])
            }
        }
        self.rows = rows
    }

    /// How many there are.
    public var count: Int { rows.count }
}
