import Foundation
import Models
import Synchronization
import Tensors

extension MergedModel {
    private struct Index: Encodable {
        struct Metadata: Encodable {
            var total_size: Int
        }
        var metadata: Metadata
        var weight_map: [String: String]
    }

    /// Writes the weights, with an index where they take several files.
    func writeWeights(to partial: URL, shardBytes: Int) throws {
        let unusable = Unusable()
        let plan = ShardPlan(tensors(unusable), limit: shardBytes)
        for (name, tensors) in plan.files {
            try PendingTensor.write(tensors, to: partial.appending(path: name).path)
        }
        if let name = unusable.names.withLock({ $0.first }) {
            throw AdapterError(
                .corruptFile,
                "\(name) contains NaN or infinite values after merging: the adapter has diverged, or the range of "
                    + "the type is too small"
            )
        }
        guard plan.files.count > 1 else { return }
        let all = plan.files.flatMap { file in file.tensors.map { ($0.name, file.name) } }
        let size = plan.files.flatMap(\.tensors).reduce(0) { $0 + $1.byteCount }
        let index = Index(metadata: .init(total_size: size), weight_map: Dictionary(uniqueKeysWithValues: all))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        try AtomicFile.write(
            encoder.encode(index), to: partial.appending(path: "model.safetensors.index.json").path)
    }

    /// Names of merged tensors that hold something else than numbers.
    private final class Unusable: Sendable {
        let names = Mutex<[String]>([])
    }

    private func tensors(_ unusable: Unusable) -> [PendingTensor] {
        let checkpoint = folder.checkpoint
        let added = untiesEmbeddings ? checkpoint.embeddings?.output : nil
        let names = checkpoint.names + [added].compactMap { $0 }.filter { checkpoint[$0] == nil }
        return names.compactMap { name in
            guard let base = checkpoint.parameter(at: name) else { return nil }
            let type = base.dtype.isComputable ? dtype ?? base.dtype : base.dtype
            return PendingTensor(checkpoint.storedName(name), type, base.shape) { [weights] in
                let changed = weights.value(at: name)
                let result = changed == nil && type == base.dtype ? base : (changed ?? base).converted(to: type)
                // What the base has of the kind it may keep.
                if changed != nil || type != base.dtype, result.converted(to: .float32).hasNonFinite {
                    unusable.names.withLock { $0.append(name) }
                }
                return result
            }
        }
    }
}
