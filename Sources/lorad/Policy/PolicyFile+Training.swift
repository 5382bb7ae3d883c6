import Adapters
import Federation

/// What a policy says of what trains in a model.
extension PolicyFile {
    /// Refuses what is surely not allowed to train by the adapter's configuration, before the base model is fetched.
    ///
    /// - Throws: `FederationError.forbidden`.
    func admit(_ adapter: AdapterConfiguration, learnsTemperature: Bool) throws {
        let others: [(method: String, isUsed: Bool)] = [
            (ApprovedMethod.modulesToSave, !adapter.modulesToSave.isEmpty),
            (ApprovedMethod.bias, adapter.bias != .none), (ApprovedMethod.tokens, adapter.trainableTokens != nil),
            (ApprovedMethod.temperature, learnsTemperature),
        ]
        for (method, isUsed) in others where isUsed { try check(method) }
        if adapter.targetModules != .names([]) { try check(adapter.methodName) }
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
            try check(ApprovedMethod.name(of: parameter))
            guard let entries = policy.modules.names, parameter.role != .temperature else { continue }
            let module = parameter.module
            guard entries.contains(where: { ApprovedModule.matches($0, module) }) else {
                throw refusal(ofModule: module)
            }
        }
    }

    private func check(_ method: String) throws {
        guard policy.methods.approves(method) else {
            throw refusal("methods", "\(method) would train", allowed: policy.methods.words)
        }
    }

    private func refusal(ofModule module: String) -> FederationError {
        refusal("modules", "\(module) would train", allowed: policy.modules.words)
    }

    private static func lastPart(_ path: String) -> Substring { path.split(separator: ".").last ?? "" }
}
