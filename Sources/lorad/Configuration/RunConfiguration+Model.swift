import Models
import Training

extension RunConfiguration {
    /// Refuses to share a run with workers in a way that its model's loss does not allow.
    ///
    /// - Throws: `CommandError` naming the keys.
    func checkSharing(of model: any VisionLanguageModel) throws {
        if training.loadBestModelAtEnd || training.earlyStoppingPatience != nil {
            throw CommandError(
                "training.load_best_model_at_end and early_stopping_patience are for lorad train: a shared run goes on to its "
                    + "last round")
        }
        guard case .contrastive = model.kind else { return }
        if let federation, federation.mode == .distributed, federation.localSteps == 1 {
            throw CommandError(
                "federation.mode distributed with local_steps 1 shares out the gradients of each step, and a contrastive "
                    + "loss compares each pair with all others of a step: set federation.local_steps above 1, or mode "
                    + "federated, where each worker has batches of its own")
        }
        if ownPrivacy != nil {
            throw CommandError(
                "privacy.differential_privacy.unit example or person bounds the gradient of each example, and a contrastive "
                    + "loss has none: set unit: worker")
        }
    }
}
