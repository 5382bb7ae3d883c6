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
        let stream = KeyStream(key: randomness)
        return [UInt32](unsafeUninitializedCapacity: values.count + 1) { elements, count in
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
