import Adapters

extension Recipe {
    /// Examples in a micro-batch: what is not taken at once is accumulated.
    private var batch: Int { model.isContrastive ? min(rowsPerStep, 32) : min(rowsPerStep, 4) }

    var trainingSettings: [RecommendedSetting] {
        let source = model.isContrastive ? RecipeSource.clipLoRA : RecipeSource.llava
        return [
            RecommendedSetting(
                "training.learning_rate", learningRate,
                learningRate == "2e-4"
                    ? "ten times that of full fine-tuning" : "lower, as for the largest models and trained towers",
                learningRate == "2e-4" ? source : RecipeSource.qlora),
            RecommendedSetting("training.lr_scheduler_type", "cosine", "", nil),
            RecommendedSetting("training.warmup_ratio", "0.03"),
            RecommendedSetting("training.per_device_train_batch_size", "\(batch)"),
            RecommendedSetting(
                "training.gradient_accumulation_steps", "\((rowsPerStep + batch - 1) / batch)",
                model.isContrastive
                    ? "\(rowsPerStep) pairs per step, each compared with all others"
                    : "\(rowsPerStep) examples per step",
                model.isContrastive ? RecipeSource.clip : nil),
            RecommendedSetting("training.max_grad_norm", "1.0"),
            RecommendedSetting("training.num_train_epochs", "\(epochs)", "\(steps.grouped) steps", epochSource),
            RecommendedSetting("training.logging_steps", steps > 2_000 ? "10" : "1"),
        ] + savingSettings
    }

    private var epochSource: String? {
        if model.isContrastive { return isSmall ? RecipeSource.clipLoRA : nil }
        return epochs == 1 ? RecipeSource.llava : epochs == 3 ? RecipeSource.llavaMed : nil
    }

    private var savingSettings: [RecommendedSetting] {
        var settings = [
            RecommendedSetting("training.eval_steps", "\(interval)", "ten evaluations in the run"),
            RecommendedSetting("training.save_steps", "\(interval)"),
            RecommendedSetting("training.save_total_limit", "2"),
        ]
        if choosesBest {
            settings += [
                RecommendedSetting(
                    "training.load_best_model_at_end", "true",
                    "little data is soon memorised, so the adapter of the best evaluation is written"),
                RecommendedSetting("training.early_stopping_patience", "4"),
            ]
        }
        return settings + [RecommendedSetting("training.output_dir", "out/\(task.rawValue)")]
    }

    func computingSettings(_ computing: Computing) -> [RecommendedSetting] {
        var settings: [RecommendedSetting] = []
        if computing.checkpointing {
            settings.append(
                RecommendedSetting(
                    "training.gradient_checkpointing", "true",
                    "activations are recomputed instead of kept, for about a third more work"))
        }
        if let lanes = computing.lanes {
            settings.append(
                RecommendedSetting(
                    "training.lanes", "\(lanes)", "each lane keeps its own activations and gradients"))
        }
        return settings
    }
}
