import Adapters
import Foundation
import Models
import Tensors
import Training

extension OpenedRun {
    /// Everything that the result of this run depends on. Hashes every image; call it before a checkpoint is restored.
    ///
    /// - Throws: what is wrong with an image or the model's configuration.
    func record() throws -> TrainingRecord {
        TrainingRecord(try modelSettings + adapterSettings + dataSettings + trainingSettings)
    }

    private var modelSettings: [TrainingRecord.Setting] {
        get throws {
            let additions = TokenizerArguments(adapted.folder.checkpoint.additions).tree
            return [
                .init("tokenizer.add_tokens", TrainingRecord.text(of: additions["add_tokens"] ?? .null)),
                .init("tokenizer.embedding_rows", TrainingRecord.text(of: additions["embedding_rows"] ?? .null)),
                .init("model.path", "weights", BaseFingerprint(adapted.folder.checkpoint).description),
                .init("model.path", "config.json", try ModelConfiguration.digest(of: adapted.folder.url).short),
                .init("model.path", "image processor", inputs.layout.cacheKey),
                .init("model.precision", configuration.model.precision.rawValue),
            ]
        }
    }

    private var adapterSettings: [TrainingRecord.Setting] {
        get throws {
            let start = configuration.adapter.path.map { _ in adapted.weights.digest.short }
            return try adapted.weights.plan.configuration.recorded + [
                .init("adapter.path", "weights", start ?? TrainingRecord.notGiven)
            ]
        }
    }

    private var dataSettings: [TrainingRecord.Setting] {
        get throws {
            let data = configuration.data
            let trained = try training.map { try TrainingRecord.dataset("data.train", $0.encoded) } ?? []
            let judging = configuration.training.isJudged ? validation : nil
            let judged = try judging.map { try TrainingRecord.dataset("data.validation", $0.encoded) } ?? []
            return trained + judged + [
                .init("data.prompt", data.prompt ?? TrainingRecord.notGiven),
                .init("data.max_length", "\(data.maxLength)"),
                .init("data.on_long", data.onLong.rawValue),
                .init("data.template", inputs.dialogue?.template.name ?? "none"),
                .init("data.shuffle", "\(data.shuffle)"),
                // An image by itself is rounded otherwise than among those of its batch.
                .init("data.feature_cache", self.training?.rows.features == nil ? "not used" : "used"),
            ]
        }
    }

    private var trainingSettings: [TrainingRecord.Setting] {
        let arguments = configuration.training
        let skipped = arguments.keysWithoutEffect
        return TrainingArguments.fields.filter { !skipped.contains($0.name) }.map { field in
            TrainingRecord.Setting("training.\(field.name)", TrainingRecord.text(of: field.write(arguments)))
        }
    }
}

extension TrainingRecord {
    static let notGiven = "not given"

    /// A value of a run file as text.
    static func text(of node: ConfigurationNode?) -> String { text(of: node?.json ?? .null) }

    fileprivate static func text(of value: JSONValue) -> String {
        value.isNull ? notGiven : value.stringValue ?? value.text(isASCII: false)
    }

    /// The identity of a dataset.
    fileprivate static func dataset(_ key: String, _ dataset: EncodedDataset) throws -> [Setting] {
        let identity = dataset.identity
        let leftOut = identity.skippedCount > 0 ? " (\(identity.skippedCount) left out)" : ""
        return [
            .init(key, "rows", "\(identity.rowCount) rows\(leftOut), \(identity.rows.short)"),
            .init(key, "images", try dataset.imageDigest().short),
            .init("data.format", key, dataset.format.rawValue),
            .init("model.path", "tokens of \(key)", "\(dataset.count) rows, \(identity.tokens.short)"),
        ]
    }
}

extension TrainingArguments {
    /// Keys that say where and how often a run writes, or how it computes the same numbers.
    private static let freeKeys: Set<String> = [
        "output_dir", "logging_steps", "save_steps", "save_total_limit", "lanes", "gradient_checkpointing",
    ]
    /// Keys that say how evaluations judge a run.
    private static let judgingKeys: Set<String> = ["eval_steps", "metric_for_best_model", "early_stopping_threshold"]

    /// Whether evaluations decide which adapter is written, or when the run ends.
    var isJudged: Bool { loadBestModelAtEnd || earlyStoppingPatience != nil }

    /// The keys whose values do not shape the result of a run with these arguments.
    fileprivate var keysWithoutEffect: Set<String> {
        Self.freeKeys.union(isJudged ? [] : Self.judgingKeys).union(maxSteps > 0 ? ["num_train_epochs"] : [])
    }
}

extension AdapterConfiguration {
    /// Keys that tell where an adapter comes from, or that PEFT writes for itself.
    private static let provenance: Set<String> = [
        "auto_mapping", "base_model_name_or_path", "inference_mode", "peft_version", "revision", "task_type",
    ]
    /// Lists without an order.
    private static let sets: Set<String> = ["target_modules", "exclude_modules", "modules_to_save"]

    /// The settings that determine what is trained, by PEFT's names.
    fileprivate var recorded: [TrainingRecord.Setting] {
        get throws {
            let members = try JSONValue(parsing: fileContents(), file: "adapter_config.json").objectValue ?? []
            return members.filter { !Self.provenance.contains($0.key) }.map { member in
                let names = Self.sets.contains(member.key) ? member.value.arrayValue?.compactMap(\.stringValue) : nil
                let value = names.map { .array($0.sorted().map { .string($0) }) } ?? member.value
                return .init("adapter.\(member.key)", TrainingRecord.text(of: value))
            }
        }
    }
}

extension AdapterWeights {
    /// The digest of all tensors that train.
    fileprivate var digest: ContentDigest {
        var hasher = ContentHasher()
        for parameter in parameters {
            hasher.add(parameter.description.key)
            hasher.add("\(parameter.tensor.shape)")
            parameter.tensor.detached.withBytes { hasher.add($0) }
        }
        return hasher.digest
    }
}

extension ContentDigest {
    /// Enough digits to tell contents apart, for people to compare: `sha256 0123456789abcdef`.
    fileprivate var short: String { "sha256 \(description.prefix(16))" }
}
