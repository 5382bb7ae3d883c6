import Foundation
import Tensors

/// `trainer_log.jsonl`: one JSON object for each record, appended as the run goes.
public struct TrainerLog: Sendable {
    /// The file's path.
    public let path: String

    /// Names a log; nothing is written yet.
    public init(path: String) { self.path = path }

    /// The records in the file; a last line that a crash truncated is ignored.
    ///
    /// - Throws: `TrainingError` where a line is no record, `TensorError` where there is a file that cannot be read.
    public func records() throws -> [LogRecord] {
        guard let data = try BoundedFile.readIfPresent(path) else { return [] }
        let lines = data.split(separator: UInt8(ascii: "\n"))
        let isTorn = data.last != UInt8(ascii: "\n")
        return try lines.enumerated().compactMap { index, line in
            do {
                return try JSONDecoder().decode(LogRecord.self, from: Data(line))
            } catch {
                if isTorn, index == lines.count - 1 { return nil }
                throw TrainingError(.invalidConfiguration, "\(path):\(index + 1): not a log record", cause: error)
            }
        }
    }

    /// Removes the records after a step, so a run that resumes there continues its own log. Changes recorded at this
    /// very step are removed too, because the checkpoint is older.
    ///
    /// - Returns: The records that are left.
    /// - Throws: `TrainingError` where a line is no record, `TensorError` where the file cannot be read or written.
    @discardableResult
    public func rewind(toStep step: Int) throws -> [LogRecord] {
        let kept = try records().filter { $0.step < step || $0.step == step && $0.resumedWith == nil }
        var data = Data()
        for record in kept { data.append(try Self.line(record)) }
        try AtomicFile.write(data, to: path)
        return kept
    }

    /// Appends a record.
    ///
    /// - Throws: `TensorError` or `TrainingError` if the file cannot be written.
    public func append(_ record: LogRecord) throws {
        if !FileManager.default.fileExists(atPath: path) { try AtomicFile.write(Data(), to: path) }
        let descriptor = FileReserve.open { open(path, O_WRONLY | O_APPEND | O_CLOEXEC) }
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw TrainingError(.writeFailed, "\(path): cannot be appended to: \(reason)")
        }
        do {
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            defer { try? handle.close() }
            try handle.write(contentsOf: Self.line(record))
        } catch {
            throw TrainingError(.writeFailed, "\(path): cannot be appended to", cause: error)
        }
    }

    /// A record as a line of JSON; what is not finite becomes null, which is all that JSON has for it.
    static func line(_ record: LogRecord) throws -> Data {
        var members = ["\"step\": \(record.step)"]
        for (name, value) in record.measurements {
            members.append("\"\(name)\": \(value.isFinite ? number(value) : "null")")
        }
        if let changes = record.resumedWith {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            members.append("\"resumed_with\": \(String(decoding: try encoder.encode(changes), as: UTF8.self))")
        }
        return Data("{\(members.joined(separator: ", "))}\n".utf8)
    }

    private static func number(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? "\(value)"
    }
}
