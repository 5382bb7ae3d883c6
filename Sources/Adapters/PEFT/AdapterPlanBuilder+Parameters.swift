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
        return result
    }

    func trainsNothing() -> AdapterError {
        AdapterError(
            .nothingMatched,
            (["this configuration would train nothing: no layer is adapted, no module saved, no bias trained"]
                + warnings)
                .joined(separator: "; "), setting: "target_modules")
    }

    private func isSaved(_ path: String) -> Bool {
        ModulePath.selfAndAncestors(path).contains { saved.contains($0) }
    }
}
