import Models
import Tensors

extension AdapterKeyReport {
    /// Checks that the base's weights in the file, which PEFT loads and which do not train, are those of this base.
    ///
    /// - Throws: `AdapterError` naming the first that is another.
    func checkBaseWeights(in file: SafetensorsFile, against checkpoint: Checkpoint) throws {
        let prefix = AdapterParameter.keyPrefix
        let names = checkpoint.names + [checkpoint.embeddings?.output].compactMap { $0 }
        let dialects = KeyDialects(expected: names.map { prefix + $0 })
        let copies = Set(tied.map(\.found))
        for key in unexpected + ignored where !Self.isWithoutEffect(key) && !copies.contains(key) {
            let canonical = dialects.canonicalKey(key.replacing(".base_layer.", with: "."))
            let path = String(canonical.dropFirst(prefix.count))
            guard canonical.hasPrefix(prefix), let base = checkpoint.parameter(at: path), let copy = file[key],
                !base.isCopied(in: copy)
            else { continue }
            if base.shape.count == 2, copy.shape.count == 2, base.shape[0] != copy.shape[0] {
                throw Self.otherRows(file.path, key, copy.shape[0], path, base.shape[0])
            }
            let module = ModulePath.parent(path) ?? path
            throw AdapterError(
                .unsupported,
                "\(file.path): \(key) differs from \(path) of the base model and is not trained by this adapter, "
                    + "yet PEFT loads it; \(UnsupportedSetting.merge)"
                    + (key.contains(".base_layer.")
                        ? "" : ", or add \"\(module)\" to modules_to_save in \(AdapterFolder.configurationFile)"))
        }
    }

    /// Checks that what the file holds twice, because modules are tied, is the same in both places.
    ///
    /// - Throws: `AdapterError` naming the first pair that differs.
    func checkTiedCopies(in file: SafetensorsFile) throws {
        for match in tied {
            guard let copy = file[match.found], let own = file[match.key], copy.dtype == own.dtype,
                copy.shape == own.shape, copy.withBytes({ a in own.withBytes { a.elementsEqual($0) } })
            else {
                throw AdapterError(
                    .corruptFile,
                    "\(file.path): \(match.found) and \(match.key) differ, but ensure_weight_tying makes them one "
                        + "tensor; save the adapter from PEFT again, or, if the two were trained separately, set "
                        + "ensure_weight_tying to false in \(AdapterFolder.configurationFile) and name both modules "
                        + "in modules_to_save"
                )
            }
        }
    }

    /// An embedding that PEFT saved along because the vocabulary was enlarged fits no base that is not.
    private static func otherRows(
        _ file: String, _ key: String, _ rows: Int, _ path: String, _ own: Int
    ) -> AdapterError {
        AdapterError(
            .shapeMismatch,
            "\(file): \(key) has \(rows) rows, which do not fit the \(own) rows of \(path) in the base model: the adapter was "
                + "trained on a base whose vocabulary was resized; in transformers, load the base, call "
                + "resize_token_embeddings(\(rows)), load the adapter on top with PEFT, merge it (merge_and_unload), save the "
                + "result together with the tokenizer, and use that model")
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
