import Foundation
import Tensors

/// Writes scalars as TensorBoard reads them: `Event` messages of TensorFlow's `event.proto` in TFRecord frames.
public final class TensorBoardWriter {
    /// The file's path.
    public let path: String
    private let handle: FileHandle
    private let clock: () -> Double

    /// Seconds since 1970.
    public static func now() -> Double { Date().timeIntervalSince1970 }

    /// Starts a new file in a folder for TensorBoard.
    ///
    /// - Parameters:
    ///   - folder: The folder; it is created.
    ///   - firstStep: The first step to be written; TensorBoard drops records of earlier files from this step on.
    ///   - clock: The time, in seconds since 1970.
    /// - Throws: `TensorError` or `TrainingError` if the file cannot be written.
    public init(folder: String, firstStep: Int = 1, clock: @escaping () -> Double = TensorBoardWriter.now) throws {
        self.clock = clock
        let process = ProcessInfo.processInfo
        let time = String(format: "%010d", Int(clock()))
        let unique = UUID().uuidString.prefix(8).lowercased()
        path = "\(folder)/events.out.tfevents.\(time).\(process.hostName).\(process.processIdentifier).\(unique)"
        var beginning = TFRecord.frame(EventMessage.fileVersion(time: clock()))
        if firstStep > 1 { beginning.append(TFRecord.frame(EventMessage.sessionStart(step: firstStep, time: clock()))) }
        try AtomicFile.write(beginning, to: path)
        do {
            handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try handle.seekToEnd()
        } catch {
            throw TrainingError(.writeFailed, "\(path): cannot be appended to", cause: error)
        }
    }

    /// Appends the values of a step; names that start with `eval_` are shown in a separate group.
    public func write(_ values: [(name: String, value: Double)], step: Int) throws {
        let named = values.map { name, value in
            name.hasPrefix("eval_") ? ("eval/\(name.dropFirst("eval_".count))", value) : ("train/\(name)", value)
        }
        do {
            try handle.write(contentsOf: TFRecord.frame(EventMessage.scalars(named, step: step, time: clock())))
        } catch {
            throw TrainingError(.writeFailed, "\(path): cannot be appended to", cause: error)
        }
    }
}
