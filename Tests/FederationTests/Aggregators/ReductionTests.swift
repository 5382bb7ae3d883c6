import Synchronization
import Tensors
import Testing

@testable import Federation

@Suite("Reductions over updates")
struct ReductionTests {
    @Test("Results come in order, whichever thread made them")
    func order() throws {
        #expect(try concurrentMap(100) { $0 * $0 } == (0..<100).map { $0 * $0 })
        #expect(try concurrentMap(0) { $0 }.isEmpty)
    }

    @Test("Every index is tried, and the error of the lowest that failed is thrown")
    func errors() {
        let tried = Mutex(Set<Int>())
        let error = #expect(throws: FederationError.self) {
            try concurrentMap(50) { index in
                _ = tried.withLock { $0.insert(index) }
                if index % 7 == 3 { throw FederationError(.cancelled, "\(index)") }
            }
        }
        #expect(error?.message == "3")
        #expect(tried.withLock { $0.count } == 50)
    }

    @Test("Pieces cover every element once, and empty tensors have none", arguments: [1, 5, 64])
    func pieces(_ length: Int) {
        let counts = [0, 1, 5, 64, 129]
        let pieces = Piece.cut(counts, into: length)
        for (tensor, count) in counts.enumerated() {
            #expect(pieces.filter { $0.tensor == tensor }.flatMap(\.elements) == Array(0..<count))
        }
        #expect(pieces.allSatisfy { $0.elements.count <= length })
    }

    @Test("A compensated sum keeps what cancellation uncovers")
    func compensatedSum() {
        var sum = CompensatedSum()
        for term in [1e30, 1, -1e30, 1e-30] { sum.add(term) }
        #expect(sum.value == 1 + 1e-30)
    }

    @Test("The network sorts every sequence of zeros and ones, and so every sequence", arguments: 1...12)
    func zeroOnePrinciple(_ count: Int) throws {
        let exchanges = try OrderStatistics(of: count, keeping: 0...count - 1).exchanges
        for pattern in 0..<(1 << count) {
            var bits = pattern
            for pair in stride(from: 0, to: exchanges.count, by: 2) {
                let (low, high) = (Int(exchanges[pair]), Int(exchanges[pair + 1]))
                if bits >> low & 1 == 1, bits >> high & 1 == 0 { bits ^= 1 << low | 1 << high }
            }
            let ones = pattern.nonzeroBitCount
            #expect(bits == (1 << count) - (1 << (count - ones)))
        }
    }

    @Test("The median needs fewer exchanges than sorting")
    func pruning() throws {
        let all = try OrderStatistics(of: 20, keeping: 0...19).exchanges.count
        #expect(try OrderStatistics(of: 20, keeping: 9...10).exchanges.count < all)
        #expect(throws: FederationError.self) { try OrderStatistics(of: 65_536, keeping: 0...0) }
    }

    @Test("Matrices are cut, padded and joined")
    func matrices() {
        let matrix = Tensor([1, 2, 3, 4], shape: [2, 2])
        #expect(matrix.resized(columns: 1, scaledBy: 2).values == [2, 6])
        #expect(matrix.resized(columns: 3).values == [1, 2, 0, 3, 4, 0])
        #expect(matrix.padded(rows: 3).values == [1, 2, 3, 4, 0, 0])
        let column = Tensor([5, 6], shape: [2, 1])
        #expect(Tensor.joined(columns: [matrix, column]).values == [1, 2, 5, 3, 4, 6])
        #expect(Tensor.joined(rows: [column, column]).values == [5, 6, 5, 6])
    }

    @Test("A result that is no longer finite is refused, in factors and in deltas")
    func overflow() throws {
        var fixture = try RoundFixture(ranks: [1, 1])
        let huge = Tensor(Array(repeating: Float.greatestFiniteMagnitude, count: 7), shape: [1, 7])
        for index in 0..<2 { fixture.updates[index].state["m.q.lora_A.weight"] = huge }
        let error = #expect(throws: FederationError.self) {
            try fixture.aggregate(try Aggregators.named("flora"))
        }
        #expect(error?.message.contains("m.q") == true)
        let difference = StateDict(fixture.updates[0].state.entries.map { ($0.name, $0.tensor) })
        var start = fixture.start.state
        start["m.q.lora_A.weight"] = huge
        let round = try RoundStart(state: start, layout: fixture.start.layout, round: 0)
        #expect(throws: FederationError.self) {
            try Aggregators.linear(named: "mean").result(ofMeanDifference: difference, from: round)
        }
    }
}
