import Foundation

/// Unicode decomposition (UAX 15) that says what became of each scalar.
enum Decomposition {
    /// The full decomposition of a text, in canonical order.
    static func changes(_ scalars: [UInt32], isCompatible: Bool) -> [AlignedText.Change] {
        var changes: [AlignedText.Change] = []
        var pending = 0
        for scalar in scalars {
            for (index, part) in parts(of: scalar, isCompatible: isCompatible).enumerated() {
                if combiningClass(part) == 0 {
                    sort(&changes, from: pending)
                    pending = changes.count + 1
                }
                changes.append((part, index == 0 ? 0 : 1))
            }
        }
        sort(&changes, from: pending)
        return changes
    }

    /// The canonical combining class of a scalar; 0 for starters.
    static func combiningClass(_ scalar: UInt32) -> UInt8 {
        scalar < 0x300 ? 0 : Unicode.Scalar(scalar)?.properties.canonicalCombiningClass.rawValue ?? 0
    }

    private static func parts(of scalar: UInt32, isCompatible: Bool) -> [UInt32] {
        guard scalar >= 0xA0, let character = Unicode.Scalar(scalar) else { return [scalar] }
        let text = String(character)
        let parts =
            isCompatible ? text.decomposedStringWithCompatibilityMapping : text.decomposedStringWithCanonicalMapping
        return parts.unicodeScalars.map(\.value)
    }

    /// Sorts the marks from `start` on by combining class; equal ones keep their order.
    private static func sort(_ changes: inout [AlignedText.Change], from start: Int) {
        guard changes.count - start > 1 else { return }
        for index in start + 1..<changes.count {
            var position = index
            while position > start,
                combiningClass(changes[position].scalar) < combiningClass(changes[position - 1].scalar)
            {
                changes.swapAt(position, position - 1)
                position -= 1
            }
        }
    }
}
