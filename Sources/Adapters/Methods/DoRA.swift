// y = g ∘ (W x + s · B A x) + b     with g = m / ‖W + s · B A‖, the norm of each row, taken for a constant
//
// and with dropout, x̃ = dropout(x):  y = W x + b + (g − 1) ∘ W x̃ + g ∘ s · B A x̃
//
// DoRA, arXiv:2402.09353; the norm is a constant as its section 4.3 says, and as in PEFT.
import Foundation
import Models
import Tensors

/// LoRA with the length of each row of the weight apart from its direction.
struct DoRA: AdapterMethod, Equatable {
    static let peftType = LoRA.peftType
    static let name = "dora"
    static let fields: [SettingField] = []
    static let tensorNames = LoRA.tensorNames + [magnitude]
    static let factors = LoRA.factors
    private static let magnitude = "lora_magnitude_vector"

    static func isMeant(by settings: SettingsReader) -> Bool { settings.value("use_dora") == .bool(true) }

    private var lora: LoRA

    /// LoRA's settings, with magnitudes.
    init(_ lora: LoRA) { self.lora = lora }

    init(_ settings: SettingsReader, origin: AdapterConfiguration.Origin, notes: inout [String]) throws {
        lora = try LoRA(settings, origin: origin, notes: &notes)
    }

    var settings: [JSONValue.Member] { lora.settings + [.init("use_dora", .bool(true))] }

    var ranks: RankSettings? {
        get { lora.ranks }
        set { lora.ranks = newValue }
    }

    func sites(on modules: [ModuleDescription]) throws -> [AdaptedLinear] { try lora.sites(on: modules) }

    func parameters(at site: AdaptedLinear) -> [AdapterParameter] {
        lora.parameters(at: site).map { $0.belonging(to: Self.name) } + [
            AdapterParameter(of: site, Self.magnitude, [site.outputs], method: Self.name, start: .base)
        ]
    }

    func initialValue(
        of parameter: AdapterParameter, at site: AdaptedLinear, base: Checkpoint, seed: UInt64
    ) throws -> Tensor {
        guard parameter.factor == nil else {
            return try lora.initialValue(of: parameter, at: site, base: base, seed: seed)
        }
        guard let weight = base.parameter(at: "\(site.path).weight") else {
            throw AdapterError(.invalidConfiguration, "\(base.folder.path) has no \(site.path).weight to measure")
        }
        let factors = try lora.parameters(at: site).map {
            ($0.name, try lora.initialValue(of: $0, at: site, base: base, seed: seed))
        }
        let values = Dictionary(uniqueKeysWithValues: factors)
        let norms = lora.lowRankFactors(at: site, values).map { RowNorms(of: weight).adding($0, to: weight) } ?? []
        return Tensor(norms.map(Float.init), shape: [site.outputs])
    }

    func additions(at site: AdaptedLinear, _ values: [String: Tensor]) -> LinearAdditions {
        guard let factors = lora.lowRankFactors(at: site, values), let magnitude = values[Self.magnitude] else {
            return LinearAdditions()
        }
        return LinearAdditions(branches: [Branch(factors: factors, magnitude: magnitude)])
    }

    func merged(_ weight: Tensor, at site: AdaptedLinear, _ values: [String: Tensor]) -> Tensor {
        let sum = lora.merged(weight, at: site, values)
        guard let magnitude = values[Self.magnitude] else { return sum }
        let gains = zip(magnitude.values, RowNorms(of: sum).lengths).map { Double($0) / $1 }
        return Tensor(
            sum.values.enumerated().map { Float(Double($1) * gains[$0 / site.inputs]) }, shape: sum.shape)
    }
}

extension DoRA {
    /// The layer with its rows' lengths replaced.
    private struct Branch: LinearBranch {
        let factors: LowRankFactors
        let magnitude: Tensor
        let base = RowNorms.Kept()

        var leaves: [Tensor] { [factors.a, factors.b, magnitude] }

        func callAsFunction(_ x: Tensor, _ layer: Projection) -> Tensor {
            let norms = base.norms(of: layer.weight).adding(factors, to: layer.weight)
            let inverse = Tensor(norms.map { Float(1 / $0) }, shape: [norms.count])
            let gain = magnitude.reshaped([1, norms.count]).scaledColumns(by: inverse)
            var (bare, undropped) = (layer, factors)
            undropped.dropout = 0
            bare.bias = nil
            let dropped = x.dropped(factors.dropout, key: factors.dropoutKey)
            guard factors.dropout > 0, Tensor.isDropping else {
                bare.adapters.append(undropped)
                let y = x.projected(by: [bare], as: .float32).scaledColumns(by: gain)
                return layer.bias.map(y.adding(bias:)) ?? y
            }
            let minusOne = Tensor(Array(repeating: -1, count: norms.count), shape: [norms.count])
            let scales = Tensor(Array(repeating: factors.scale, count: norms.count), shape: [norms.count])
            let product = dropped.projected(by: [Projection(weight: factors.a)], as: .float32)
                .projected(by: [Projection(weight: factors.b)], as: .float32)
            return x.projected(by: [layer], as: .float32)
                + dropped.projected(by: [bare], as: .float32).scaledColumns(by: gain.adding(bias: minusOne))
                + product.scaledColumns(by: gain.scaledColumns(by: scales))
        }
    }
}
