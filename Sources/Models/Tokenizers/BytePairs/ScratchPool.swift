import Synchronization

/// Lends each encoding call its own working memory and takes it back after, so that callers on many threads share a
/// lock for two short moments and never a word cache.
final class ScratchPool: Sendable {
    private let free = Mutex<[BytePairScratch]>([])

    /// Calls `body` with memory nobody else uses meanwhile.
    func withScratch<Result>(_ body: (inout BytePairScratch) -> Result) -> Result {
        var scratch = free.withLock { $0.popLast() } ?? BytePairScratch()
        let result = body(&scratch)
        free.withLock { $0.append(scratch) }
        return result
    }
}
