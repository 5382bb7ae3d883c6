import Crypto
public import Foundation
public import Tensors

/// What a masked result was made from. Each worker computes it from what it used, and its masks and signatures are bound
/// to it: results that were made from different things cannot be summed.
///
/// Without it a coordinator could give one worker the true work and all others work that changes nothing, and read that
/// worker's update out of the sum (model inconsistency, arXiv:2111.07380).
struct ResultBinding: Equatable, Sendable {
    /// SHA-256 of basis, state, work and the attached files.
    let digest: Data
    /// SHA-256 of the state's names, shapes and numbers.
    let state: Data

    /// Binds a result.
    ///
    /// - Parameters:
    ///   - basis: `RunBasis.digest`, of what the trainer used.
    ///   - state: what the result starts from.
    ///   - work: what was to be done, as the coordinator's job wrote it.
    ///   - attachments: the files that the work came with.
    init(basis: Data, state: StateDict, work: Data, attachments: [Attachment] = []) {
        self.state = state.contentDigest
        var hash = SHA256()
        hash.update(data: Data("lorad result binding 1".utf8))
        hash.update(framed: basis)
        hash.update(framed: self.state)
        hash.update(framed: work)
        for attachment in attachments {
            hash.update(framed: attachment.name)
            hash.update(framed: attachment.blob)
        }
        digest = Data(hash.finalize())
    }
}

extension StateDict {
    /// SHA-256 of names, shapes and numbers, in order.
    public var contentDigest: Data {
        var hash = SHA256()
        hash.update(data: Data("lorad state 1".utf8))
        for (name, tensor) in entries {
            hash.update(framed: Data(name.utf8))
            hash.update(framed: Data("\(tensor.shape)".utf8))
            tensor.withFloats { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        }
        return Data(hash.finalize())
    }
}
