import Foundation
import Synchronization
import Testing

@testable import Tensors
@testable import Training

@Suite("Lanes and the fixed tree of sums")
struct LanesTests {
    @Test("Every index is worked on once, whatever the number of lanes", arguments: [1, 2, 5])
    func indices(count: Int) throws {
        let lanes = Lanes(count: count)
        for total in [0, 1, 3, 100] {
            let seen = Mutex<[Int]>([])
            try lanes.forEach(total) { index in seen.withLock { $0.append(index) } }
            #expect(seen.withLock { $0.sorted() } == Array(0..<total))
        }
    }

    @Test("The first error comes out and the lanes go on working afterwards")
    func failure() throws {
        struct Failure: Error {}
        let lanes = Lanes(count: 3)
        #expect(throws: Failure.self) { try lanes.forEach(10) { if $0 == 4 { throw Failure() } } }
        let count = Mutex(0)
        try lanes.forEach(10) { _ in count.withLock { $0 += 1 } }
        #expect(count.withLock { $0 } == 10)
    }

    @Test("Lanes that have nothing to do take part in what another computes")
    func helping() throws {
        let threads = Mutex<Set<ObjectIdentifier>>([])
        try Lanes(count: 3).forEach(1) { _ in
            PartBoard.forEach(8) { _ in
                let deadline = Date(timeIntervalSinceNow: 30)
                _ = threads.withLock { $0.insert(ObjectIdentifier(Thread.current)) }
                while threads.withLock({ $0.count }) < 3, Date() < deadline { usleep(100) }
            }
        }
        #expect(threads.withLock { $0.count } == 3)
    }

    @Test("A sum has the same form in whatever order its terms come", arguments: 1...17)
    func order(count: Int) {
        func form(_ order: [Int]) -> String? {
            var sum = TreeSum<String>(count: count) { "(\($0)+\($1))" }
            for index in order { sum.insert("\(index)", at: index) }
            return sum.total
        }
        let reference = form(Array(0..<count))
        #expect(reference != nil)
        #expect(form((0..<count).reversed()) == reference)
        for _ in 0..<5 { #expect(form((0..<count).shuffled()) == reference) }
    }

    @Test("Neighbours are added first")
    func form() {
        var sum = TreeSum<String>(count: 5) { "(\($0)+\($1))" }
        for index in 0..<5 { sum.insert("\(index)", at: index) }
        #expect(sum.total == "(((0+1)+(2+3))+4)")
    }

    @Test("There is no total before the last term")
    func incomplete() {
        var sum = TreeSum<Int>(count: 3) { $0 + $1 }
        sum.insert(1, at: 0)
        sum.insert(1, at: 2)
        #expect(sum.total == nil)
        sum.insert(1, at: 1)
        #expect(sum.total == 3)
    }

    @Test("Micro-batches are consecutive, cover every row once, and are about equal")
    func microBatches() {
        var random = SplitMixLengths(seed: 5)
        for count in [1, 2, 3, 8, 33, 64] {
            let lengths = (0..<count).map { _ in random.next() }
            let parts = MicroBatches.split(lengths: lengths, targetTokens: 192)
            #expect(parts.flatMap { Array($0) } == Array(0..<count))
            #expect(parts.allSatisfy { !$0.isEmpty })
        }
        #expect(
            MicroBatches.split(lengths: Array(repeating: 256, count: 4), targetTokens: 192) == [
                0..<1, 1..<2, 2..<3, 3..<4,
            ])
        #expect(
            MicroBatches.split(lengths: Array(repeating: 90, count: 8), targetTokens: 192) == [
                0..<2, 2..<4, 4..<6, 6..<8,
            ])
        #expect(MicroBatches.split(lengths: Array(repeating: 10, count: 8), targetTokens: 192) == [0..<8])
    }
}

private struct SplitMixLengths {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return 1 + Int(state >> 54)
    }
}
