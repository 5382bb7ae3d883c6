/// A trainable tensor, its place in the model, and its key in PEFT's files.
public struct AdapterParameter: Sendable, Equatable {
    /// What the tensor is to the adapter.
    public enum Role: Sendable, Equatable, CaseIterable {
        /// A tensor that the adapter method adds to a module.
        case adapter
        /// A parameter of a module in `modules_to_save`.
        case saved
        /// A bias of the base model.
        case bias
        /// Rows of an embedding.
        case tokens
        /// The logarithm of a contrastive model's inverse temperature: one number, kept at `largestLogitScale` or below.
        case temperature
    }

    /// The initial value of a tensor, in an adapter that changes nothing yet.
    public enum Start: Sendable, Equatable {
        /// Numbers drawn at random, which have no effect yet.
        case drawn
        /// Zeros.
        case zeros
        /// Ones.
        case ones
        /// What the base model says: its own numbers, or a function of them.
        case base
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
    /// Paths of parameters in other modules that are the same tensor, such as a tied output embedding.
    public let tiedPaths: [String]
    /// The path of the module that it belongs to; empty for one outside of all modules.
    public let module: String
    /// The display name of its adapter method; `nil` for a tensor of the base model.
    public let method: String?
    /// Its initial value, in an adapter that changes nothing yet.
    public let start: Start
    /// Which factor of a product of low rank it is, if it is one.
    public let factor: FactorRole?

    /// Further keys under which PEFT writes the same tensor.
    public var tiedKeys: [String] { tiedPaths.map { Self.keyPrefix + $0 } }

    /// A parameter of the base model that trains.
    init(
        path: String, shape: [Int], role: Role, module: String? = nil, isOfNorm: Bool = false, tiedPaths: [String] = []
    ) {
        self.init(
            path: path, key: Self.keyPrefix + path, shape: shape, role: role,
            module: module ?? ModulePath.parent(path) ?? "",
            isOfNorm: isOfNorm, tiedPaths: tiedPaths)
    }

    /// A tensor that a method adds to a module.
    ///
    /// - Parameter name: its name within the module: `lora_A.weight`.
    init(
        of site: AdaptedLinear, _ name: String, _ shape: [Int], method: String, start: Start, factor: FactorRole? = nil
    ) {
        let path = "\(site.path).\(name)"
        self.init(
            path: path, key: Self.keyPrefix + path, shape: shape, role: .adapter, module: site.path, method: method,
            start: start, factor: factor)
    }

    private init(
        path: String, key: String, shape: [Int], role: Role, module: String, isOfNorm: Bool = false,
        tiedPaths: [String] = [], method: String? = nil, start: Start = .base, factor: FactorRole? = nil
    ) {
        (self.path, self.key, self.shape, self.role, self.module) = (path, key, shape, role, module)
        (self.isOfNorm, self.tiedPaths, self.method) = (isOfNorm, tiedPaths, method)
        (self.start, self.factor) = (start, factor)
    }

    /// The same tensor at other ranks.
    func resized(to shape: [Int]) -> AdapterParameter {
        AdapterParameter(
            path: path, key: key, shape: shape, role: role, module: module, isOfNorm: isOfNorm, tiedPaths: tiedPaths,
            method: method, start: start, factor: factor)
    }

    /// The same tensor of a method that is built on another one.
    func belonging(to method: String) -> AdapterParameter {
        AdapterParameter(
            path: path, key: key, shape: shape, role: role, module: module, isOfNorm: isOfNorm, tiedPaths: tiedPaths,
            method: method, start: start, factor: factor)
    }

    /// Whether it is the given factor of a pair; always false for `nil`.
    public func isFactor(_ role: FactorRole?) -> Bool { role != nil && factor == role }

    /// Its name within its module: `lora_A.weight`.
    var name: String { module.isEmpty ? path : String(path.dropFirst(module.count + 1)) }

    /// The temperature that a model owns outside of its modules, under its name there. PEFT puts it in its place when it loads
    /// the file, as it does with biases.
    static func temperature(_ name: String) -> AdapterParameter {
        AdapterParameter(path: name, shape: [], role: .temperature, module: "")
    }

    /// Rows of an embedding of some width.
    static func tokens(_ rows: TrainedRows, width: Int) -> AdapterParameter {
        AdapterParameter(path: rows.path, shape: [rows.indices.count, width], role: .tokens, module: rows.module)
    }

    /// The bias of a module that trains although the module is not saved.
    static func bias(of module: String, shape: [Int], isAdapted: Bool) -> AdapterParameter {
        AdapterParameter(
            path: "\(module).bias", key: keyPrefix + module + (isAdapted ? ".base_layer.bias" : ".bias"),
            shape: shape, role: .bias, module: module)
    }
}
