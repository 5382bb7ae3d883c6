import CKernels
import Foundation

/// Ring elements as they travel: `bits` bits each, without gaps, the lowest bit first; a last byte is filled with zeros.
enum PackedElements {
    /// The elements of one chunk but the last: a multiple of eight, so that every chunk begins at a whole byte.
    static let chunkElements = 1 << 18

    static func byteCount(_ elements: Int, bits: Int) -> Int { (elements * bits + 7) / 8 }

    static func chunkCount(_ elements: Int) -> Int { (elements + chunkElements - 1) / chunkElements }

    /// The elements of chunk `index` among `elements`.
    static func range(ofChunk index: Int, of elements: Int) -> Range<Int> {
        index * chunkElements..<min((index + 1) * chunkElements, elements)
    }

    /// Elements below 2^bits, packed.
    static func pack(_ elements: UnsafeBufferPointer<UInt32>, bits: Int) -> Data {
        #if _endian(little)
            if bits == 32 { return Data(buffer: elements) }
        #endif
        var packed = Data(count: byteCount(elements.count, bits: bits))
        packed.withUnsafeMutableBytes { bytes in
            var pending: UInt64 = 0
            var filled = 0
            var offset = 0
            for element in elements {
                pending |= UInt64(element) << UInt64(filled)
                filled += bits
                if filled >= 32 {
                    bytes.storeBytes(
                        of: UInt32(truncatingIfNeeded: pending).littleEndian, toByteOffset: offset, as: UInt32.self)
                    pending >>= 32
                    filled -= 32
                    offset += 4
                }
            }
            while filled > 0 {
                bytes[offset] = UInt8(truncatingIfNeeded: pending)
                pending >>= 8
                filled -= 8
                offset += 1
            }
        }
        return packed
    }

    /// Adds (or takes away) packed elements, modulo 2^32: the caller reduces to the ring at the end.
    ///
    /// - Returns: False, with nothing done, where the length is not that of the elements or the last bits are not zero.
    static func apply(
        _ packed: Data, bits: Int, sign: MaskSign, to sum: UnsafeMutableBufferPointer<UInt32>
    ) -> Bool {
        guard packed.count == byteCount(sum.count, bits: bits) else { return false }
        let spare = 8 * packed.count - sum.count * bits
        guard (packed.last ?? 0) >> UInt8(8 - spare) == 0 || spare == 0 else { return false }
        packed.withUnsafeBytes { bytes in
            #if _endian(little)
                if bits == 32, let words = bytes.baseAddress, let target = sum.baseAddress {
                    return lorad_add_words(target, words, sum.count, sign.factor)
                }
            #endif
            var pending: UInt64 = 0
            var filled = 0
            var offset = 0
            let mask = UInt64(UInt32.max >> UInt32(32 - bits))
            for index in sum.indices {
                if filled < bits { fill(&pending, &filled, &offset, from: bytes) }
                let element = UInt32(truncatingIfNeeded: pending & mask)
                sum[index] = sign == .plus ? sum[index] &+ element : sum[index] &- element
                pending >>= UInt64(bits)
                filled -= bits
            }
        }
        return true
    }

    /// Reads four bytes more, or what is left.
    @inline(__always)
    private static func fill(
        _ pending: inout UInt64, _ filled: inout Int, _ offset: inout Int, from bytes: UnsafeRawBufferPointer
    ) {
        if offset + 4 <= bytes.count {
            let word = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            pending |= UInt64(word) << UInt64(filled)
            filled += 32
            offset += 4
        } else {
            while offset < bytes.count {
                pending |= UInt64(bytes[offset]) << UInt64(filled)
                filled += 8
                offset += 1
            }
        }
    }
}
