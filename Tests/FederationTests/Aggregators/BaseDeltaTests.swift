import Tensors
import Testing

@testable import Federation

@Suite("What frozen weights gain")
struct BaseDeltaTests {
    private func delta() throws -> BaseDelta {
        let fixture = try RoundFixture(ranks: [3, 3, 2])
        return try #require(try fixture.aggregate(try Aggregators.named("flora")).baseDelta)
    }

    @Test("Compression is the best of its rank and reports what it discarded", arguments: 1...5)
    func best(_ rank: Int) throws {
        let delta = try delta()
        let compression = try delta.compressed(maxRank: rank)
        var (discarded, energy) = (0.0, 0.0)
        for (old, new) in zip(delta.modules, compression.delta.modules) {
            #expect(new.rank <= rank && new.module == old.module)
            let exact = RoundFixture.product(old.left, old.right, scale: 1)
            let values = JacobiSingularValues.of(exact)
            let tail = values.dropFirst(rank).reduce(0) { $0 + $1 * $1 }
            let error = RoundFixture.product(new.left, new.right, scale: 1).distance(to: exact)
            #expect(abs(error - tail.squareRoot()) < roundingError * values[0])
            let share = try #require(compression.discardedEnergy[old.module])
            #expect(abs(share - tail / exact.squaredNorm) < 1e-12)
            (discarded, energy) = (discarded + tail, energy + exact.squaredNorm)
        }
        #expect(abs(compression.totalDiscardedEnergy - discarded / energy) < 1e-12)
    }

    @Test("A tolerance drops as much as it allows and no more")
    func tolerance() throws {
        let delta = try delta()
        for tolerance in [0.05, 0.3, 0.7] {
            let compression = try delta.compressed(maxRank: 100, tolerance: tolerance)
            for (old, new) in zip(delta.modules, compression.delta.modules) {
                let exact = RoundFixture.product(old.left, old.right, scale: 1)
                let values = JacobiSingularValues.of(exact)
                let allowed = (0...values.count).first { rank in
                    values.dropFirst(rank).reduce(0) { $0 + $1 * $1 } <= tolerance * tolerance * exact.squaredNorm
                }
                #expect(new.rank == allowed)
            }
        }
    }

    @Test("A delta of zeros is compressed to nothing")
    func zero() throws {
        let factors = BaseDelta.Factors(module: "m", left: Tensor(zeros: [4, 2]), right: Tensor(zeros: [2, 3]))
        let compression = try BaseDelta([factors]).compressed(maxRank: 2)
        #expect(compression.delta.modules[0].rank == 0 && compression.totalDiscardedEnergy == 0)
        #expect(compression.delta.modules[0].left.shape == [4, 0])
    }

    @Test("Impossible limits are refused")
    func limits() throws {
        let delta = try delta()
        #expect(throws: FederationError.self) { try delta.compressed(maxRank: 0) }
        #expect(throws: FederationError.self) { try delta.compressed(maxRank: 1, tolerance: .nan) }
    }

    @Test("It is written and read back; a factor without its other is refused")
    func stateDict() throws {
        let delta = try delta()
        let read = try BaseDelta(delta.stateDict)
        #expect(read.modules.map(\.module) == delta.modules.map(\.module))
        #expect(read.stateDict.numbers == delta.stateDict.numbers && read.byteCount == delta.byteCount)
        for name in delta.stateDict.names.prefix(2) {
            var state = delta.stateDict
            state[name] = nil
            #expect(throws: FederationError.self) { try BaseDelta(state) }
        }
    }
}
