import Testing

@testable import Federation

@Suite("A limited rate")
struct ByteRateTests {
    @Test("lets a steady stream pass at its limit, whatever the sizes", arguments: [1_000, 64_000, 1 << 20])
    func steady(_ size: Int) {
        var rate = ByteRate(limit: 2_000_000)
        var now = Duration.zero
        let count = 40_000_000 / size
        for _ in 0..<count { now += rate.take(size, at: now) }
        let seconds = Double(count * size) / 2e6
        #expect(abs(now / .seconds(1) - seconds) <= 0.26, "\(now)")
    }

    @Test("saves up no more than a quarter of a second while nothing passes")
    func pauses() {
        var rate = ByteRate(limit: 1_000)
        #expect(rate.take(250, at: .seconds(100)) == .zero)
        #expect(rate.take(1_000, at: .seconds(100)) == .seconds(1))
        #expect(rate.take(0, at: .seconds(200)) == .zero)
        #expect(rate.take(1_250, at: .seconds(200)) == .seconds(1))
    }

    @Test("holds back what comes after a large piece, and not for longer")
    func debts() {
        var rate = ByteRate(limit: 1_000)
        #expect(rate.take(4_250, at: .seconds(10)) == .seconds(4))
        #expect(rate.take(1_000, at: .seconds(12)) == .seconds(3))
        #expect(rate.take(0, at: .seconds(16)) == .zero)
    }
}
