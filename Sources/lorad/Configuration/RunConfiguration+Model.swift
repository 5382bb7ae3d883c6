import Models
import Training

extension RunConfiguration {
    /// Refuses to share a run with workers in a way that its model's loss does not allow.
    ///
    /// - Throws: `CommandError` naming the keys.
    func checkSharing(of model: any VisionLanguageModel) throws {
        if training.loadBestModelAtEnd || training.earlyStoppingPatience != nil {
            throw CommandError(
                "training.load_best_model_at_end and early_stopping_patience are for lorad train: a distributed or "
                    + "federated run continues to its last round"
            )
        }
        let objective = model.objective
        if objective.needsWholeStep, let federation, federation.mode == .distributed, federation.localSteps == 1 {
            throw CommandError(
                "federation.mode distributed with local_steps 1 splits the gradients of each step among workers, "
                    + "but \(objective.lossName) \(objective.coupling ?? ""): set federation.local_steps above 1, "
                    + "or mode federated, where each worker has its own batches"
            )
        }
        if !objective.hasExampleGradients, ownPrivacy != nil {
            throw CommandError(
                "privacy.differential_privacy.unit example or person clips the gradient of each example, but "
                    + "\(objective.lossName) has none: set unit: worker"
            )
        }
    }
}
