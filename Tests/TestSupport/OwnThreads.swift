import Dispatch
public import Testing

/// Runs tests that wait for processes, sockets or threads on threads of their own, a few tests at a time.
///
/// Swift's concurrency has one thread for each core. Tests that compute keep these busy from the first to the last, and a
/// test among them that looks after a process would look again after seconds, when what it was waiting for is long over.
public struct OwnThreads: TestTrait, SuiteTrait, TestScoping {
    /// Each of a suite's tests by itself.
    public var isRecursive: Bool { true }

    private static let turnstile = Turnstile(places: 16)

    /// Runs a test once there is a place.
    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        await Self.turnstile.enter()
        defer { Task(executorPreference: TestThread()) { await Self.turnstile.leave() } }
        try await withTaskExecutorPreference(TestThread(), operation: function)
    }
}

extension Trait where Self == OwnThreads {
    /// On threads of their own, a few tests at a time.
    public static var ownThreads: Self { OwnThreads() }
}

/// A thread that tasks can prefer to those that all share.
public final class TestThread: TaskExecutor {
    private let queue = DispatchQueue(label: "test")

    /// Creates a thread.
    public init() {}

    /// Runs a part of a task after those that came before it.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// Lets so many through at once, in the order in which they came.
private actor Turnstile {
    private var places: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(places: Int) { self.places = places }

    func enter() async {
        guard places == 0 else { return places -= 1 }
        await withCheckedContinuation { waiting.append($0) }
    }

    func leave() {
        guard !waiting.isEmpty else { return places += 1 }
        waiting.removeFirst().resume()
    }
}
