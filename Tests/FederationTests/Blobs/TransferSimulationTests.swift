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

    private let folder: ScratchFolder
    private let policy = ChunkTransfer.Policy(
        window: 4, timeout: .seconds(2), pause: .milliseconds(100), attempts: 40)
    private let limits = BlobInbox.Limits(memory: 10_000, disk: 10_000, sender: 10_000)

    init() throws { folder = try ScratchFolder() }

    @Test("arrives whole", arguments: [BlobInbox.Place.memory, .file], 1...8 as ClosedRange<UInt64>)
    func arrives(place: BlobInbox.Place, seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let blob = try sampleBlob(3050)
        let inbox = try BlobInbox(folder: folder.path, limits: limits, now: .zero)
        _ = try inbox.begin(blob.manifest, in: place, from: "worker", now: .zero)
        var transfer = ChunkTransfer(try inbox.missing(of: blob.id, now: .zero), policy: policy)
        var network: [Message] = []
        var now = Duration.zero
        while !transfer.isComplete {
            while let index = try transfer.next(now: now) {
                network += try messages(of: index, blob, now, &random)
            }
            now += .milliseconds(50)
            deliver(&network, to: inbox, blob.id, &transfer, now, &random)
            try #require(now < .seconds(600))
        }
        #expect(try inbox.take(blob.id, now: now).bytes() == sampleBytes(3050))
    }

    @Test("arrives whole although the receiver is started again in between", arguments: 1...4 as ClosedRange<UInt64>)
    func restarts(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let blob = try sampleBlob(3050)
        var received = 0
        for process in 0..<50 {
            let now = Duration.seconds(process)
            let inbox = try BlobInbox(folder: folder.path, limits: limits, now: now)
            let receipt = try #require(try inbox.begin(blob.manifest, in: .file, from: "worker", now: now))
            #expect(receipt.missing.count == 31 - received)
            var transfer = ChunkTransfer(receipt.missing, policy: policy)
            for _ in 0..<random.next(below: 5) {
                guard let index = try transfer.next(now: now) else { break }
                _ = try inbox.put(try blob.chunk(index), at: index, of: blob.id, now: now)
                received += 1
            }
            guard receipt.isComplete else { continue }
            #expect(try inbox.take(blob.id, now: now).bytes() == sampleBytes(3050))
            return
        }
        Issue.record("50 processes have not received it")
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

    private func deliver(
        _ network: inout [Message], to inbox: BlobInbox, _ id: BlobID, _ transfer: inout ChunkTransfer, _ now: Duration,
        _ random: inout SplitMix64
    ) {
        for message in network.filter({ $0.arrival <= now }) {
            let outcome = Result { try inbox.put(message.chunk, at: message.index, of: id, now: now) }
            let isAnswerLost = random.next(below: 5) == 0
            switch outcome {
            case _ where isAnswerLost: break
            case .success: transfer.succeeded(message.index)
            case .failure(let error): transfer.failed(message.index, because: "\(error)", now: now)
            }
        }
        network.removeAll { $0.arrival <= now }
    }
}
