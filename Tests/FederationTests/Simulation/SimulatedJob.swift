import Foundation
import Tensors

@testable import Federation

/// A toy job of a simulation: a round's state is a number, and a task's result a sum of terms that depend on it. So the
/// last number tells which terms counted, in which round, and how often.
protocol SimulatedJob: Job {
    /// What survives a crash, and tells a round's state from every other.
    var disk: SimulatedDisk { get }
    /// The leaves that a task's result is the sum of.
    func leaves(of task: UInt64) -> Range<Int>
}

/// What survives a crash of the coordinator.
struct SimulatedDisk: Equatable {
    var round: Int
    var state: Int64 = 1

    /// The state that the round's tasks start from, as the run's blobs have it.
    var bytes: Data { withUnsafeBytes(of: (Int64(round), state)) { Data($0) } }

    init(round: Int = 0) { self.round = round }

    init?(_ bytes: Data) {
        guard bytes.count == 16 else { return nil }
        round = Int(bytes.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) })
        state = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 8, as: Int64.self) }
    }

    /// Goes on to the next round with a sum of terms.
    mutating func advance(by sum: Int64) {
        state = state &* 3 &+ sum
        round += 1
    }

    /// A leaf's term.
    func term(_ leaf: Int) -> Int64 { (state &+ Int64(leaf)) &* 0x9E37_79B9_7F4A_7C1 }

    /// The sum of some leaves' terms.
    func sum(_ leaves: Range<Int>) -> Int64 { leaves.reduce(0) { $0 &+ term($1) } }
}

/// Some leaves, as a task's work or its number.
extension UInt64 {
    init(leaves: Range<Int>) { self = UInt64(leaves.lowerBound) << 32 | UInt64(leaves.upperBound) }

    var leaves: Range<Int> { Int(self >> 32)..<Int(self & 0xFFFF_FFFF) }
}

extension WorkOrder {
    init(leaves: Range<Int>) { self.init(work: withUnsafeBytes(of: UInt64(leaves: leaves)) { Data($0) }) }
}

extension Contribution {
    /// The number that a toy update is.
    func sum() throws -> Int64 {
        guard let value = update["sum"]?.integerValues.first else {
            throw FederationError(.invalidUpdate, "no sum")
        }
        return value
    }
}
