import Models

extension AdapterConfiguration {
    /// Whether the tensor under a key of this adapter's file is trainable as PEFT counts it: factors, trained biases,
    /// and tensors of saved modules, but no copies that are saved with them.
    public func trains(key: String) -> Bool {
        guard key.hasPrefix(AdapterParameter.keyPrefix), !key.contains(".original_module.") else { return false }
        let path = String(key.dropFirst(AdapterParameter.keyPrefix.count))
        if AdapterMethods.tensorStart(in: path) != nil || path.hasSuffix(".trainable_tokens_delta")
            || path == ClipModel.logitScaleName
        {
            return true
        }
        if path.hasSuffix(".base_layer.weight") { return false }
        if bias != .none, path.hasSuffix(".bias") { return true }
        let module = path.replacing(".modules_to_save.default", with: "").replacing(".modules_to_save", with: "")
        return ModulePath.selfAndAncestors(module).contains { path in modulesToSave.contains { path.hasSuffix($0) } }
    }

    /// Which factor of a pair the tensor under a key of this adapter's file is, if it is one.
    public func factor(atKey key: String) -> FactorRole? {
        AdapterMethods.tensorStart(in: key).flatMap { start in
            type(of: method).factors[String(key[start...].dropFirst())]
        }
    }
}
