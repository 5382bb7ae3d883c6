import Foundation
import Tensors
import Testing

@testable import Federation

@Suite("Partitioners")
struct PartitionerTests {
    /// 300 rows of ten labels, the first the most frequent.
    static let labels = (0..<300).map { "label \(($0 * $0 / 7) % 10)" }

    private func partition(
        _ name: String, _ count: Int, labels: [String] = labels, seed: UInt64 = 1, concentration: Double = 0.5
    ) throws -> Partition {
        var options = PartitionOptions()
        options.concentration = concentration
        return try Partitioners.named(name, options).partition(PartitionRows(labels: labels), into: count, seed: seed)
    }

    @Test(
        "Every row is in exactly one part, and none is empty", arguments: Partitioners.names, [1, 2, 7, 299, 300])
    func everyRowOnce(_ name: String, _ count: Int) throws {
        for concentration in [0.001, 0.5, 1000] {
            let partition = try partition(name, count, concentration: concentration)
            #expect(partition.parts.count == count && partition.sizes.allSatisfy { $0 > 0 })
            #expect(partition.parts.flatMap { $0 }.sorted() == Array(0..<300))
            #expect(partition.parts.allSatisfy { $0 == $0.sorted() })
        }
    }

    @Test("More parts than rows leaves some empty and loses nothing", arguments: Partitioners.names)
    func fewRows(_ name: String) throws {
        let partition = try partition(name, 5, labels: ["x", "y", "x"])
        #expect(partition.sizes.sorted() == [0, 0, 1, 1, 1])
        #expect(try self.partition(name, 3, labels: []).sizes == [0, 0, 0])
    }

    @Test("The seed decides", arguments: ["iid", "dirichlet"])
    func seeds(_ name: String) throws {
        #expect(try partition(name, 5) == (try partition(name, 5)))
        #expect(try partition(name, 5) != (try partition(name, 5, seed: 2)))
    }

    @Test("Parts of iid differ by one row at most, and are shuffled")
    func even() throws {
        let partition = try partition("iid", 7)
        #expect(Set(partition.sizes) == [42, 43])
        #expect(partition.parts[0] != Array(0..<42))
        #expect(partition.description.hasPrefix("300 rows in 7 parts of 42 to 43: "))
    }

    /// The mean over parts of the most frequent label's share.
    private func skew(_ partition: Partition) -> Double {
        let shares = partition.parts.map { part in
            let counts = Dictionary(grouping: part) { Self.labels[$0] }.mapValues(\.count)
            return Double(counts.values.max() ?? 0) / Double(part.count)
        }
        return shares.reduce(0, +) / Double(shares.count)
    }

    @Test("A smaller concentration gives parts with fewer labels")
    func concentration() throws {
        let skews = try [0.01, 0.5, 1e6].map { skew(try partition("dirichlet", 5, concentration: $0)) }
        #expect(skews[0] > skews[1] && skews[1] > skews[2])
        #expect(skews[0] > 0.5)
    }

    @Test("A field's values stay together, one a part where the numbers agree")
    func field() throws {
        let values = Set(Self.labels)
        let partition = try partition("field", values.count)
        for part in partition.parts { #expect(Set(part.map { Self.labels[$0] }).count == 1) }
        let fewer = try self.partition("field", 3)
        for value in values {
            #expect(fewer.parts.count { part in part.contains { Self.labels[$0] == value } } == 1)
        }
    }

    @Test("Gamma variates have the mean and variance of their shape", arguments: [0.3, 1, 4.5])
    func gamma(_ alpha: Double) {
        var random = SplitMix64(seed: 11)
        let values = (0..<8_000).map { _ in exp(random.nextLogGamma(alpha)) }
        let mean = values.reduce(0, +) / 8_000
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 8_000
        #expect(abs(mean - alpha) < 0.06 * alpha.squareRoot())
        #expect(abs(variance - alpha) < 0.12 * alpha + 0.03)
    }

    @Test("Proportions add up to one, even for shapes whose variates underflow", arguments: [1e-6, 0.1, 100])
    func proportions(_ alpha: Double) {
        var random = SplitMix64(seed: 12)
        let shares = random.nextDirichlet(alpha, count: 8)
        #expect(abs(shares.reduce(0, +) - 1) < 1e-12 && shares.allSatisfy { $0 >= 0 })
    }

    @Test("Missing labels, no parts, a bad concentration and unknown names are refused")
    func refusals() throws {
        let even = try Partitioners.named("iid")
        #expect(try even.partition(PartitionRows(count: 4), into: 2, seed: 1).sizes == [2, 2])
        #expect(throws: FederationError.self) { try even.partition(PartitionRows(count: 4), into: 0, seed: 1) }
        for name in ["dirichlet", "field"] {
            let partitioner = try Partitioners.named(name)
            #expect(throws: FederationError.self) {
                try partitioner.partition(PartitionRows(count: 4), into: 2, seed: 1)
            }
        }
        #expect(throws: FederationError.self) { try partition("dirichlet", 2, concentration: 0) }
        #expect(throws: FederationError.self) { try Partitioners.named("random") }
    }
}
