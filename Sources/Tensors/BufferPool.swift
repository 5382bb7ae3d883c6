import Foundation
import Synchronization

/// Keeps freed buffers for reuse, so training steps soon allocate nothing.
///
/// Sizes are rounded up to one of eight steps between powers of two (at most 12.5% more than asked for); each size has
/// its own list of free buffers. If that list is empty, a large request may get a buffer of up to twice the size, so
/// the decoder can reuse buffers of the vision tower.
public final class BufferPool: Sendable {
    /// Counts for reports and tests.
    public struct Statistics: Sendable, Equatable {
        /// Buffers taken from the system since the start.
        public var freshAllocations = 0
        /// Bytes in use now.
        public var bytesInUse = 0
        /// The most bytes in use at a time.
        public var peakBytesInUse = 0
        /// Bytes taken from the system and not returned.
        public var bytesReserved = 0
    }

    private struct State: ~Copyable {
        var free: [Int: [UInt]] = [:]  // addresses, by capacity
        var statistics = Statistics()
    }

    /// The pool of every tensor.
    public static let shared = BufferPool()

    private let state = Mutex(State())
    /// Whether buffers are overwritten with NaN when they come back, so it shows when something still reads them.
    private let checksUse = ProcessInfo.processInfo.environment["LORAD_CHECK_MEMORY"] == "1"

    /// What is in use now.
    public var statistics: Statistics { state.withLock { $0.statistics } }

    static func capacity(for byteCount: Int) -> Int {
        guard byteCount > 1024 else { return max((byteCount + 63) & ~63, 64) }
        let step = 1 << (Int.bitWidth - byteCount.leadingZeroBitCount - 4)
        return (byteCount + step - 1) & ~(step - 1)
    }

    /// Bytes from which on a buffer may be larger than what is asked for.
    private static let largeBytes = 1 << 16

    /// A 64-byte aligned buffer of at least `byteCount` bytes, contents unspecified, and its capacity.
    func take(_ byteCount: Int) -> (buffer: UnsafeMutableRawPointer, capacity: Int) {
        let wanted = Self.capacity(for: byteCount)
        let (reused, capacity): (UInt?, Int) = state.withLock { state in
            let capacity = Self.fitting(wanted, among: state.free)
            let buffer = state.free[capacity]?.popLast()
            state.statistics.bytesInUse += capacity
            state.statistics.peakBytesInUse = max(state.statistics.peakBytesInUse, state.statistics.bytesInUse)
            if buffer == nil {
                state.statistics.freshAllocations += 1
                state.statistics.bytesReserved += capacity
            }
            return (buffer, capacity)
        }
        let buffer =
            reused.flatMap { UnsafeMutableRawPointer(bitPattern: $0) }
            ?? UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 64)
        return (buffer, capacity)
    }

    /// The capacity that is wanted, or the least larger one of which a buffer is free while none of the former is.
    private static func fitting(_ wanted: Int, among free: [Int: [UInt]]) -> Int {
        guard wanted >= largeBytes, free[wanted]?.isEmpty ?? true else { return wanted }
        return free.lazy.filter { $0.key > wanted && $0.key <= 2 * wanted && !$0.value.isEmpty }.map(\.key).min()
            ?? wanted
    }

    /// Takes a buffer of `take` back.
    func give(_ buffer: UnsafeMutableRawPointer, capacity: Int) {
        let address = UInt(bitPattern: buffer)
        if checksUse { buffer.initializeMemory(as: UInt8.self, repeating: 0xFF, count: capacity) }
        state.withLock { state in
            state.statistics.bytesInUse -= capacity
            state.free[capacity, default: []].append(address)
        }
    }

    /// Returns every free buffer to the system.
    public func trim() {
        let addresses = state.withLock { state in
            for (capacity, list) in state.free { state.statistics.bytesReserved -= capacity * list.count }
            let addresses = state.free.values.flatMap { $0 }
            state.free.removeAll()
            return addresses
        }
        for address in addresses { UnsafeMutableRawPointer(bitPattern: address)?.deallocate() }
    }
}
