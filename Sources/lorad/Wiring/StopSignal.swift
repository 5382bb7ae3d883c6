import Foundation
import Synchronization

/// Notes SIGINT and SIGTERM, so that a run can stop at the next step with its state saved. A second one ends the process.
enum StopSignal {
    private static let received = Atomic<Int32>(0)

    /// Begins to listen.
    static func listen() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM] {
            sigaddset(&signals, number)
            signal(number) { number in
                if StopSignal.received.exchange(number, ordering: .relaxed) != 0 { _exit(128 + number) }
            }
        }
        // A process inherits what its parent's thread blocks, which is every signal where Foundation's Process was
        // used on a thread of Dispatch.
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// Whether one has come.
    static var isReceived: Bool { received.load(ordering: .relaxed) != 0 }

    /// Blocks the calling thread until one has come.
    static func wait() {
        while !isReceived { Thread.sleep(forTimeInterval: 0.1) }
    }
}
