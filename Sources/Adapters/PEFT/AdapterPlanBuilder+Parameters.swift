import Models

extension AdapterPlanBuilder {
    /// Whether the module's bias trains although the module is not saved.
    func trainsBias(_ module: ModuleDescription) -> Bool {
        guard configuration.bias != .none, module.shape(of: "bias") != nil, !isSaved(module.path) else { return false }
        return configuration.bias == .all || linears.contains { $0.path == module.path }
    }

    /// What trains of a module: all of it, its adapter, its bias, or nothing.
    func trainedParameters(_ module: ModuleDescription) -> [AdapterParameter] {
        if module.path == tiedHead { return [] }
        if isSaved(module.path) { return savedParameters(module) }
        var result: [AdapterParameter] = []
        let linear = linears.first { $0.path == module.path }
        if let linear { result += configuration.method.parameters(at: linear) }
        if biases.contains(module.path), let shape = module.shape(of: "bias") {
            result.append(.bias(of: module.path, shape: shape, isAdapted: linear != nil))
        }
        if let own = rows.first(where: { $0.module == module.path }), let shape = module.shape(of: "weight") {
            result.append(.tokens(own, width: shape[1]))
        }
        return result
    }

    private func savedParameters(_ module: ModuleDescription) -> [AdapterParameter] {
        let follower = modules.first { $0.path == tiedHead && $0.tiedTo == module.path }?.path
        return module.parameters.map { parameter in
            .init(
                path: "\(module.path).\(parameter.name)", shape: parameter.shape, role: .saved,
                isOfNorm: module.kind == .norm, tiedPaths: follower.map { ["\($0).\(parameter.name)"] } ?? [])
        }
    }

    func trainsNothing() -> AdapterError {
        AdapterError(
            .nothingMatched,
            ([
                "this configuration would train nothing: it adapts no layer, saves no module, and trains no token "
                    + "or bias"
            ]
                + warnings)
                .joined(separator: "; "), setting: "target_modules")
    }

    func isSaved(_ path: String) -> Bool {
        path == tiedHead || ModulePath.selfAndAncestors(path).contains { saved.contains($0) }
    }
}
