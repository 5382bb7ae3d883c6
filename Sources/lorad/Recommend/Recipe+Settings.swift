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
                "all linear layers of the decoder learn what to say; the tower sees well enough as it is",
                RecipeSource.lessForgetting)
        case .medical:
            return RecommendedSetting(
                "adapter.targets", "[language, connector]", "the tower stays frozen, projector and decoder learn",
                RecipeSource.llavaMed)
        case .satellite:
            return RecommendedSetting(
                "adapter.targets", "both", "seen from above, things look unlike what the tower was trained on",
                RecipeSource.geoChat + " adapts the decoder")
        case .driving:
            return RecommendedSetting(
                "adapter.targets", "both",
                "far things are small, and signs, lanes and lamps count: the tower learns too")
        }
    }

    private var rankReason: String {
        if model.isContrastive {
            return isSmall ? "a few pictures a class are soon learned by heart" : "more pictures have more to teach"
        }
        if task == .satellite { return "much that is new; the tower moves gently" }
        return rank <= 16
            ? "enough for a style or a narrow task of \(examples.grouped) rows"
            : "\(examples.grouped) rows have much to teach"
    }

    private var rankSource: String? {
        if model.isContrastive { return RecipeSource.clipLoRA }
        if task == .satellite { return RecipeSource.geoChat }
        return rank <= 16 ? RecipeSource.lora : RecipeSource.llava
    }

    private var dropoutSetting: RecommendedSetting {
        let value = dropout.short
        guard dropout > 0 else {
            return RecommendedSetting("adapter.lora_dropout", value, "\(steps) steps do not average its noise out")
        }
        return RecommendedSetting(
            "adapter.lora_dropout", value, isSmall ? "little data wants more of it" : "as is usual",
            model.isContrastive ? RecipeSource.clipLoRA : RecipeSource.qlora)
    }

    private func dataSettings(_ paths: Paths) throws -> [RecommendedSetting] {
        var settings = [
            try RecommendedSetting("data.train", text: paths.train),
            try RecommendedSetting("data.validation", text: paths.validation, splitReason),
            try RecommendedSetting("data.images", text: paths.images),
        ]
        if let maxLength {
            let pictures = task.pictures == 1 ? "a picture" : "\(task.pictures) pictures"
            settings.append(
                RecommendedSetting(
                    "data.max_length", "\(maxLength)",
                    "\(pictures) of \(model.tokensPerImage) tokens and a conversation; a longer row is an error"))
        }
        if freezesVision, epochs > 1 {
            settings.append(
                RecommendedSetting(
                    "data.feature_cache", "out/\(task.rawValue)-features",
                    "a frozen tower makes the same of a picture in every epoch: from the second on it is read from here"
                ))
        }
        return settings
    }

    private var splitReason: String {
        switch task {
        case .medical: "split by patient, not by picture"
        case .satellite: "split by place, or neighbouring tiles give the answers away"
        case .driving: "split by drive: pictures of one drive are much alike"
        default: "rows that are not trained on"
        }
    }
}
