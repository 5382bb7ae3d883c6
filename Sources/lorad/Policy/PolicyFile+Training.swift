import Adapters
import Federation

/// What a policy says of what trains in a model.
extension PolicyFile {
    /// Refuses what is surely not allowed to train by the adapter's configuration, before the base model is fetched.
    ///
    /// - Throws: `FederationError.forbidden`.
    func admit(_ adapter: LoRAConfiguration, learnsTemperature: Bool) throws {
        let others: [(method: ApprovedMethod, isUsed: Bool)] = [
            (.modulesToSave, !adapter.modulesToSave.isEmpty), (.bias, adapter.bias != .none),
            (.tokens, adapter.trainableTokens != nil), (.temperature, learnsTemperature),
        ]
        for (method, isUsed) in others where isUsed { try check(method) }
        guard let entries = policy.modules.names, !entries.contains(where: { $0.contains("*") }) else { return }
        guard case .names(let targets)? = adapter.targetModules else { return }
        let ends = Set(entries.map(Self.lastPart))
        for target in targets where !ends.contains(Self.lastPart(target)) { throw refusal(ofModule: target) }
    }

    /// Refuses what may not train, by the tensors that do.
    ///
    /// - Throws: `FederationError.forbidden`.
    func admit(_ trained: [AdapterParameter]) throws {
        for parameter in trained {
            try check(ApprovedMethod(parameter.role))
            guard let entries = policy.modules.names, parameter.role != .temperature else { continue }
            let module = parameter.module
            guard entries.contains(where: { ApprovedModule.matches($0, module) }) else {
                throw refusal(ofModule: module)
            }
        }
    }

    private func check(_ method: ApprovedMethod) throws {
        guard policy.methods.approves(method.rawValue) else {
            throw refusal("methods", "\(method.rawValue) would train", allowed: policy.methods.words)
        }
    }

    private func refusal(ofModule module: String) -> FederationError {
        refusal("modules", "\(module) would train", allowed: policy.modules.words)
    }

    private static func lastPart(_ path: String) -> Substring { path.split(separator: ".").last ?? "" }
}

extension AdapterParameter {
    /// The path of the module that the tensor belongs to.
    fileprivate var module: String {
        let count = role == .loraA || role == .loraB ? 2 : 1
        return path.split(separator: ".").dropLast(count).joined(separator: ".")
    }
}
