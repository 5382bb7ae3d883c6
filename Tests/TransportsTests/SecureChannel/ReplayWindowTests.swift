import Testing

@testable import Transports

@Suite("A replay window")
struct ReplayWindowTests {
    /// What a new window says to these numbers, one after the other.
    private func verdicts(_ numbers: [UInt64]) -> [Bool] {
        var window = ReplayWindow()
        return numbers.map { window.accept($0) }
    }

    @Test("takes each number once, in any order, as long as it is within the width")
    func once() {
        #expect(verdicts([1, 3, 2, 64, 63, 65]) == Array(repeating: true, count: 6))
        #expect(
            verdicts([1, 3, 64, 65, 1, 3, 64, 65, 2]) == [true, true, true, true, false, false, false, false, true])
    }

    @Test("never takes zero, and takes the largest number")
    func extremes() {
        #expect(verdicts([0, .max, .max, .max - 2047, .max - 2048, 1]) == [false, true, false, true, false, false])
    }

    @Test("forgets all that it knew when it is moved by more than its width")
    func leap() {
        var window = ReplayWindow()
        for number in 1...2112 as ClosedRange<UInt64> { _ = window.accept(number) }
        let leap: UInt64 = 640_000
        let fresh = [leap, leap - 1, leap - 2047].map { window.accept($0) }
        #expect(fresh == [true, true, true])
    }

    @Test("agrees with a set of all numbers seen, over random walks", arguments: 0..<8)
    func model(seed: Int) {
        var generator = SeededGenerator(state: UInt64(seed))
        var window = ReplayWindow()
        var seen: Set<UInt64> = []
        var highest: UInt64 = 0
        for _ in 0..<5000 {
            let reaches: [UInt64] = [40, 40, 40, 3000, 40_000]
            let reach = reaches.randomElement(using: &generator) ?? 40
            let base = highest > reach ? highest - reach : 1
            let number = UInt64.random(in: base...(highest + reach / 8 + 1), using: &generator)
            let isFresh = !seen.contains(number) && number + ReplayWindow.width > highest
            let verdict = window.accept(number)
            #expect(verdict == isFresh)
            if isFresh { seen.insert(number) }
            highest = max(highest, isFresh ? number : 0)
        }
    }
}
