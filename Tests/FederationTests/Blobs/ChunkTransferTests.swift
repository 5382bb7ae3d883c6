import Testing

@testable import Federation

@Suite("A transfer of chunks")
struct ChunkTransferTests {
    private let policy = ChunkTransfer.Policy(window: 3, timeout: .seconds(10), pause: .seconds(1), attempts: 3)

    private func drain(_ transfer: inout ChunkTransfer, _ now: Duration) throws -> [Int] {
        var found: [Int] = []
        while let index = try transfer.next(now: now) { found.append(index) }
        return found
    }

    @Test("keeps as many in flight as its window, in order, until all have arrived")
    func window() throws {
        var transfer = ChunkTransfer(ChunkSet(all: 5), policy: policy)
        #expect(try drain(&transfer, .zero) == [0, 1, 2])
        transfer.succeeded(1)
        #expect(try drain(&transfer, .zero) == [3])
        for index in [0, 2, 3] { transfer.succeeded(index) }
        #expect(try drain(&transfer, .zero) == [4] && !transfer.isComplete)
        transfer.succeeded(4)
        #expect(transfer.isComplete && transfer.remainingCount == 0 && transfer.wakeTime == nil)
    }

    @Test("sends only what is missing")
    func partly() throws {
        var missing = ChunkSet(chunkCount: 10)
        missing.insert(7)
        missing.insert(2)
        var transfer = ChunkTransfer(missing, policy: policy)
        #expect(try drain(&transfer, .zero) == [2, 7])
    }

    @Test("tries a failed chunk again after a pause that doubles")
    func retrying() throws {
        var transfer = ChunkTransfer(ChunkSet(all: 1), policy: policy)
        _ = try transfer.next(now: .zero)
        transfer.failed(0, because: "refused", now: .zero)
        #expect(try transfer.next(now: .milliseconds(999)) == nil)
        #expect(transfer.wakeTime == .seconds(1))
        #expect(try transfer.next(now: .seconds(1)) == 0)
        transfer.failed(0, because: "refused", now: .seconds(1))
        #expect(transfer.wakeTime == .seconds(3))
    }

    @Test("lets other chunks go first while one pauses")
    func pausing() throws {
        var transfer = ChunkTransfer(ChunkSet(all: 5), policy: policy)
        _ = try drain(&transfer, .zero)
        transfer.failed(0, because: "refused", now: .zero)
        #expect(try transfer.next(now: .zero) == 3)
        transfer.succeeded(1)
        #expect(try transfer.next(now: .seconds(2)) == 0)
    }

    @Test("tries a chunk again that gets no answer, and takes a late answer")
    func timeouts() throws {
        var transfer = ChunkTransfer(ChunkSet(all: 2), policy: policy)
        _ = try drain(&transfer, .zero)
        #expect(transfer.wakeTime == .seconds(10))
        #expect(try transfer.next(now: .seconds(10)) == nil)
        transfer.succeeded(0)
        #expect(try drain(&transfer, .seconds(11)) == [1])
    }

    @Test("gives up on a chunk that was tried too often, with the last reason")
    func givingUp() throws {
        var transfer = ChunkTransfer(ChunkSet(all: 1), policy: policy)
        for attempt in 0..<3 {
            let now = Duration.seconds(attempt * 100)
            #expect(try transfer.next(now: now) == 0)
            transfer.failed(0, because: "the disk is full", now: now)
        }
        let error = #expect(throws: FederationError.self) { try transfer.next(now: .seconds(1000)) }
        #expect(error?.code == .closed)
        #expect(error?.message.contains("chunk 0 was tried 3 times, at last because the disk is full") == true)
    }

    @Test("believes the receiver: what it misses is sent again, what it has is not")
    func receiversWord() throws {
        var transfer = ChunkTransfer(ChunkSet(all: 6), policy: policy)
        _ = try drain(&transfer, .zero)
        for index in 0..<3 { transfer.succeeded(index) }
        var missing = ChunkSet(chunkCount: 6)
        for index in [1, 3, 5] { missing.insert(index) }
        transfer.receiverMisses(missing)
        #expect(try drain(&transfer, .zero) == [1, 3, 5])
    }

    @Test("ignores answers that nobody waits for")
    func strayAnswers() throws {
        var transfer = ChunkTransfer(ChunkSet(all: 2), policy: policy)
        transfer.failed(0, because: "stray", now: .zero)
        transfer.succeeded(99)
        #expect(try drain(&transfer, .zero) == [0, 1])
        transfer.succeeded(0)
        transfer.failed(0, because: "late", now: .zero)
        #expect(transfer.remainingCount == 1)
    }
}
