import Models
import Tensors

/// A way to adapt a model: its settings, where it can sit, which tensors it has there, what it computes with them, and how they
/// merge into the weights.
///
/// A method is one file with a type that conforms to this, and a line in `AdapterMethods`. Everything else goes by what a
/// method says of itself: the settings of run files and `adapter_config.json`, the keys of PEFT's files, the optimizer,
/// aggregators, privacy and site policies know no method by name.
protocol AdapterMethod: Sendable {
    /// PEFT's name, `peft_type`.
    static var peftType: String { get }
    /// What people call it, in site policies and messages: `lora`.
    static var name: String { get }
    /// The settings that are its own, as run files document them.
    static var fields: [SettingField] { get }
    /// The settings common to adapters that PEFT does not have for it: `bias`.
    static var absentSettings: Set<String> { get }
    /// The tensors that it puts on a module, by the first part of their names: `lora_A`.
    static var tensorNames: [String] { get }
    /// Which of its tensors are the factors of a product of low rank that it adds, by their names in a module.
    static var factors: [String: FactorRole] { get }

    /// Whether it is the method that settings with its `peft_type` ask for.
    static func isMeant(by settings: SettingsReader) -> Bool

    /// Reads and checks its settings.
    ///
    /// - Parameter notes: receives a line for each setting that was ignored.
    /// - Throws: `AdapterError` naming the key.
    init(_ settings: SettingsReader, origin: AdapterConfiguration.Origin, notes: inout [String]) throws

    /// Its settings by PEFT's keys, with every one that PEFT writes.
    var settings: [JSONValue.Member] { get }

    /// Ranks and alphas, for a method that has them.
    var ranks: RankSettings? { get set }

    /// What it is on each of some modules.
    ///
    /// - Throws: `AdapterError` if a module is none that it can sit on.
    func sites(on modules: [ModuleDescription]) throws -> [AdaptedLinear]

    /// The tensors of a module.
    func parameters(at site: AdaptedLinear) -> [AdapterParameter]

    /// The value that training begins with, float32.
    ///
    /// - Parameters:
    ///   - parameter: one of `parameters(at:)`.
    ///   - base: the base model's weights.
    ///   - seed: what chance depends on, together with the parameter's key.
    /// - Throws: `AdapterError` if the base lacks what it begins with.
    func initialValue(
        of parameter: AdapterParameter, at site: AdaptedLinear, base: Checkpoint, seed: UInt64
    ) throws -> Tensor

    /// What stands beside the module's weight.
    ///
    /// - Parameter values: the tensors of `parameters(at:)` by their names within the module, such as `lora_A.weight`.
    func additions(at site: AdaptedLinear, _ values: [String: Tensor]) -> LinearAdditions

    /// The weight that computes what the module and its adapter compute together, float32 and without a graph.
    ///
    /// - Parameters:
    ///   - weight: the module's own, [out, in].
    ///   - values: as for `additions(at:_:)`.
    func merged(_ weight: Tensor, at site: AdaptedLinear, _ values: [String: Tensor]) -> Tensor

    /// The bias that belongs to the merged weight, float32; `nil` if it is the module's own.
    ///
    /// - Parameter bias: the module's own, or what has trained in its place.
    func mergedBias(_ bias: Tensor, at site: AdaptedLinear, _ values: [String: Tensor]) -> Tensor?

    /// The same method with other ranks and a scale of 1; `nil` where a module is more than W + s B A with its tensors.
    ///
    /// - Parameter ranks: ranks by module path.
    func withUnitScale(ranks: [(path: String, rank: Int)]) -> Self?
}

extension AdapterMethod {
    /// One without ranks.
    var ranks: RankSettings? {
        get { nil }
        set {}
    }

    /// None.
    static var absentSettings: Set<String> { [] }

    /// The module's own.
    func mergedBias(_ bias: Tensor, at site: AdaptedLinear, _ values: [String: Tensor]) -> Tensor? { nil }

    /// None.
    static var factors: [String: FactorRole] { [:] }

    /// It has no factors.
    func withUnitScale(ranks: [(path: String, rank: Int)]) -> Self? { nil }
}
