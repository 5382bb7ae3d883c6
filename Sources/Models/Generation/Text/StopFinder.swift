/// Looks for stop strings in text that comes piece by piece, and holds back what may be the beginning of one.
///
/// Compares bytes: combining marks that follow do not hide a stop string.
struct StopFinder {
    private let stops: [[UInt8]]
    private var held: [UInt8] = []

    init(_ stops: [String]) { self.stops = stops.map { Array($0.utf8) } }

    /// The text that is certainly not part of a stop string, up to the first one if it is complete.
    mutating func text(after piece: String) -> (text: String, isStopped: Bool) {
        held += Array(piece.utf8)
        if let end = held.indices.first(where: { index in stops.contains { held[index...].starts(with: $0) } }) {
            defer { held = [] }
            return (String(decoding: held[..<end], as: UTF8.self), true)
        }
        let start = held.indices.first { index in stops.contains { $0.starts(with: held[index...]) } } ?? held.count
        defer { held.removeFirst(start) }
        return (String(decoding: held[..<start], as: UTF8.self), false)
    }

    /// What was held back: no stop string came of it.
    mutating func rest() -> String {
        defer { held = [] }
        return String(decoding: held, as: UTF8.self)
    }
}
