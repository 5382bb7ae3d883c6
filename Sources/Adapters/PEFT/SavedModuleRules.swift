import Models

/// What `modules_to_save` must not do: contradict the adapted layers or itself.
struct SavedModuleRules {
    let names: [String]
    let adapted: [String]

    /// - Parameter matched: the modules that the names select.
    func check(_ matched: [ModuleDescription]) throws {
        let paths = Set(matched.map(\.path))
        for module in matched {
            if module.kind == .list {
                throw error(
                    module,
                    "is a list of layers, which cannot be saved as one; name a module that contains it or is inside it")
            }
            if let outer = ModulePath.parent(module.path).flatMap({ firstSaved(around: $0, in: paths) }) {
                throw error(module, "is inside \(outer), which is already saved; remove one of the two names")
            }
        }
        if let path = adapted.first(where: { firstSaved(around: $0, in: paths) != nil }) {
            throw contradiction(path, paths)
        }
    }

    private func firstSaved(around path: String, in saved: Set<String>) -> String? {
        ModulePath.selfAndAncestors(path).first { saved.contains($0) }
    }

    private func contradiction(_ path: String, _ saved: Set<String>) -> AdapterError {
        let module = firstSaved(around: path, in: saved) ?? path
        let name = names.first { module.hasSuffix($0) } ?? ""
        return AdapterError(
            .invalidConfiguration,
            "modules_to_save: \"\(name)\" also matches \(module), because its path ends in it, but \(path) there is "
                + "adapted; write the module's full name, \"\(ModulePath.name(module))\"",
            setting: "modules_to_save")
    }

    private func error(_ module: ModuleDescription, _ reason: String) -> AdapterError {
        let name = names.first { module.path.hasSuffix($0) } ?? ""
        return AdapterError(
            .invalidConfiguration, "modules_to_save: \"\(name)\" matches \(module.path), which \(reason)",
            setting: "modules_to_save")
    }
}
