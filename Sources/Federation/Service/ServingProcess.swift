import Foundation
import Tensors

/// What a process has to be set to before it serves, or works for, a coordinator.
enum ServingProcess {
    /// Threads that hash a state before it is sent.
    static let hashingThreads = min(4, AvailableCores.count)

    /// Does it, once.
    static func prepare() { prepared }

    private static let prepared: Void = {
        FileReserve.prepare()  // a connection is a file
        keepFreedMemory()
    }()

    /// Chunks of some megabytes come and go all the time. glibc would give each back to the system, which hands out
    /// cleared pages for the next: a quarter of a round's processor time. Swift does not see `mallopt`, and other C
    /// libraries do not have it.
    private static func keepFreedMemory() {
        guard let symbol = dlsym(nil, "mallopt") else { return }
        let setOption = unsafeBitCast(symbol, to: (@convention(c) (Int32, Int32) -> Int32).self)
        let (trimThreshold, mapThreshold, arenas): (Int32, Int32, Int32) = (-1, -3, -8)  // as in malloc.h
        _ = setOption(mapThreshold, 32 << 20)
        _ = setOption(trimThreshold, 128 << 20)
        _ = setOption(arenas, 2)
    }
}
