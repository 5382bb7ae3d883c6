import Crypto
import Federation
import Foundation
import Synchronization
import Transports

/// Workers without a model, each on threads of its own, all in this process.
struct BenchWorkers {
    let join: JoinLine
    let numbers: Range<Int>

    /// Stack size in bytes of a worker in a process with many workers.
    private static let stackSize = 1 << 20

    /// Works until the run is over.
    ///
    /// - Throws: the error of a failed worker.
    func run() throws {
        let folder = URL(filePath: NSTemporaryDirectory()).appending(path: "lorad-bench-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let cache = try BlobCache(folder: folder.path, limit: 1 << 30)
        let failure = Mutex<(any Error)?>(nil)
        let group = DispatchGroup()
        for number in numbers {
            group.enter()
            let thread = Thread {
                do { try work(number, cache) } catch { failure.withLock { $0 = error } }
                group.leave()
            }
            thread.stackSize = Self.stackSize
            thread.start()
        }
        group.wait()
        if let error = failure.withLock({ $0 }) { throw error }
    }

    private func work(_ number: Int, _ cache: BlobCache) throws {
        let machine = WorkerRunner.Machine(name: "toy-\(number)", lanes: 1, arithmetic: "none", offersData: true)
        let runner = try WorkerRunner(
            join, identity: IdentityKey(), machine: machine, cache: cache, masking: MaskingPolicy(key: .init())
        ) { _ in }
        let welcome = try runner.join()
        let trainer = ToyTrainer(number: Float(number + 1) * 1e-3, basis: welcome.basis.digest)
        let end = try runner.work(welcome, with: trainer)
        guard end.isOver else { throw CommandError("the coordinator excluded worker \(number): \(end.reason)") }
    }
}
