import Foundation
import Synchronization
import Tensors

/// What the processor and the libraries on it do, measured for about a second.
struct SpeedReading: Codable, Equatable, Sendable {
    /// A matrix product in one type.
    struct Product: Codable, Equatable, Sendable {
        /// `fp32` or `bf16`.
        var type: String
        /// The fastest library.
        var library: String
        /// 10⁹ operations a second of one core while the others rest.
        var gflopsOfOneCore: Double
        /// The sum over all cores while each works.
        var gflopsOfAll: Double
    }

    var products: [Product]
    /// 10⁹ bytes a second read and written by copies on all cores.
    var copiedGigabytesPerSecond: Double

    /// The side of the matrices: three of them in fp32 are in a core's own cache.
    private static let side = 384
    /// Bytes that a core copies at a time: more than caches hold, if there is memory for it.
    static let copied = 8 << 20...64 << 20
    /// Measuring takes 60 MB beside what is copied.
    static let leastMemory = 256 << 20

    /// Measures on so many cores at once.
    ///
    /// - Parameter memory: bytes that this process can still take; `nil` if that is unknown.
    /// - Returns: `nil` if there is too little memory: a control group would end the process.
    static func measured(cores: Int, memory: Int?) -> SpeedReading? {
        guard let plan = copyPlan(cores: cores, memory: memory) else { return nil }
        let types: [DType] = Products.areNativeInBFloat16 ? [.float32, .bfloat16] : [.float32]
        return SpeedReading(
            products: types.compactMap { product($0, cores: cores) },
            copiedGigabytesPerSecond: copySpeed(threads: plan.threads, bytes: plan.bytes))
    }

    /// How many threads copy how many bytes each, from one buffer of this size to another: with all buffers in a quarter of the
    /// memory.
    static func copyPlan(cores: Int, memory: Int?) -> (threads: Int, bytes: Int)? {
        let memory = memory ?? .max
        guard memory >= leastMemory else { return nil }
        let budget = memory / 4
        let threads = max(1, min(cores, 16, budget / (2 * copied.lowerBound)))
        return (threads, min(copied.upperBound, max(copied.lowerBound, budget / (2 * threads))))
    }

    /// Measures products in one type on so many cores at once; `nil` where no library can.
    static func product(_ type: DType, cores: Int) -> Product? {
        let product = ProfileEvent.Product(m: side, n: side, k: side, type: type, layout: "NT", accumulates: false)
        guard let alone = product.speeds().first else { return nil }
        let gflops = Mutex(0.0)
        DispatchQueue.concurrentPerform(iterations: cores) { _ in
            guard let speed = product.speeds().first else { return }
            gflops.withLock { $0 += product.operations / speed.seconds / 1e9 }
        }
        return Product(
            type: type == .float32 ? "fp32" : "bf16", library: alone.library,
            gflopsOfOneCore: product.operations / alone.seconds / 1e9, gflopsOfAll: gflops.withLock { $0 })
    }

    /// Each core copies blocks of its own, so that none is in another's cache.
    private static func copySpeed(threads: Int, bytes copied: Int) -> Double {
        let speed = Mutex(0.0)
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            let source = [UInt8](repeating: 1, count: copied)
            var target = [UInt8](repeating: 2, count: copied)
            let start = DispatchTime.now().uptimeNanoseconds
            var count = 0
            repeat {
                target.withUnsafeMutableBytes { to in source.withUnsafeBytes { to.copyMemory(from: $0) } }
                count += 1
            } while DispatchTime.now().uptimeNanoseconds < start + 100_000_000
            let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
            speed.withLock { $0 += Double(2 * copied * count) / seconds / 1e9 }
        }
        return speed.withLock { $0 }
    }
}
