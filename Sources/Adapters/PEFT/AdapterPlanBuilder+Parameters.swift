import Models

extension AdapterPlanBuilder {
    /// Whether the module's bias trains although the module is not saved.
    func trainsBias(_ module: ModuleDescription) -> Bool {
        guard configuration.bias != .none, module.shape(of: "bias") != nil, !isSaved(module.path) else { return false }
        return configuration.bias == .all || linears.contains { $0.path == module.path }
    }

    /// What trains of a module: all of it, its adapter, its bias, or nothing.
    func trainedParameters(_ module: ModuleDescription) -> [AdapterParameter] {
        if isSaved(module.path) {
            return module.parameters.map {
                .init(
                    path: "\(module.path).\($0.name)", shape: $0.shape, role: .saved, isOfNorm: module.kind == .norm)
            }
        }
        var result: [AdapterParameter] = []
        let linear = linears.first { $0.path == module.path }
        if let linear {
            result.append(
                .init(path: "\(linear.path).lora_A.weight", shape: [linear.rank, linear.inputs], role: .loraA))
            result.append(
                .init(path: "\(linear.path).lora_B.weight", shape: [linear.outputs, linear.rank], role: .loraB))
        }
        if biases.contains(module.path), let shape = module.shape(of: "bias") {
            result.append(.bias(of: module.path, shape: shape, isAdapted: linear != nil))
        }
        if let own = rows.first(where: { $0.module == module.path }), let shape = module.shape(of: "weight") {
            result.append(.tokens(own, width: shape[1]))
        }
        return result
    }

    /// PEFT would train a tied embedding and its output embedding as one saved module.
    func checkTying() throws {
        guard configuration.ensuresWeightTying, let head = modules.first(where: { $0.tiedTo != nil }),
            let saved = [head.tiedTo, head.path].compactMap(\.self).first(where: isSaved)
        else { return }
        throw AdapterError(
            .unsupported,
            "ensure_weight_tying with \(saved) in modules_to_save is not supported; leave it false to train the two apart, or "
                + "train rows of both with trainable_token_indices", setting: "ensure_weight_tying")
    }

    func trainsNothing() -> AdapterError {
        AdapterError(
            .nothingMatched,
            (["this configuration would train nothing: no layer is adapted, no module saved, no token or bias trained"]
                + warnings)
                .joined(separator: "; "), setting: "target_modules")
    }

    func isSaved(_ path: String) -> Bool {
        ModulePath.selfAndAncestors(path).contains { saved.contains($0) }
    }
}
