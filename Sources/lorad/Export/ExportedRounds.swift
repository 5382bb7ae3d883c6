import Crypto
import Foundation
import Models

/// The rounds of an export, a line each: what `lorad runs show --json` tells of a round, its number, and the digest of the line
/// before.
enum ExportedRounds {
    private static let beginning = String(repeating: "0", count: 64)

    /// The lines of a run.
    static func lines(of digest: RunDigest) -> Data {
        var (data, previous) = (Data(), beginning)
        for round in digest.rounds {
            let line = JSONValue.object([
                .init("number", .int(round.number)), .init("previous", .string(previous)),
                .init("figures", round.json(digest.unit)),
            ]).text()
            data += Data((line + "\n").utf8)
            previous = SHA256.hash(data: Data(line.utf8)).hexadecimal
        }
        return data
    }

    /// Checks that every line names the one before, and that numbers rise.
    ///
    /// - Returns: Number of lines, and the last round's number; 0 without rounds.
    /// - Throws: `CommandError` naming the line.
    static func check(_ data: Data) throws -> (lines: Int, last: Int) {
        var (count, last, previous) = (0, 0, beginning)
        for line in data.split(separator: UInt8(ascii: "\n")) {
            count += 1
            let json = try? JSONValue(parsing: Data(line), file: RunExport.rounds)
            guard let number = json?["number"]?.intValue, number > last else {
                throw CommandError("\(RunExport.rounds): line \(count) is not a round after round \(last)")
            }
            guard json?["previous"]?.stringValue == previous else {
                throw CommandError("\(RunExport.rounds): line \(count) does not follow the line before it")
            }
            (last, previous) = (number, SHA256.hash(data: Data(line)).hexadecimal)
        }
        return (count, last)
    }
}
