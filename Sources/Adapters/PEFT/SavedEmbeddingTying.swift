import Models

/// What `ensure_weight_tying` makes of `modules_to_save`, by PEFT's rules: where it names one of two tied embeddings, the input
/// embedding is saved, and the output embedding remains the same tensor.
struct SavedEmbeddingTying {
    /// The path of the output embedding that is the saved input embedding; `nil` if none is.
    let head: String?
    /// `modules_to_save` as PEFT writes it then.
    let names: [String]
    /// Says that the setting has no effect, where it has none.
    let notice: String?

    init(_ configuration: AdapterConfiguration, _ modules: [ModuleDescription]) {
        let names = configuration.modulesToSave
        guard configuration.ensuresWeightTying else {
            self.init(nil, names, nil)
            return
        }
        guard let head = modules.first(where: { $0.tiedTo != nil }), let source = head.tiedTo else {
            self.init(nil, names, "ensure_weight_tying has no effect: this model has no tied embeddings")
            return
        }
        let ends = [source, head.path].map(ModulePath.name)
        guard names.contains(where: { ends.contains(ModulePath.name($0)) }) else {
            let advice = "name \(ends.joined(separator: " or ")) in modules_to_save to train the tied embeddings as one"
            self.init(
                nil, names,
                configuration.trainableTokens == nil ? "ensure_weight_tying has no effect here: \(advice)" : nil)
            return
        }
        let others = names.filter { !".\(head.path).".contains(".\($0).") }
        self.init(head.path, others + (others.contains(source) ? [] : [source]), nil)
    }

    private init(_ head: String?, _ names: [String], _ notice: String?) {
        (self.head, self.names, self.notice) = (head, names, notice)
    }

    /// PEFT ties LoRA on an output embedding to LoRA on the input embedding.
    ///
    /// - Throws: `AdapterError` if that is asked for.
    static func check(_ configuration: AdapterConfiguration, targeted: [ModuleDescription]) throws {
        guard configuration.ensuresWeightTying, let head = targeted.first(where: { $0.tiedTo != nil }),
            let source = head.tiedTo
        else { return }
        throw AdapterError(
            .unsupported,
            "ensure_weight_tying with \(head.path) in target_modules would adapt \(source) along with it, and LoRA on "
                + "embeddings is not supported; take \(head.path) out of target_modules, or set ensure_weight_tying to false "
                + "to adapt \(head.path) alone", setting: "ensure_weight_tying")
    }
}
