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
        if blocking ?? 0 < combiningClass || blocking == nil,
            let composed = CompositionTable.canonical.composition(base.scalar, change.scalar)
        {
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

    /// Whether a text with this scalar may not be composed yet.
    static func mayChange(_ scalar: UInt32) -> Bool { CompositionTable.canonical.mayChange(scalar) }
}
