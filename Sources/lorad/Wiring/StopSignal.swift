import Foundation
import Synchronization

/// SIGINT and SIGTERM, which ask a command to stop.
///
/// A command with nothing to save ends at once, with `ExitStatus.stopped`. One that called `savesFirst` continues to
/// its next step boundary, saves, and ends with the same status; a second signal ends it without saving.
enum StopSignal {
    /// Milliseconds after the first signal within which further ones mean the same stop: a scheduler may signal a process
    /// both directly and through the step or shell that started it.
    static let echo: Int64 = 1_000

    /// When the first one came, in milliseconds of the monotonic clock; 0 before that.
    private static let first = Atomic<Int64>(0)
    private static let isAwaited = Atomic(false)

    /// Begins to listen, except for signals that this process was started to ignore, as by `nohup`.
    static func listen() {
        _ = (isReceived, isAwaited.load(ordering: .relaxed))
        for number in [SIGINT, SIGTERM] {
            var action = sigaction()
            guard sigaction(number, nil, &action) == 0, !action.isIgnored else { continue }
            signal(number, take)
        }
        unblock()
    }

    /// Lets the command continue until it has saved: from now on it looks at `isReceived` at every step boundary. A
    /// signal that was ignored until then counts too.
    static func savesFirst() {
        isAwaited.store(true, ordering: .sequentiallyConsistent)
        for number in [SIGINT, SIGTERM] { signal(number, take) }
        unblock()
    }

    /// Whether one has come.
    static var isReceived: Bool { first.load(ordering: .relaxed) != 0 }

    /// Blocks the calling thread until one has come; after `savesFirst`.
    static func wait() {
        while !isReceived { Thread.sleep(forTimeInterval: 0.1) }
    }

    /// Whether a signal that follows another is a second request, which ends a command without saving.
    ///
    /// - Parameter milliseconds: time since the first signal.
    static func isSecondRequest(after milliseconds: Int64) -> Bool { milliseconds >= echo }

    /// A process inherits what its parent's thread blocks, which is every signal where Foundation's Process was used on a
    /// thread of Dispatch.
    private static func unblock() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// Takes a signal in; calls nothing that a signal handler must not.
    private static let take: @convention(c) (Int32) -> Void = { number in
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let now = max(1, Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
        let (isFirst, earlier) = first.compareExchange(
            expected: 0, desired: now, ordering: .sequentiallyConsistent)
        if !isFirst, isSecondRequest(after: now - earlier) { _exit(128 + number) }
        guard !isAwaited.load(ordering: .sequentiallyConsistent) else { return }
        let text: StaticString = "lorad: stopped by a signal with nothing saved; the same command starts over\n"
        _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
        _exit(ExitStatus.stopped.rawValue)
    }
}

extension sigaction {
    /// Whether the signal is ignored.
    fileprivate var isIgnored: Bool {
        #if os(Linux)
            let handler = __sigaction_handler.sa_handler
        #else
            let handler = __sigaction_u.__sa_handler
        #endif
        return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
