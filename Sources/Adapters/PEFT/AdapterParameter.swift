/// A tensor that trains, where it lives in the model and under which key PEFT keeps it.
public struct AdapterParameter: Sendable, Equatable {
    /// What the tensor is to the adapter.
    public enum Role: Sendable, Equatable, CaseIterable {
        /// A of a LoRA pair.
        case loraA
        /// B of a LoRA pair.
        case loraB
        /// A parameter of a module in `modules_to_save`.
        case saved
        /// A bias of the base model.
        case bias
    }

    /// What every key of a PEFT file begins with.
    public static let keyPrefix = "base_model.model."

    /// The path in memory: `<module>.lora_A.weight`, `<module>.weight`, `<module>.bias`.
    public let path: String
    /// The key on disk; a bias of an adapted layer is `….base_layer.bias` there.
    public let key: String
    /// The shape, the same in memory and on disk.
    public let shape: [Int]
    /// What the tensor is.
    public let role: Role

    init(path: String, shape: [Int], role: Role) {
        self.init(path: path, key: Self.keyPrefix + path, shape: shape, role: role)
    }

    private init(path: String, key: String, shape: [Int], role: Role) {
        self.path = path
        self.key = key
        self.shape = shape
        self.role = role
    }

    /// The bias of a module that trains although the module is not saved.
    static func bias(of module: String, shape: [Int], isAdapted: Bool) -> AdapterParameter {
        AdapterParameter(
            path: "\(module).bias", key: keyPrefix + module + (isAdapted ? ".base_layer.bias" : ".bias"),
            shape: shape, role: .bias)
    }
}
