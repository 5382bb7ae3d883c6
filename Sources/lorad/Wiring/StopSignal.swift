import Foundation
import Synchronization

/// Notes SIGINT and SIGTERM, so that a run can stop at the next step with its state saved. A second one ends the process.
enum StopSignal {
    private static let received = Atomic<Int32>(0)

    /// Begins to listen.
    static func listen() {
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                if StopSignal.received.exchange(number, ordering: .relaxed) != 0 { _exit(128 + number) }
            }
        }
    }

    /// Whether one has come.
    static var isReceived: Bool { received.load(ordering: .relaxed) != 0 }
}
