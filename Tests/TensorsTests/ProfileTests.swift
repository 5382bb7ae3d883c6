import Foundation
import Testing

@testable import Tensors

@Suite("Profiles", .serialized)
struct ProfileTests {
    private func event(
        _ name: String, _ start: UInt64, _ end: UInt64, operations: Double = 0, product: ProfileEvent.Product? = nil
    ) -> ProfileEvent {
        ProfileEvent(
            name: name, direction: .forward, start: start, end: end, operations: operations, product: product)
    }

    @Test("Time within an inner operation is the inner one's, time within a product its operation's")
    func nesting() throws {
        let product = ProfileEvent.Product(m: 2, n: 3, k: 4, type: .float32, layout: "NT", accumulates: false)
        let summary = ProfileSummary([
            [
                event("product", 2_000, 5_000, operations: 48, product: product),
                event("linear", 1_000, 6_000, operations: 48), event("checkpoint", 0, 10_000, operations: 48),
            ]
        ])
        let linear = try #require(summary.lines.first { $0.name == "linear" })
        let checkpoint = try #require(summary.lines.first { $0.name == "checkpoint" })
        #expect(abs(linear.seconds - 5e-6) < 1e-12 && abs(linear.productSeconds - 3e-6) < 1e-12)
        #expect(linear.operations == 48 && checkpoint.operations == 0)
        #expect(abs(checkpoint.seconds - 5e-6) < 1e-12)
        #expect(summary.products.map(\.count) == [1])
        #expect(product.operations == 48)
    }

    @Test("The trace is JSON with an event for each, in microseconds since the first")
    func trace() throws {
        let data = try ProfileTrace.json([[event("a", 5_000, 7_000)], [event("b", 6_000, 9_000, operations: 6_000)]])
        let file = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let events = try #require(file["traceEvents"] as? [[String: Any]])
        #expect(events.map { $0["ts"] as? Double } == [0, 1])
        #expect(events.map { $0["dur"] as? Double } == [2, 3])
        #expect(events.map { $0["tid"] as? Int } == [1, 2])
        #expect((events[1]["args"] as? [String: Double])?["GFLOP/s"] == 2)
    }
}
