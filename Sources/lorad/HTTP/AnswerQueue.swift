import Dispatch

/// Where requests are answered: a queue of their own, because threads that compute or wait may hold all those that tasks share.
final class AnswerQueue: TaskExecutor {
    private let queue = DispatchQueue(label: "answers")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
