import Dispatch
public import Foundation
import Synchronization

extension BlobManifest {
    /// The manifest of what a source holds; each byte is read once.
    ///
    /// - Parameter threads: How many threads hash at once. The caller's thread is blocked until they are done.
    /// - Throws: What the source throws, or `FederationError.protocolViolation` for an impossible chunk size.
    public init(of source: any BlobSource, chunkSize: Int = defaultChunkSize, threads: Int = 1) throws {
        let count = try BlobLimits.format.check(size: UInt64(source.size), chunkSize: UInt64(clamping: chunkSize))
        let size = source.size
        let hash = { @Sendable (index: Int) in
            let start = index * chunkSize
            return try ContentDigest { update in try source.visit(start..<min(start + chunkSize, size), update) }
        }
        let digests = threads > 1 ? try Self.concurrentMap(count, threads, hash) : try (0..<count).map(hash)
        self.init(size: size, chunkSize: chunkSize, chunkDigests: digests)
    }

    /// The manifest of bytes in memory.
    ///
    /// - Throws: `FederationError.protocolViolation` for an impossible chunk size.
    public init(of data: Data, chunkSize: Int = defaultChunkSize) throws {
        try self.init(of: MemorySource(data), chunkSize: chunkSize)
    }

    /// The values of `body` for `0..<count`; threads take the next index as they get free.
    private static func concurrentMap<Value: Sendable>(
        _ count: Int, _ threads: Int, _ body: @Sendable (Int) throws -> Value
    ) throws -> [Value] {
        let next = Atomic(0)
        let found = Mutex<(values: [Int: Value], error: (any Error)?)>(([:], nil))
        DispatchQueue.concurrentPerform(iterations: min(threads, count)) { _ in
            while let index = Optional(next.add(1, ordering: .relaxed).oldValue), index < count {
                let result = Result { try body(index) }
                let isFailed = found.withLock { found in
                    switch result {
                    case .success(let value): found.values[index] = value
                    case .failure(let error): found.error = error
                    }
                    return found.error != nil
                }
                if isFailed { return }
            }
        }
        let (values, error) = found.withLock { ($0.values, $0.error) }
        if let error { throw error }
        return (0..<count).compactMap { values[$0] }
    }
}
