import Adapters

extension Recipe {
    /// Where the data is, for the run file.
    struct Paths: Sendable {
        var train = "data/train.json"
        var validation = "data/val.json"
        var images = "data/images"
    }

    /// What was decided by what the machine has.
    struct Computing: Equatable, Sendable {
        var precision: String
        var checkpointing = false
        /// Nil takes all cores.
        var lanes: Int?
    }

    /// The settings of a run file, in its order.
    func settings(_ paths: Paths, _ computing: Computing) throws -> [RecommendedSetting] {
        try [
            RecommendedSetting("run", task.rawValue), RecommendedSetting("model.path", text: model.path),
            RecommendedSetting("model.precision", computing.precision),
        ] + adapterSettings + dataSettings(paths) + trainingSettings + computingSettings(computing)
    }

    private var adapterSettings: [RecommendedSetting] {
        var settings = [targets]
        if let visionRank {
            settings += [
                RecommendedSetting(
                    "adapter.ranks", "{ language: \(rank), vision: \(visionRank) }", rankReason, rankSource),
                RecommendedSetting(
                    "adapter.alphas", "{ language: \(2 * rank), vision: \(2 * visionRank) }", "twice the rank",
                    RecipeSource.lessForgetting),
            ]
        } else {
            settings += [
                RecommendedSetting("adapter.r", "\(rank)", rankReason, rankSource),
                RecommendedSetting("adapter.lora_alpha", "\(2 * rank)", "twice the rank", RecipeSource.lessForgetting),
            ]
        }
        return settings + [dropoutSetting]
    }

    private var targets: RecommendedSetting {
        if model.isContrastive {
            return RecommendedSetting(
                "adapter.target_modules", "[q_proj, k_proj, v_proj]", "attention of both towers", RecipeSource.clipLoRA)
        }
        switch task {
        case .captioning, .vqa, .classification:
            return RecommendedSetting(
                "adapter.targets", "language",
                "all linear layers of the decoder; the vision tower works well as it is",
                RecipeSource.lessForgetting)
        case .medical:
            return RecommendedSetting(
                "adapter.targets", "[language, connector]", "the tower stays frozen; projector and decoder are trained",
                RecipeSource.llavaMed)
        case .satellite:
            return RecommendedSetting(
                "adapter.targets", "both", "images from above differ from what the tower was trained on",
                RecipeSource.geoChat + " adapts the decoder")
        case .driving:
            return RecommendedSetting(
                "adapter.targets", "both",
                "small distant objects, signs, lanes and lights matter, so the tower is trained too")
        }
    }

    private var rankReason: String {
        if model.isContrastive {
            return isSmall ? "few images per class are soon memorised" : "more images support a higher rank"
        }
        if task == .satellite { return "much is new to the model; the tower gets a low rank" }
        return rank <= 16
            ? "enough for a style or a narrow task with \(examples.grouped) examples"
            : "\(examples.grouped) examples support a high rank"
    }

    private var rankSource: String? {
        if model.isContrastive { return RecipeSource.clipLoRA }
        if task == .satellite { return RecipeSource.geoChat }
        return rank <= 16 ? RecipeSource.lora : RecipeSource.llava
    }

    private var dropoutSetting: RecommendedSetting {
        let value = dropout.short
        guard dropout > 0 else {
            return RecommendedSetting("adapter.lora_dropout", value, "\(steps) steps do not average out its noise")
        }
        return RecommendedSetting(
            "adapter.lora_dropout", value, isSmall ? "little data needs more dropout" : "the usual value",
            model.isContrastive ? RecipeSource.clipLoRA : RecipeSource.qlora)
    }

    private func dataSettings(_ paths: Paths) throws -> [RecommendedSetting] {
        var settings = [
            try RecommendedSetting("data.train", text: paths.train),
            try RecommendedSetting("data.validation", text: paths.validation, splitReason),
            try RecommendedSetting("data.images", text: paths.images),
        ]
        if let maxLength {
            let pictures = task.pictures == 1 ? "an image" : "\(task.pictures) images"
            settings.append(
                RecommendedSetting(
                    "data.max_length", "\(maxLength)",
                    "\(pictures) of \(model.tokensPerImage) tokens and a conversation; a longer example is an error"))
        }
        if freezesVision, epochs > 1 {
            settings.append(
                RecommendedSetting(
                    "data.feature_cache", "out/\(task.rawValue)-features",
                    "a frozen tower gives the same features in every epoch, so later epochs read them from here"
                ))
        }
        return settings
    }

    private var splitReason: String {
        switch task {
        case .medical: "split by patient, not by image"
        case .satellite: "split by place: neighbouring tiles would leak the answers"
        case .driving: "split by drive: images of one drive are very similar"
        default: "examples that are not trained on"
        }
    }
}
