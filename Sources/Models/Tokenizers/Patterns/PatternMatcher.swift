/// Runs the instructions of a pattern over a text, with a stack of the places to go back to.
struct PatternMatcher {
    /// A place to go back to: an instruction, and the positions from `high` down to `low` to try it at.
    private struct Retry {
        var instruction: Int
        var low: Int
        var high: Int
    }

    let instructions: [PatternInstruction]
    let sets: [ScalarSet]
    let text: UnsafeBufferPointer<UInt32>
    /// The bits of all sets in one array, so a test is a load and takes no reference.
    private let basicPlanes: [UInt64]
    private var retries: [Retry] = []

    init(
        instructions: [PatternInstruction], sets: [ScalarSet], basicPlanes: [UInt64], text: UnsafeBufferPointer<UInt32>
    ) {
        self.instructions = instructions
        self.sets = sets
        self.basicPlanes = basicPlanes
        self.text = text
    }

    @inline(__always)
    private func contains(_ set: Int, _ scalar: UInt32) -> Bool {
        guard scalar < 0x10000 else { return sets[set].contains(scalar) }
        return basicPlanes[set << 10 | Int(scalar >> 6)] >> UInt64(scalar & 63) & 1 != 0
    }

    /// Where the match that starts at `start` and at the instruction `first` ends, if there is one.
    mutating func match(from first: Int, at start: Int) -> Int? {
        let bottom = retries.count
        defer { if retries.count > bottom { retries.removeLast(retries.count - bottom) } }
        var (instruction, position) = (first, start)
        while true {
            if case .accept = instructions[instruction] { return position }
            if let next = step(instruction, &position) {
                instruction = next
            } else if let next = retry(&position, above: bottom) {
                instruction = next
            } else {
                return nil
            }
        }
    }

    /// Carries out one instruction; the next one, or `nil` if it failed.
    private mutating func step(_ index: Int, _ position: inout Int) -> Int? {
        switch instructions[index] {
        case .set(let set):
            guard position < text.count, contains(set, text[position]) else { return nil }
            position += 1
        case .run(let set, let minimum, let maximum, let possessive):
            let limit = maximum < text.count - position ? position + maximum : text.count
            let low = position + minimum
            while position < limit, contains(set, text[position]) { position += 1 }
            guard position >= low else { return nil }
            if position > low, !possessive {
                retries.append(Retry(instruction: index + 1, low: low, high: position - 1))
            }
        case .branch(let first, let second):
            retries.append(Retry(instruction: second, low: position, high: position))
            return first
        case .jump(let target): return target
        case .lookahead(let negative, let end):
            return (match(from: index + 1, at: position) == nil) == negative ? end : nil
        case .atomic(let end):
            guard let matched = match(from: index + 1, at: position) else { return nil }
            position = matched
            return end
        case .lineStart: guard position == 0 || text[position - 1] == 0x0A else { return nil }
        case .lineEnd: guard position == text.count || text[position] == 0x0A else { return nil }
        case .textStart: guard position == 0 else { return nil }
        case .textEnd: guard position == text.count else { return nil }
        case .accept: return nil
        }
        return index + 1
    }

    private mutating func retry(_ position: inout Int, above bottom: Int) -> Int? {
        guard retries.count > bottom else { return nil }
        let last = retries.count - 1
        let entry = retries[last]
        position = entry.high
        if entry.high > entry.low { retries[last].high -= 1 } else { retries.removeLast() }
        return entry.instruction
    }
}
