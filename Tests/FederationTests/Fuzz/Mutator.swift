import Foundation
import Tensors

/// Damages bytes in the ways that break decoders: flipped bits, extreme numbers, pieces cut out, doubled, or taken from
/// another input. The same seed gives the same damage.
struct Mutator {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// A number below a limit; 0 where the limit is.
    mutating func draw(_ limit: Int) -> Int { limit > 0 ? Int(random.next() % UInt64(limit)) : 0 }

    /// One of the inputs, damaged once to four times; a slice, whose indices do not begin at zero.
    mutating func damaged(_ inputs: [Data]) -> Data {
        var bytes = [UInt8](inputs[draw(inputs.count)])
        for _ in 0...draw(4) { damage(&bytes, with: inputs) }
        return Data([7] + bytes).dropFirst()
    }

    private mutating func damage(_ bytes: inout [UInt8], with inputs: [Data]) {
        let place = draw(bytes.count + 1)
        let rest = min(bytes.count - place, 1 + draw(24))
        switch draw(7) {
        case 0: if place < bytes.count { bytes[place] ^= 1 << UInt8(draw(8)) }
        case 1: bytes.replaceSubrange(place..<place + rest, with: extreme())
        case 2: bytes.removeLast(bytes.count - place)
        case 3: bytes.removeSubrange(place..<place + rest)
        case 4: bytes.insert(contentsOf: Array(bytes[place..<place + rest]), at: place)
        case 5: bytes.insert(contentsOf: extreme(), at: place)
        default:
            let other = [UInt8](inputs[draw(inputs.count)])
            bytes = Array(bytes.prefix(place)) + other.dropFirst(draw(other.count + 1))
        }
    }

    /// A number at the edge of its type, as a fixed or a variable number of bytes.
    private mutating func extreme() -> [UInt8] {
        let numbers: [UInt64] = [0, 1, 0x7F, 0x80, 0xFFFF, 1 << 31, 1 << 32, 1 << 62, 1 << 63, .max, .max - 1]
        var number = numbers[draw(numbers.count)]
        switch draw(3) {
        case 0: return withUnsafeBytes(of: number.littleEndian) { [UInt8]($0) }
        case 1: return withUnsafeBytes(of: UInt32(truncatingIfNeeded: number).littleEndian) { [UInt8]($0) }
        default:
            var bytes: [UInt8] = []
            while number >= 0x80 {
                bytes.append(UInt8(number & 0x7F) | 0x80)
                number >>= 7
            }
            return bytes + [UInt8(number)]
        }
    }
}
