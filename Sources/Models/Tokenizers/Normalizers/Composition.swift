import Foundation

/// Unicode canonical composition (UAX 15) that says what became of each scalar.
struct Composition {
    private var result: [AlignedText.Change] = []
    private var starter: AlignedText.Change?
    private var marks: [AlignedText.Change] = []

    /// Composes a decomposed text.
    static func changes(_ decomposed: [AlignedText.Change]) -> [AlignedText.Change] {
        var composition = Composition()
        for change in decomposed { composition.add(change) }
        composition.flush()
        return composition.result
    }

    private mutating func add(_ change: AlignedText.Change) {
        let combiningClass = Decomposition.combiningClass(change.scalar)
        guard let base = starter else {
            if combiningClass == 0 { starter = change } else { result.append(change) }
            return
        }
        let blocking = marks.last.map { Decomposition.combiningClass($0.scalar) }
        if blocking ?? 0 < combiningClass || blocking == nil, let composed = Self.compose(base.scalar, change.scalar) {
            starter = (composed, base.change + change.change - 1)
        } else if combiningClass == 0 {
            flush()
            starter = change
        } else {
            marks.append(change)
        }
    }

    private mutating func flush() {
        if let starter { result.append(starter) }
        result += marks
        starter = nil
        marks.removeAll(keepingCapacity: true)
    }

    private static func compose(_ first: UInt32, _ second: UInt32) -> UInt32? {
        guard second >= 0x300, let first = Unicode.Scalar(first), let second = Unicode.Scalar(second) else {
            return nil
        }
        let composed = (String(first) + String(second)).precomposedStringWithCanonicalMapping.unicodeScalars
        return composed.count == 1 ? composed.first?.value : nil
    }
}
