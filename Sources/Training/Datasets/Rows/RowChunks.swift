import Dispatch
import Synchronization

/// Examples in stretches that the machine's cores work through side by side.
struct RowChunks {
    let count: Int
    var chunkSize = 1024

    /// The body's result for each stretch, in the order of the examples.
    func map<Result: Sendable>(_ body: @Sendable (Range<Int>) -> Result) -> [Result] {
        let chunks = (count + chunkSize - 1) / chunkSize
        let results = Mutex<[Int: Result]>([:])
        DispatchQueue.concurrentPerform(iterations: chunks) { chunk in
            let result = body(chunk * chunkSize..<min((chunk + 1) * chunkSize, count))
            results.withLock { $0[chunk] = result }
        }
        return results.withLock { results in (0..<chunks).compactMap { results[$0] } }
    }
}
