import Foundation
import Synchronization
import Tensors

/// This program again, with other arguments.
final class ChildProcess {
    private let process = Process()
    private let output = Pipe()
    private var unread = Data()
    private let log: URL?

    /// Starts it.
    ///
    /// - Parameter log: a file for its standard error; `nil` shares this process's standard error.
    /// - Throws: `CommandError` if this program's file cannot be found, or what starting it throws.
    init(_ arguments: [String], log: URL? = nil) throws {
        guard let executable = Bundle.main.executableURL else {
            throw CommandError("lorad cannot find its own executable: start it by its full path")
        }
        process.executableURL = executable
        process.arguments = arguments
        process.standardOutput = output
        self.log = log
        if let log {
            try AtomicFile.write("", to: log.path)
            process.standardError = try FileHandle(forWritingTo: log)
        }
        try Self.checkStop()
        Self.stopChildren()
        try process.run()
        Self.running.withLock { $0[process.processIdentifier] = false }
    }

    /// Children that have not been waited for, and whether they were asked to stop.
    private static let running = Mutex<[pid_t: Bool]>([:])

    /// From the first child on, a signal that stops this process stops its children too.
    private static func stopChildren() { _ = watch }

    private static let watch: Void = {
        StopSignal.savesFirst()
        let thread = Thread {
            while true {
                Thread.sleep(forTimeInterval: 0.1)
                guard StopSignal.isReceived else { continue }
                running.withLock { running in
                    for (id, isAsked) in running where !isAsked {
                        Foundation.kill(id, SIGTERM)
                        running[id] = true
                    }
                }
            }
        }
        thread.start()
    }()

    /// Waits for its end; its number may be another process's from then on.
    private func join() {
        process.waitUntilExit()
        Self.running.withLock { $0[process.processIdentifier] = nil }
    }

    /// Ends it unless it has ended.
    deinit {
        if process.isRunning { process.terminate() }
        Self.running.withLock { $0[process.processIdentifier] = nil }
    }

    /// Ends it at once, without a chance to save anything.
    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        join()
    }

    /// The next line that it prints.
    ///
    /// - Throws: `CommandError` if there is none, `StoppedEarly` once a signal has come.
    func line() throws -> String {
        guard let line = nextLine() else {
            join()
            try Self.checkStop()
            throw CommandError("`\(command)` ended early\(said)")
        }
        return line
    }

    /// The next line that it prints; `nil` if absent.
    func nextLine() -> String? {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                defer { unread.removeSubrange(unread.startIndex...end) }
                return String(decoding: unread[..<end], as: UTF8.self)
            }
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { return nil }
            unread.append(more)
        }
    }

    /// Waits for its end.
    ///
    /// - Throws: `CommandError` unless it did what it should, `StoppedEarly` once a signal has come.
    func wait() throws {
        join()
        try Self.checkStop()
        guard process.terminationStatus == 0 else {
            throw CommandError("`\(command)` ended with status \(process.terminationStatus)\(said)")
        }
    }

    /// Runs it to its end.
    ///
    /// - Returns: what it printed.
    static func run(_ arguments: [String], log: URL? = nil) throws -> String {
        let child = try ChildProcess(arguments, log: log)
        var text = ""
        while let line = child.nextLine() { text += line + "\n" }
        try child.wait()
        return text
    }

    /// - Throws: `StoppedEarly` once a signal has asked this process to stop.
    private static func checkStop() throws {
        if StopSignal.isReceived { throw StoppedEarly("stopped; the same command starts over") }
    }

    /// The last line of its log.
    private var said: String {
        let text = log.flatMap { try? String(contentsOf: $0, encoding: .utf8) }
        return text?.split(separator: "\n").last.map { ": \($0)" } ?? ""
    }

    private var command: String { "lorad " + (process.arguments ?? []).prefix(2).joined(separator: " ") }
}
