/// An open-addressing hash table from one 64-bit key to one 64-bit value, for keys packed from two numbers.
struct PairTable: Sendable {
    private struct Slot {
        var key = UInt64.max
        var value: UInt64 = 0
    }

    private var slots: [Slot]
    private var shift: UInt64
    private(set) var count = 0

    /// An empty table with room for `capacity` entries before it grows.
    init(capacity: Int = 8) {
        let bits = max(4, Int.bitWidth - (2 * capacity - 1).leadingZeroBitCount)
        slots = Array(repeating: Slot(), count: 1 << bits)
        shift = UInt64(64 - bits)
    }

    /// The key of a pair of ids or of a state and a scalar.
    @inline(__always)
    static func key(_ first: UInt32, _ second: UInt32) -> UInt64 { UInt64(first) << 32 | UInt64(second) }

    /// The value of a key that may be any but `UInt64.max`.
    subscript(key: UInt64) -> UInt64? {
        @inline(__always) get {
            slots.withUnsafeBufferPointer { slots in
                var index = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) &>> shift)
                while true {
                    let slot = slots[index]
                    if slot.key == key { return slot.value }
                    if slot.key == .max { return nil }
                    index = (index &+ 1) & (slots.count &- 1)
                }
            }
        }
    }

    /// Sets the value of a key.
    mutating func insert(_ key: UInt64, _ value: UInt64) {
        if count * 2 >= slots.count { grow() }
        let index = slot(of: key)
        if slots[index].key == .max { count += 1 }
        slots[index] = Slot(key: key, value: value)
    }

    private func slot(of key: UInt64) -> Int {
        var index = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) &>> shift)
        while slots[index].key != key, slots[index].key != .max { index = (index + 1) & (slots.count - 1) }
        return index
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Slot(), count: old.count * 2)
        shift -= 1
        for entry in old where entry.key != .max { slots[slot(of: entry.key)] = entry }
    }
}
