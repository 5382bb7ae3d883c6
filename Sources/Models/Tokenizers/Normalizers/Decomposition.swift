/// Unicode decomposition (UAX 15) that says what became of each scalar.
enum Decomposition {
    /// The version of Unicode the reference implementation normalises by; what came later stays as it is there.
    static let unicodeVersion = 9

    /// The full decomposition of a text, in canonical order.
    static func changes(_ scalars: [UInt32], _ table: DecompositionTable) -> [AlignedText.Change] {
        var changes: [AlignedText.Change] = []
        var pending = 0
        for scalar in scalars {
            for (index, part) in table.decomposition(of: scalar).enumerated() {
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
        guard scalar >= 0x300, let properties = Unicode.Scalar(scalar)?.properties else { return 0 }
        return isKnown(properties) ? properties.canonicalCombiningClass.rawValue : 0
    }

    /// Whether a scalar was there when the reference's tables were made.
    static func isKnown(_ properties: Unicode.Scalar.Properties) -> Bool {
        properties.age.map { $0.major <= unicodeVersion } ?? false
    }

    /// Sorts the marks from `start` on by combining class; equal ones keep their order.
    private static func sort(_ changes: inout [AlignedText.Change], from start: Int) {
        guard changes.count - start > 1 else { return }
        let marks = changes[start...].enumerated().map { index, change in
            (order: combiningClass(change.scalar), index: index, change: change)
        }
        let sorted = marks.sorted { ($0.order, $0.index) < ($1.order, $1.index) }
        changes.replaceSubrange(start..., with: sorted.map { $0.change })
    }
}
