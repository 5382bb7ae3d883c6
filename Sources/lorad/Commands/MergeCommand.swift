import Adapters
import ArgumentParser
import Foundation
import Models
import Tensors
import Training

/// `lorad merge`: a model and an adapter as one model folder.
struct MergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Merge an adapter into the weights and write a model folder.",
        discussion: """
            The folder appears only when it is complete. The command reports how far its logits are from those of the unmerged
            adapter: with 16-bit weights, merged values are rounded.

            Example:
              lorad merge --model models/llava --adapter out --output models/llava-hospital
            """)

    @Option(help: "Hugging Face folder of the base model.")
    var model: String

    @Option(help: "PEFT adapter folder.")
    var adapter: String

    @Option(help: "Output folder. It must not exist yet.")
    var output: String

    @Option(help: "Maximum size of a weight file: 500MB, 5GB, 5GiB or a number of bytes.")
    var maxShardSize = ShardSize(bytes: 5_000_000_000)

    @Option(help: "Data type of the weights: float32, bfloat16 or float16 (default: as in the base model).")
    var dtype: MergedType?

    @Flag(help: "Merge even if the adapter was trained on another model.")
    var anyBase = false

    func run() throws {
        let display = ProgressDisplay()
        let folder = try ModelFolder(URL(filePath: model))
        let adapterFolder = URL(filePath: adapter)
        if !anyBase { try checkBase(adapterFolder, folder).map(display.say) }
        let adapted = try AdaptedModel(folder, adapterFolder: adapterFolder, computing: .float32)
        adapted.notices.forEach(display.say)
        let merged = MergedModel(
            adapted.folder, adapted.weights, isTied: adapted.model.tiesEmbeddings, dtype: dtype?.type)
        var probe: MergeProbe?
        try folder.namingDamage {
            try merged.write(to: URL(filePath: output), shardBytes: maxShardSize.bytes) { partial in
                probe = try Self.probe(adapted.model, ModelFolder(partial).load(computing: .float32).model)
            }
        }
        guard let probe else { return }
        print(
            String(
                format: "%@: logits differ from those of the adapter by at most %.3g (the largest logit is %.3g)",
                output,
                probe.difference, probe.largest))
    }

    private func checkBase(_ adapter: URL, _ folder: ModelFolder) throws -> String? {
        let configuration = try AdapterFolder.configuration(in: adapter).configuration
        do {
            return try AdapterBase.check(adapter: adapter, configuration, against: folder)
        } catch let error as AdapterError where error.code == .wrongBase {
            throw AdapterError(error.code, error.message + ", or --any-base to merge into this one anyway")
        }
    }

    private static func probe(
        _ adapted: any VisionLanguageModel, _ merged: any VisionLanguageModel
    ) throws -> MergeProbe {
        let probe = MergeProbe(adapted, merged)
        guard probe.difference.isFinite else {
            throw TrainingError(
                .diverged, "the merged model's logits are not finite: the adapter has diverged")
        }
        return probe
    }
}

/// The types that weights may be merged in.
enum MergedType: String, ExpressibleByArgument, CaseIterable {
    case float32, bfloat16, float16

    var type: DType {
        switch self {
        case .float32: .float32
        case .bfloat16: .bfloat16
        case .float16: .float16
        }
    }
}

/// A number of bytes with its unit.
struct ShardSize: ExpressibleByArgument, CustomStringConvertible {
    let bytes: Int

    private static let units = [
        "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "B": 1,
        "": 1,
    ]

    init(bytes: Int) { self.bytes = bytes }

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        let unit = argument.dropFirst(digits.count).trimmingCharacters(in: .whitespaces).uppercased()
        guard let count = Int(digits), count > 0, let factor = Self.units[unit] else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        self.bytes = bytes
    }

    var description: String { bytes % 1_000_000_000 == 0 ? "\(bytes / 1_000_000_000)GB" : "\(bytes)" }
}
