import Foundation

extension FileHandle {
    /// Writes as much of a text as there is room for. Where standard output or error can take no more, a full disk or a reader
    /// that has gone, there is nobody to tell of it, and no reason to end a run.
    func tell(_ text: some StringProtocol) { try? write(contentsOf: Data(text.utf8)) }
}
