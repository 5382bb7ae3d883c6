import Federation
import Foundation

/// Answers with the state it was given and a number added, which is different for each worker.
struct ToyTrainer: LocalTrainer {
    let number: Float
    let stateByteLimit = 1 << 40
    let basis: Data

    func perform(_ work: LocalWork) throws -> LocalResult {
        LocalResult(
            update: work.state.adding(number), metrics: ContributionMetrics(loss: 1, examples: 1, tokens: 1, seconds: 1)
        )
    }
}
