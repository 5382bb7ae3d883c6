// ΔW = s · (A₁ B₁) ∘ (A₂ B₂)     with s = α / r
//
// FedPara, arXiv:2108.06098; as an adapter: LyCORIS, arXiv:2309.14859.
import Models
import Tensors

/// The elementwise product of two products of low rank: of rank r² at most.
struct LoHa: AdapterMethod {
    static let peftType = "LOHA"
    static let name = "loha"
    static let tensorNames = ["hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"]
    static let absentSettings = LycorisSettings.absent
    static let fields = LycorisSettings.fields

    static func isMeant(by settings: SettingsReader) -> Bool { true }

    private var shared: LycorisSettings
    private var startsAtZero: Bool

    init(_ settings: SettingsReader, origin: AdapterConfiguration.Origin, notes: inout [String]) throws {
        shared = try LycorisSettings(settings)
        startsAtZero = try settings.flag("init_weights") ?? true
    }

    var settings: [JSONValue.Member] { shared.settings + [.init("init_weights", .bool(startsAtZero))] }

    var ranks: RankSettings? {
        get { shared.ranks }
        set { if let newValue { shared.ranks = newValue } }
    }

    func sites(on modules: [ModuleDescription]) throws -> [AdaptedLinear] { try shared.sites(on: modules) }

    func parameters(at site: AdaptedLinear) -> [AdapterParameter] {
        let (a, b) = ([site.outputs, site.rank], [site.rank, site.inputs])
        return zip(Self.tensorNames, [a, b, a, b]).map { name, shape in
            AdapterParameter(
                of: site, name, shape, method: Self.name, start: name == "hada_w2_b" ? .zeros : .drawn)
        }
    }

    func initialValue(
        of parameter: AdapterParameter, at site: AdaptedLinear, base: Checkpoint, seed: UInt64
    ) throws -> Tensor {
        startsAtZero && parameter.start == .zeros ? Tensor(zeros: parameter.shape) : parameter.kaimingValue(seed: seed)
    }

    func additions(at site: AdaptedLinear, _ values: [String: Tensor]) -> LinearAdditions {
        LinearAdditions(branches: [branch(at: site, values)].compactMap(\.self))
    }

    func merged(_ weight: Tensor, at site: AdaptedLinear, _ values: [String: Tensor]) -> Tensor {
        branch(at: site, values)?.added(to: weight) ?? weight.converted(to: .float32)
    }

    private func branch(at site: AdaptedLinear, _ values: [String: Tensor]) -> DeltaBranch? {
        let factors = Self.tensorNames.compactMap { values[$0] }
        guard factors.count == Self.tensorNames.count else { return nil }
        return DeltaBranch(leaves: factors) {
            (factors[0].times(factors[1]) * factors[2].times(factors[3])).scaled(by: Float(site.scaling))
        }
    }
}
