import CKernels
public import Crypto
import Foundation

extension FixedPoint {
    /// The ring elements of one worker: those of its values, then its weight.
    ///
    /// - Parameters:
    ///   - values: The worker's vector, not yet clipped or weighted.
    ///   - weight: How much the vector counts, 1…``largestWeight``.
    ///   - randomness: 32 fresh bytes that decide the roundings; never used twice.
    /// - Returns: `values.count + 1` elements below 2^bits.
    /// - Throws: ``PrivacyError/Code/invalidValue`` for a value that is not finite or a weight out of range.
    public func encode(
        _ values: UnsafeBufferPointer<Float>, weight: Int, randomness: SymmetricKey = SymmetricKey(size: .bits256)
    ) throws -> [UInt32] {
        guard (1...largestWeight).contains(weight) else {
            throw PrivacyError(.invalidValue, "a worker's weight is \(weight); 1 to \(largestWeight) were agreed")
        }
        let factor = try shrink(values) * Double(weight) * scale
        guard case .norm = clip else { return rounded(values, factor, weight, KeyStream(key: randomness)) }
        let bound = normBound(ofWeight: weight, dimension: values.count)
        for attempt in 0..<Self.attempts {
            let elements = rounded(values, factor, weight, Self.stream(randomness, attempt))
            if RoundedNorm.isWithin(bound, elements.dropLast().lazy.map(integer)) { return elements }
        }
        throw PrivacyError(
            .invalidValue, "rounding did not stay within the norm \(bound) in \(Self.attempts) attempts: clip first")
    }

    /// The L2 norm of a worker's elements, in steps, where the clip is one: what noise on the sum must hide.
    ///
    /// Rounding at random lengthens a vector; it is tried again until this bound holds (conditional rounding, DDGauss,
    /// arXiv 2102.06387, section 4.1), which takes 2.6 attempts on average at most.
    public func normBound(ofWeight weight: Int = 1, dimension: Int) -> Double {
        RoundedNorm.l2(clip.bound * Double(weight) * scale, dimension: dimension)
    }

    private static let attempts = 1_000

    /// Fresh randomness for each attempt; that of the first is the key's own.
    private static func stream(_ key: SymmetricKey, _ attempt: Int) -> KeyStream {
        guard attempt > 0 else { return KeyStream(key: key) }
        let label = Data("lorad secure aggregation 1: rounding, attempt \(attempt)".utf8)
        return KeyStream(key: HKDF<SHA256>.deriveKey(inputKeyMaterial: key, info: label, outputByteCount: 32))
    }

    private func rounded(
        _ values: UnsafeBufferPointer<Float>, _ factor: Double, _ weight: Int, _ stream: KeyStream
    ) -> [UInt32] {
        [UInt32](unsafeUninitializedCapacity: values.count + 1) { elements, count in
            for start in stride(from: 0, to: values.count, by: KeyStream.pieceWords) {
                let end = min(start + KeyStream.pieceWords, values.count)
                round(
                    UnsafeBufferPointer(rebasing: values[start..<end]), factor: factor,
                    limit: clip.bound * Double(weight) * scale, stream: stream, from: start,
                    into: UnsafeMutableBufferPointer(rebasing: elements[start..<end]))
            }
            elements[values.count] = UInt32(weight)
            count = values.count + 1
        }
    }

    /// The ring elements of one worker, from an array.
    ///
    /// - Throws: As the other `encode`.
    public func encode(
        _ values: [Float], weight: Int, randomness: SymmetricKey = SymmetricKey(size: .bits256)
    ) throws -> [UInt32] {
        try values.withUnsafeBufferPointer { try encode($0, weight: weight, randomness: randomness) }
    }

    /// The factor that clips the norm, or one.
    private func shrink(_ values: UnsafeBufferPointer<Float>) throws -> Double {
        var squares = 0.0
        for value in values { squares += Double(value) * Double(value) }
        guard squares.isFinite else {
            let index = values.firstIndex { !$0.isFinite } ?? 0
            throw PrivacyError(
                .invalidValue,
                "value \(index) of a worker's vector is \(values[index]): only finite values can be summed; "
                    + "look for a diverged step, a learning rate that is too high")
        }
        guard case .norm(let bound) = clip, squares > bound * bound else { return 1 }
        return bound / squares.squareRoot()
    }

    /// ⌊v⌋ + [u < v − ⌊v⌋] for v = clamp(value·factor) and u uniform in [0, 1), so that the expectation is v.
    private func round(
        _ values: UnsafeBufferPointer<Float>, factor: Double, limit: Double, stream: KeyStream, from start: Int,
        into elements: UnsafeMutableBufferPointer<UInt32>
    ) {
        let mask = UInt32.max >> UInt32(32 - bits)
        stream.bytes(from: start, words: values.count).withUnsafeBytes { random in
            #if _endian(little)
                if let source = values.baseAddress, let target = elements.baseAddress, let bytes = random.baseAddress {
                    return lorad_round_to_words(source, target, bytes, values.count, factor, limit, mask)
                }
            #endif
            for index in values.indices {
                let value = max(-limit, min(limit, Double(values[index]) * factor))
                let floor = value.rounded(.down)
                let draw = random.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
                let up: Int64 = Double(UInt32(littleEndian: draw)) < (value - floor) * 4_294_967_296 ? 1 : 0
                elements[index] = UInt32(truncatingIfNeeded: Int64(floor) + up) & mask
            }
        }
    }
}
