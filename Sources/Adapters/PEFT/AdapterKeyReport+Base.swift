import Models
import Tensors

extension AdapterKeyReport {
    /// Checks that the base's weights in the file, which PEFT loads and which do not train, are those of this base.
    ///
    /// - Throws: `AdapterError` naming the first that is another.
    func checkBaseWeights(in file: SafetensorsFile, against checkpoint: Checkpoint) throws {
        let prefix = AdapterParameter.keyPrefix
        let dialects = KeyDialects(expected: (checkpoint.names + [Checkpoint.outputEmbedding]).map { prefix + $0 })
        for key in unexpected + ignored where !Self.isWithoutEffect(key) {
            let canonical = dialects.canonicalKey(key.replacing(".base_layer.", with: "."))
            let path = String(canonical.dropFirst(prefix.count))
            guard canonical.hasPrefix(prefix), let base = checkpoint.parameter(at: path), let copy = file[key],
                !base.isCopied(in: copy)
            else { continue }
            let module = ModulePath.parent(path) ?? path
            throw AdapterError(
                .unsupported,
                "\(file.path): \(key) differs from \(path) of the base model, and is none of what this adapter trains, "
                    + "yet PEFT loads it; \(UnsupportedSetting.merge)"
                    + (key.contains(".base_layer.")
                        ? "" : ", or add \"\(module)\" to modules_to_save in \(AdapterFolder.configurationFile)"))
        }
    }

    /// Whether PEFT reads a tensor into what it does not use.
    private static func isWithoutEffect(_ key: String) -> Bool {
        key.contains(".original_module.") || key.contains(".modules_to_save.")
    }
}

extension Tensor {
    /// Whether another tensor holds the same numbers, rounded to its type.
    fileprivate func isCopied(in other: Tensor) -> Bool {
        guard shape == other.shape else { return false }
        guard dtype.isComputable, other.dtype.isComputable else { return values == other.values }
        return converted(to: other.dtype).withBytes { own in other.withBytes { own.elementsEqual($0) } }
    }
}
