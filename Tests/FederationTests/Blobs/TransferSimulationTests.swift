import Foundation
import Tensors
import Testing

@testable import Federation

/// A sender and an inbox joined by a network that loses, damages, repeats and reorders, in virtual time.
@Suite("A blob sent over a bad network")
struct TransferSimulationTests {
    private struct Message {
        var index: Int
        var chunk: Data
        var arrival: Duration
    }

    private let inbox = BlobInbox(limits: .init(memory: 10_000, sender: 10_000))

    @Test("arrives whole", arguments: 1...8 as ClosedRange<UInt64>)
    func arrives(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let blob = try sampleBlob(3050)
        _ = try inbox.begin(blob.manifest, from: "worker", now: .zero)
        var network: [Message] = []
        var now = Duration.zero
        while try inbox.missing(of: blob.id, now: now).count > 0 {
            for index in try inbox.missing(of: blob.id, now: now).indices {
                network += try messages(of: index, blob, now, &random)
            }
            now += .milliseconds(500)
            for message in network where message.arrival <= now {
                _ = try? inbox.put(message.chunk, at: message.index, of: blob.id, now: now)
            }
            network.removeAll { $0.arrival <= now }
            try #require(now < .seconds(60))
        }
        #expect(try inbox.take(blob.id, now: now).bytes() == sampleBytes(3050))
    }

    private func messages(
        of index: Int, _ blob: Blob, _ now: Duration, _ random: inout SplitMix64
    ) throws -> [Message] {
        try (0..<random.next(below: 3)).map { _ in
            var chunk = Data(try blob.chunk(index))
            if random.next(below: 4) == 0 { chunk[random.next(below: chunk.count)] ^= 16 }
            return Message(index: index, chunk: chunk, arrival: now + .milliseconds(random.next(below: 3000)))
        }
    }
}
