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
        /// Rows of an embedding.
        case tokens
        /// The logarithm of a contrastive model's inverse temperature: one number, kept at `largestLogitScale` or below.
        case temperature
    }

    /// ln 100: a larger inverse temperature makes training unstable (CLIP, arXiv:2103.00020, section 2.5).
    public static let largestLogitScale: Float = 4.6051702

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
    /// Whether it belongs to a norm layer.
    public let isOfNorm: Bool
    /// Paths of parameters of other modules that are the same tensor: that of a tied output embedding.
    public let tiedPaths: [String]

    /// The keys beside `key` under which PEFT writes the tensor again.
    public var tiedKeys: [String] { tiedPaths.map { Self.keyPrefix + $0 } }

    init(path: String, shape: [Int], role: Role, isOfNorm: Bool = false, tiedPaths: [String] = []) {
        self.init(
            path: path, key: Self.keyPrefix + path, shape: shape, role: role, isOfNorm: isOfNorm, tiedPaths: tiedPaths)
    }

    private init(
        path: String, key: String, shape: [Int], role: Role, isOfNorm: Bool = false, tiedPaths: [String] = []
    ) {
        self.path = path
        self.key = key
        self.shape = shape
        self.role = role
        self.isOfNorm = isOfNorm
        self.tiedPaths = tiedPaths
    }

    /// The temperature that a model owns outside of its modules, under its name there. PEFT puts it in its place when it loads
    /// the file, as it does with biases.
    static func temperature(_ name: String) -> AdapterParameter {
        AdapterParameter(path: name, shape: [], role: .temperature)
    }

    /// Rows of an embedding of some width.
    static func tokens(_ rows: TrainedRows, width: Int) -> AdapterParameter {
        AdapterParameter(path: rows.path, shape: [rows.indices.count, width], role: .tokens)
    }

    /// The bias of a module that trains although the module is not saved.
    static func bias(of module: String, shape: [Int], isAdapted: Bool) -> AdapterParameter {
        AdapterParameter(
            path: "\(module).bias", key: keyPrefix + module + (isAdapted ? ".base_layer.bias" : ".bias"),
            shape: shape, role: .bias)
    }
}
