import Foundation
import Tensors

/// When a worker first took part in a run, kept in a file so that a restart does not begin the count anew.
struct FirstDay: Sendable {
    let file: URL

    /// The date on the disk; `now`, which is written then, if there is none yet.
    ///
    /// - Throws: `CommandError` if the file is damaged or cannot be read; `TensorError` if it cannot be written.
    func date(_ now: Date) throws -> Date {
        guard let data = try contents() else {
            try AtomicFile.write(Data("\(Int(now.timeIntervalSince1970))\n".utf8), to: file.path, permissions: 0o600)
            return now
        }
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let seconds = Int(text) else {
            throw CommandError(
                "\(file.path), which holds when this worker first took part in the run, is damaged: restore it, or delete it "
                    + "only if the policy's days may begin anew")
        }
        return Date(timeIntervalSince1970: TimeInterval(seconds))
    }

    private func contents() throws -> Data? {
        do {
            return try BoundedFile.readIfPresent(file.path, atMost: 1 << 10)
        } catch {
            throw CommandError(
                "\(error); the file holds when this worker first took part in the run: restore it, or let this worker read it"
            )
        }
    }
}
