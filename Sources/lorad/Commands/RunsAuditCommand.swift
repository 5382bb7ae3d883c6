import ArgumentParser
import Crypto
import Federation
import Foundation
import Models
import Transports

/// `lorad runs audit`.
struct RunsAuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Show who asked for what in a run, and check that nobody changed the record.",
        discussion: """
            Examples:
              lorad runs audit hospital-vqa
              lorad runs audit hospital-vqa --verify
            """)

    @Argument(help: "Name of the run.")
    var id: String

    @OptionGroup var options: RunsOptions

    @Flag(help: "Print one JSON object per line for each entry.")
    var json = false

    @Flag(help: "Print only whether the log is valid.")
    var verify = false

    func run() throws {
        let run = try options.catalog().history(of: id).run().name
        let folder = StateFolder(options.state).run(run)
        let key = try IdentityKey(loading: folder.appending(path: "keys/coordinator.key").path).recordsKey.publicKey
        let trail = try AuditTrail(folder: folder.path, signer: key)
        if !verify { try print(trail.entries) }
        guard !json || verify else { return }
        let count = trail.entries.count
        let summary =
            count == 0
            ? "there are no requests yet"
            : "\(count) line\(count == 1 ? "" : "s"), in order, signed by \(key.rawRepresentation.hexadecimal)"
        for line in [summary] + trail.notes { Swift.print(line) }
    }

    private func print(_ entries: [AuditEntry]) throws {
        for (index, entry) in entries.enumerated() {
            guard json else {
                Swift.print("\(index + 1)  \(entry.words)")
                continue
            }
            let value = try JSONValue(parsing: JSONEncoder().encode(entry), file: "audit log")
            Swift.print(JSONValue.object([.init("line", .int(index + 1))] + (value.objectValue ?? [])).text())
        }
    }
}

extension AuditEntry {
    /// The line for people.
    var words: String {
        let when = Date(timeIntervalSince1970: TimeInterval(time)).ISO8601Format()
        let about = (details ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        let times = attempts.map { " (\($0) attempts)" } ?? ""
        let line = of.map { " (line \($0))" } ?? ""
        let why = reason.map { ": \($0)" } ?? ""
        return "\(when)  \(who) from \(origin): \(action)\(about) \(outcome.rawValue)\(line)\(times)\(why)".onOneLine
    }
}
