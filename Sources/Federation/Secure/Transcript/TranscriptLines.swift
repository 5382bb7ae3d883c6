import Foundation
import Tensors

/// The lines of a transcript's file, read one by one within limits, so that a file that is none is refused early.
enum TranscriptLines {
    /// The most bytes of a line: it has room for the lists of 10,000 workers, twice.
    static let lineLimit = 4 << 20
    /// The most bytes of a transcript.
    static let limit = 512 << 20

    /// Hands over each complete line, without its line feed.
    ///
    /// - Returns: bytes of the complete lines, line feeds included, and of what follows the last of them.
    /// - Throws: `FederationError.notFound` if there is no such file, `.corruptState` if it or a line is too long; what `body`
    ///   throws, at once.
    static func read(_ path: String, _ body: (Data) throws -> Void) throws -> (complete: Int, rest: Int) {
        do {
            return try BoundedFile.open(path) { descriptor, size in
                guard size <= limit else { throw tooLong("has \(size) bytes, and a transcript \(limit) at most") }
                return try read(descriptor, path, body)
            }
        } catch let error as TensorError {
            // The caller puts the path before the message, as it does with all others.
            let isNamed = error.message.hasPrefix("\(path) ")
            let reason = isNamed ? String(error.message.dropFirst(path.count + 1)) : error.message
            throw FederationError(.notFound, "no such transcript: \(reason)")
        }
    }

    private static func read(
        _ descriptor: Int32, _ path: String, _ body: (Data) throws -> Void
    ) throws -> (complete: Int, rest: Int) {
        var (line, count, complete) = (Data(), 0, 0)
        while true {
            let piece = try BoundedFile.next(descriptor, 1 << 20, path)
            guard !piece.isEmpty else { return (complete, line.count) }
            var begin = piece.startIndex
            while let end = piece[begin...].firstIndex(of: UInt8(ascii: "\n")) {
                line += piece[begin..<end]
                try check(line, count + 1)
                try body(line)
                complete += line.count + 1
                guard complete <= limit else { throw tooLong("grew past \(limit) bytes while it was read") }
                (line, count, begin) = (Data(), count + 1, end + 1)
            }
            line += piece[begin...]
            try check(line, count + 1)
        }
    }

    /// The same of bytes that are in memory.
    static func read(_ data: Data, _ body: (Data) throws -> Void) throws -> (complete: Int, rest: Int) {
        guard data.count <= limit else { throw tooLong("has \(data.count) bytes, and a transcript \(limit) at most") }
        var (begin, count) = (data.startIndex, 0)
        while let end = data[begin...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = Data(data[begin..<end])
            try check(line, count + 1)
            try body(line)
            (begin, count) = (end + 1, count + 1)
        }
        return (begin - data.startIndex, data.endIndex - begin)
    }

    private static func check(_ line: Data, _ number: Int) throws {
        guard line.count > lineLimit else { return }
        throw tooLong("line \(number) has more than \(lineLimit) bytes")
    }

    private static func tooLong(_ reason: String) -> FederationError {
        FederationError(.corruptState, "\(reason): that is no transcript of a worker")
    }
}
