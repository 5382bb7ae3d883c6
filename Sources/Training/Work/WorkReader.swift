import Foundation

/// Reads what `WorkWriter` wrote; whatever the bytes are, it gives a value in the range asked for or throws.
struct WorkReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ data: Data) { bytes = Array(data) }

    /// An integer in a range.
    ///
    /// - Parameter what: the value's name in errors.
    mutating func read(_ what: @autoclosure () -> String, in range: ClosedRange<Int>) throws -> Int {
        guard let value = integer() else { throw error("\(what()) is truncated, or too long a number") }
        guard range.contains(value) else {
            throw error("\(what()) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// How many elements follow, of at least `size` bytes each.
    mutating func readCount(
        _ what: @autoclosure () -> String, of size: Int = 1, in range: ClosedRange<Int>
    ) throws -> Int {
        let count = try read(what(), in: range)
        guard count <= (bytes.count - position) / size else {
            throw error("\(what()) is \(count), more than the remaining bytes can hold")
        }
        return count
    }

    /// So many bytes as they are.
    mutating func readBytes(_ count: Int, _ what: @autoclosure () -> String) throws -> [UInt8] {
        guard count <= bytes.count - position else { throw error("\(what()) is truncated") }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    /// Checks that nothing follows.
    func finish() throws {
        guard position == bytes.count else { throw error("\(bytes.count - position) bytes follow its end") }
    }

    /// The error for work that cannot be taken up.
    func error(_ reason: String) -> TrainingError {
        TrainingError(
            .invalidWork,
            "the task is malformed at byte \(position): \(reason); the coordinator and the worker must run the same "
                + "version of lorad with the same model"
        )
    }

    private mutating func integer() -> Int? {
        var value: UInt = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            guard position < bytes.count else { return nil }
            let byte = bytes[position]
            position += 1
            guard shift < 63 || byte <= 1 else { return nil }
            value |= UInt(byte & 0x7F) << UInt(shift)
            if byte < 0x80 { return Int(bitPattern: value) }
        }
        return nil
    }
}
