import Federation
import Foundation
import Tensors

/// What a run must begin with by a site's policy, and this worker's record that it did.
///
/// Only the state of the first round can be compared: later ones hold what the others have trained. So a worker that has not
/// seen the first round takes no part in later ones. What it saw is kept on the disk for a worker that is started again.
struct ApprovedStart: Sendable {
    /// What the first round's state must be.
    enum Condition: Sendable {
        /// An adapter that the policy lists, by the digest of the state that it makes.
        case state(Data)
        /// A new adapter, which changes nothing in the base model.
        case new(UntrainedModel)
    }

    let condition: Condition
    /// Where the digests of the run and of the state that was checked are kept.
    let record: URL

    private static let heading = "lorad checked start 1"

    /// Checks the first round's state and notes that it was right; for a later round, looks for that note.
    ///
    /// - Returns: what is wrong, as a sentence without its full stop; `nil` if nothing is.
    /// - Throws: `TensorError` if the note cannot be written.
    func fault(in work: OrderedWork, from state: StateDict) throws -> String? {
        guard work.round == 0 else { return laterFault(in: work) }
        switch condition {
        case .state(let expected) where work.state != expected:
            return "the run begins with another state than the base adapter that it names"
        case .state: break
        case .new(let model):
            if let change = model.change(in: state) {
                return "the run says that its adapter is new, and \(change) in the state that it begins with"
            }
        }
        let text = "\(Self.heading)\n\(work.basis.base64EncodedString())\n\(work.state.base64EncodedString())\n"
        try AtomicFile.write(Data(text.utf8), to: record.path, permissions: 0o600)
        return nil
    }

    private func laterFault(in work: OrderedWork) -> String? {
        let found: Data?
        do {
            found = try BoundedFile.readIfPresent(record.path, atMost: 1 << 10)
        } catch {
            return "what this run began with cannot be told: \(error)"
        }
        guard let data = found else {
            return
                "the order is for round \(work.round + 1), and this worker has not checked what the run began with: start "
                + "it before the first round, and have the run wait for it there (federation.min_workers: the number of all "
                + "sites)"
        }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
        guard lines.count == 3, lines[0] == Self.heading else {
            return "\(record.path), which says what this run began with, is damaged"
        }
        guard lines[1] == work.basis.base64EncodedString() else {
            return
                "the order is for round \(work.round + 1), and this worker has checked the beginning of another run of this "
                + "name: run file, base model or adapter differ"
        }
        if case .state(let expected) = condition, lines[2] != expected.base64EncodedString() {
            return "the run began with another state than the base adapter that it names"
        }
        return nil
    }
}
