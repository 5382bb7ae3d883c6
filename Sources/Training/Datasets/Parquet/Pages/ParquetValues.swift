import Foundation

/// The values of a page or a dictionary, as near to their bytes as they can be got at by position.
enum ParquetValues: Sendable {
    /// Values of a fixed number of bytes each.
    case fixed(Data, width: Int)
    /// Values of any length: where each begins and ends.
    case bytes(Data, starts: [UInt32], ends: [UInt32])
    case truths([Bool])
    case integers([Int64])
    /// Positions in the column's dictionary.
    case coded([UInt32])

    /// How many there are.
    var count: Int {
        switch self {
        case .fixed(let data, let width): data.count / width
        case .bytes(_, let starts, _): starts.count
        case .truths(let values): values.count
        case .integers(let values): values.count
        case .coded(let values): values.count
        }
    }

    /// The memory that they take; bytes of a mapped file take none.
    func cost(isMapped: Bool) -> Int {
        switch self {
        case .fixed(let data, _): isMapped ? 0 : data.count
        case .bytes(let data, let starts, _): (isMapped ? 0 : data.count) + starts.count * 8
        case .truths(let values): values.count
        case .integers(let values): values.count * 8
        case .coded(let values): values.count * 4
        }
    }

    /// The bytes of a value; `nil` if it has none of its own.
    func data(at index: Int) throws -> Data? {
        guard (0..<count).contains(index) else {
            throw ParquetError.damaged("value \(index) of \(count) is asked for")
        }
        switch self {
        case .fixed(let data, let width): return Self.slice(data, index * width, (index + 1) * width)
        case .bytes(let data, let starts, let ends): return Self.slice(data, Int(starts[index]), Int(ends[index]))
        case .truths, .integers, .coded: return nil
        }
    }

    private static func slice(_ data: Data, _ start: Int, _ end: Int) -> Data {
        data[data.startIndex + start..<data.startIndex + end]
    }
}
