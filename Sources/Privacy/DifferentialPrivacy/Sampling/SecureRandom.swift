#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Words from the operating system's cryptographically secure generator, the source of `SystemRandomNumberGenerator`.
///
/// Taken a block at a time, since noise needs millions. A reference, so that no copy can hand out the same words
/// twice; a word is wiped once handed out. One thread at a time.
public final class SecureRandom: RandomNumberGenerator {
    private var block = [UInt64](repeating: 0, count: 512)
    private var used = 512

    /// A generator with nothing drawn yet.
    public init() {}

    /// The next word.
    public func next() -> UInt64 {
        if used == block.count { refill() }
        defer {
            block[used] = 0
            used += 1
        }
        return block[used]
    }

    private func refill() {
        #if canImport(Darwin)
            block.withUnsafeMutableBytes { arc4random_buf($0.baseAddress, $0.count) }
        #else
            block.withUnsafeMutableBytes { bytes in
                // At most 256 bytes a call are never cut short by a signal.
                for start in stride(from: 0, to: bytes.count, by: 256) {
                    let part = UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + 256])
                    // A system that has no randomness must not go on with zeros for noise.
                    guard getentropy(part.baseAddress, part.count) == 0 else {
                        fatalError("the operating system's random generator failed: no noise can be drawn")
                    }
                }
            }
        #endif
        used = 0
    }
}
