import Foundation

/// This program again, with other arguments.
final class ChildProcess {
    private let process = Process()
    private let output = Pipe()
    private var unread = Data()

    /// Starts it.
    ///
    /// - Throws: `CommandError` where this program's file cannot be found, or what starting it throws.
    init(_ arguments: [String]) throws {
        guard let executable = Bundle.main.executableURL else {
            throw CommandError("this program does not know where it lies: start it by its path")
        }
        process.executableURL = executable
        process.arguments = arguments
        process.standardOutput = output
        try process.run()
    }

    /// Ends it unless it has ended.
    deinit { if process.isRunning { process.terminate() } }

    /// The next line that it prints.
    ///
    /// - Throws: `CommandError` where there is none.
    func line() throws -> String {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                defer { unread.removeSubrange(unread.startIndex...end) }
                return String(decoding: unread[..<end], as: UTF8.self)
            }
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw CommandError("`\(command)` ended early") }
            unread.append(more)
        }
    }

    /// Waits for its end.
    ///
    /// - Throws: `CommandError` unless it did what it should.
    func wait() throws {
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw CommandError("`\(command)` ended with status \(process.terminationStatus)")
        }
    }

    private var command: String { "lorad " + (process.arguments ?? []).prefix(2).joined(separator: " ") }
}
