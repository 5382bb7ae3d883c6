// y = W x + b + s · B A dropout(x)     with s = α / r, or α / √r where rank-stabilised
//
// LoRA, arXiv:2106.09685; rank stabilisation, arXiv:2312.03732.
import Models
import Tensors

/// Two factors of low rank beside a linear layer.
struct LoRA: AdapterMethod, Equatable {
    static let peftType = "LORA"
    static let name = "lora"
    static let tensorNames = ["lora_A", "lora_B", "lora_embedding_A", "lora_embedding_B"]
    static let factors: [String: FactorRole] = ["lora_A.weight": .a, "lora_B.weight": .b]

    static func isMeant(by settings: SettingsReader) -> Bool { true }

    /// `r`, `lora_alpha` and their patterns.
    var factors = RankSettings()
    /// `lora_dropout`: probability with which an input of A is dropped in training.
    var dropout: Double = 0
    /// `use_rslora`.
    var usesRankStabilisation = false
    /// `init_lora_weights`.
    var initialWeights: InitialWeights = .standard
    /// `fan_in_fan_out`: without effect on linear layers; kept as read.
    var fanInFanOut = false

    /// PEFT's defaults.
    init() {}

    var ranks: RankSettings? {
        get { factors }
        set { if let newValue { factors = newValue } }
    }

    func sites(on modules: [ModuleDescription]) throws -> [AdaptedLinear] {
        let values = try factors.values(at: modules.map(\.path))
        return try zip(modules, values).map { module, value in
            try AdaptedLinear(
                module, rank: value.rank, alpha: value.alpha, isRankStabilised: usesRankStabilisation, dropout: dropout)
        }
    }

    func parameters(at site: AdaptedLinear) -> [AdapterParameter] {
        [
            AdapterParameter(
                of: site, "lora_A.weight", [site.rank, site.inputs], method: Self.name, start: .drawn, factor: .a),
            AdapterParameter(
                of: site, "lora_B.weight", [site.outputs, site.rank], method: Self.name, start: .zeros,
                factor: .b),
        ]
    }

    func initialValue(
        of parameter: AdapterParameter, at site: AdaptedLinear, base: Checkpoint, seed: UInt64
    ) throws -> Tensor { initialWeights.draw(parameter, seed: seed) }

    func additions(at site: AdaptedLinear, _ values: [String: Tensor]) -> LinearAdditions {
        LinearAdditions(factors: [lowRankFactors(at: site, values)].compactMap(\.self))
    }

    func merged(_ weight: Tensor, at site: AdaptedLinear, _ values: [String: Tensor]) -> Tensor {
        lowRankFactors(at: site, values)?.added(to: weight) ?? weight.converted(to: .float32)
    }

    /// A, B and their scale.
    func lowRankFactors(at site: AdaptedLinear, _ values: [String: Tensor]) -> LowRankFactors? {
        guard let a = values["lora_A.weight"], let b = values["lora_B.weight"] else { return nil }
        return LowRankFactors(
            a: a, b: b, scale: Float(site.scaling), dropout: Float(site.dropout),
            dropoutKey: SplitMix64.hash(site.path))
    }

    func withUnitScale(ranks: [(path: String, rank: Int)]) -> LoRA? {
        var result = self
        result.usesRankStabilisation = false
        result.factors.rankPattern = ranks.map { .init($0.path, $0.rank) }
        result.factors.alphaPattern = ranks.map { .init($0.path, Double($0.rank)) }
        return result
    }
}

extension LowRankFactors {
    /// W + s · B A in float32.
    fileprivate func added(to base: Tensor) -> Tensor {
        let (rank, width, values) = (a.shape[0], a.shape[1], a.values)
        let transposed = (0..<width).flatMap { column in (0..<rank).map { scale * values[$0 * width + column] } }
        let projection = Projection(weight: Tensor(transposed, shape: [width, rank]))
        return Tensor.withoutGraph { b.projected(by: [projection], residual: base.converted(to: .float32)) }
    }
}
