import Synchronization

/// Gives out the sequence numbers of one direction, each once, and stops before a key has sealed too much.
///
/// The bounds keep the advantage of telling AES-GCM from a random function below 2⁻⁵⁶: with σ blocks under one key it is
/// about (σ + q)²/2¹²⁹ (draft-irtf-cfrg-aead-limits §5.1.1), here σ = 2³⁶ blocks, which are 1 TiB, and q = 2³² records.
final class RecordCounter: Sendable {
    static let recordLimit: UInt64 = 1 << 32
    static let blockLimit: UInt64 = 1 << 36

    private struct State {
        var records: UInt64
        var blocks: UInt64
    }

    private let state: Mutex<State>

    init(records: UInt64 = 0, blocks: UInt64 = 0) { state = Mutex(State(records: records, blocks: blocks)) }

    /// The next number, from 1, for a record with so many bytes of plaintext.
    ///
    /// - Throws: `TransportError.closed` when the session is used up.
    func next(byteCount: Int) throws -> UInt64 {
        let blocks = UInt64(byteCount) / 16 + 1
        return try state.withLock { state in
            guard state.records < Self.recordLimit, state.blocks + blocks <= Self.blockLimit else {
                throw TransportError(.closed, "the session has sealed all that its key may: shake hands again")
            }
            state.records += 1
            state.blocks += blocks
            return state.records
        }
    }
}
