import Foundation

/// A data page, unpacked.
///
/// Each of its entries has levels: the repetition level tells which list it continues (0 begins a row), the definition level
/// how much of its path is there. Only entries of the highest definition level have a value.
final class ParquetPage: Sendable {
    /// How many entries there are.
    let count: Int
    /// The entries that begin a row; `nil` if each one does.
    let rowStarts: [Int32]?
    /// The memory that it takes.
    let cost: Int
    private let repetition: [UInt8]?
    private let definition: [UInt8]?
    private let maxDefinition: Int
    /// For each entry how many before it have a value; `nil` if all have.
    private let valuesBefore: [Int32]?
    private let values: ParquetValues

    /// Puts levels and values together.
    ///
    /// - Parameters:
    ///   - levels: repetition and definition levels; `nil` if all are 0, and where all are the highest.
    ///   - isMapped: whether the values are in the file.
    init(
        count: Int, levels: (repetition: [UInt8]?, definition: [UInt8]?), maxDefinition: Int, values: ParquetValues,
        isMapped: Bool
    ) {
        self.count = count
        (repetition, definition) = levels
        self.maxDefinition = maxDefinition
        self.values = values
        rowStarts = levels.repetition.map { levels in
            levels.indices.filter { levels[$0] == 0 }.map { Int32(truncatingIfNeeded: $0) }
        }
        valuesBefore = levels.definition.map { levels in
            var before: Int32 = 0
            return levels.map { level in
                defer { before += level == maxDefinition ? 1 : 0 }
                return before
            }
        }
        let perEntry = (repetition == nil ? 0 : 1) + (definition == nil ? 0 : 5)
        cost = values.cost(isMapped: isMapped) + count * perEntry + (rowStarts?.count ?? 0) * 4 + 256
    }

    /// How many rows begin here.
    var rowCount: Int { rowStarts?.count ?? count }

    /// The entries that continue a row of an earlier page.
    var lead: Range<Int> { 0..<(rowStarts.map { $0.first.map(Int.init) ?? count } ?? 0) }

    /// The entries of the row that is the given one among those that begin here.
    func entries(ofRow row: Int) -> Range<Int> {
        guard let rowStarts else { return row..<row + 1 }
        return Int(rowStarts[row])..<(row + 1 < rowStarts.count ? Int(rowStarts[row + 1]) : count)
    }

    /// The levels of an entry.
    func levels(at entry: Int) -> (repetition: Int, definition: Int) {
        (Int(repetition?[entry] ?? 0), definition.map { Int($0[entry]) } ?? maxDefinition)
    }

    /// The values that an entry's is among, and its position there.
    ///
    /// - Parameter dictionary: gives the column's dictionary.
    func value(
        at entry: Int, dictionary: () throws -> ParquetValues
    ) throws -> (values: ParquetValues, index: Int) {
        let index = valuesBefore.map { Int($0[entry]) } ?? entry
        guard case .coded(let positions) = values else { return (values, index) }
        guard positions.indices.contains(index) else { throw ParquetError.damaged("a page lacks value \(index)") }
        return (try dictionary(), Int(positions[index]))
    }
}
