import Testing

@testable import Federation

@Suite("The pace of a link")
struct LinkPaceTests {
    /// Moves pieces over a link of so many bytes a second.
    private func pace(at rate: Double, pieces: Int, limit: Int? = nil) -> LinkPace {
        var pace = LinkPace(limit: limit)
        for _ in 0..<pieces { pace.delivered(pace.pieceSize, in: .seconds(Double(pace.pieceSize) / rate)) }
        return pace
    }

    @Test("grows to whole chunks on a fast link")
    func fast() {
        #expect(LinkPace().pieceSize == 128 << 10)
        #expect(pace(at: 1e8, pieces: 3).pieceSize == 1 << 20)
        #expect(pace(at: 1e8, pieces: 100).pieceSize == 1 << 20)
        #expect(pace(at: 1e8, pieces: 3).patience(for: 1 << 20) == LinkPace.leastPatience)
    }

    @Test("settles where a piece takes from half a goal to twice a goal", arguments: [20e3, 50e3, 120e3, 400e3])
    func slow(_ rate: Double) {
        let pace = pace(at: rate, pieces: 50)
        let time = Duration.seconds(Double(pace.pieceSize) / rate)
        #expect(time <= LinkPace.goal * 2 && (time >= LinkPace.goal / 2 || pace.pieceSize == LinkPace.sizes.upperBound))
        #expect(abs((pace.rate ?? 0) / rate - 1) < 1e-6)
        #expect(pace.patience(for: pace.pieceSize) >= time * 6 - .milliseconds(1))
    }

    @Test("never asks for less than the smallest piece, however slow the link")
    func slowest() {
        let pace = pace(at: 100, pieces: 20)
        #expect(pace.pieceSize == LinkPace.sizes.lowerBound)
        #expect(pace.patience(for: 32 << 10) > .seconds(1_900))
    }

    @Test("halves pieces and doubles patience with every time-out, until one gets through")
    func timeouts() {
        var pace = pace(at: 1e8, pieces: 3)
        let usual = pace.patience(for: 1 << 20)
        for _ in 0..<3 { pace.timedOut() }
        #expect(pace.pieceSize == 128 << 10 && pace.patience(for: 1 << 20) == usual * 8)
        for _ in 0..<40 { pace.timedOut() }
        #expect(pace.pieceSize == LinkPace.sizes.lowerBound && pace.patience(for: 1 << 20) == usual * 32)
        pace.delivered(pace.pieceSize, in: .milliseconds(1))
        #expect(pace.patience(for: 1 << 20) < usual * 2)
    }

    @Test("waits the usual time where nothing was measured")
    func unknown() { #expect(LinkPace().patience(for: 1 << 20) == .seconds(20)) }

    @Test("asks for no more than a second's worth of a limited rate")
    func limited() {
        #expect(pace(at: 1e8, pieces: 20, limit: 500_000).pieceSize == 500_000)
        #expect(pace(at: 1e8, pieces: 20, limit: 64_000).pieceSize == 64_000)
        #expect(LinkPace(limit: 64_000).pieceSize == 64_000)
    }

    @Test("does not take the round trip of a short piece for the link's rate")
    func shortPieces() {
        var pace = pace(at: 1e6, pieces: 5)
        let before = pace
        pace.delivered(10_000, in: .milliseconds(1))
        #expect(pace == before)
    }
}
