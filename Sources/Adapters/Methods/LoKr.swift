// ΔW = s · W₁ ⊗ W₂, where each may be a product of two factors; s = α / r
//
// LyCORIS, arXiv:2309.14859; after KronA, arXiv:2212.10650.
import Models
import Tensors

/// A Kronecker product: few numbers for a change of full rank.
struct LoKr: AdapterMethod {
    static let peftType = "LOKR"
    static let name = "lokr"
    static let tensorNames = ["lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b"]
    static let absentSettings = LycorisSettings.absent
    static let fields =
        LycorisSettings.fields + [
            SettingField(
                "decompose_both", "true or false", default: "false", "LoKr: decompose W₁ into two factors too."),
            SettingField(
                "decompose_factor", "a whole number", default: "-1",
                "LoKr: size of W₁; -1 chooses about the square root."),
            SettingField("rank_dropout_scale", "true or false", default: "false", "LoKr: rescale after rank_dropout."),
        ]

    /// How the tensors begin.
    private enum Start: Equatable {
        /// W₁ is zero.
        case standard
        /// W₂ is zero, as in LyCORIS.
        case lycoris
        /// Nothing is.
        case random
    }

    static func isMeant(by settings: SettingsReader) -> Bool { true }

    private var shared: LycorisSettings
    private var decomposesBoth: Bool
    private var factor: Int
    private var scalesDropout: Bool
    private var start: Start

    init(_ settings: SettingsReader, origin: AdapterConfiguration.Origin, notes: inout [String]) throws {
        shared = try LycorisSettings(settings)
        decomposesBoth = try settings.flag("decompose_both") ?? false
        scalesDropout = try settings.flag("rank_dropout_scale") ?? false
        factor = try settings.integer("decompose_factor") ?? -1
        guard factor == -1 || (1...RankSettings.largest).contains(factor) else {
            throw settings.invalid("decompose_factor", "must be -1 or at least 1, found \(factor)")
        }
        switch settings.value("init_weights") {
        case nil, .bool(true): start = .standard
        case .bool(false): start = .random
        case .string("lycoris"): start = .lycoris
        case .some(let value): throw settings.mistyped("init_weights", "true, false or \"lycoris\"", value)
        }
    }

    var settings: [JSONValue.Member] {
        let initial: JSONValue =
            switch start {
            case .standard: .bool(true)
            case .lycoris: .string("lycoris")
            case .random: .bool(false)
            }
        return shared.settings + [
            .init("decompose_both", .bool(decomposesBoth)), .init("decompose_factor", .int(factor)),
            .init("rank_dropout_scale", .bool(scalesDropout)), .init("init_weights", initial),
        ]
    }

    var ranks: RankSettings? {
        get { shared.ranks }
        set { if let newValue { shared.ranks = newValue } }
    }

    func sites(on modules: [ModuleDescription]) throws -> [AdaptedLinear] { try shared.sites(on: modules) }

    func parameters(at site: AdaptedLinear) -> [AdapterParameter] {
        let (out, inner) = (split(site.outputs), split(site.inputs))
        let small = factors("lokr_w1", [out.0, inner.0], site, splits: decomposesBoth)
        let large = factors("lokr_w2", [out.1, inner.1], site, splits: true)
        return (small + large).map { name, shape in
            AdapterParameter(of: site, name, shape, method: Self.name, start: isZero(name) ? .zeros : .drawn)
        }
    }

    /// A matrix of its own, or two factors where the rank is below half of its longer side.
    private func factors(
        _ name: String, _ shape: [Int], _ site: AdaptedLinear, splits: Bool
    ) -> [(name: String, shape: [Int])] {
        guard splits, 2 * site.rank < max(shape[0], shape[1]) else { return [(name, shape)] }
        return [("\(name)_a", [shape[0], site.rank]), ("\(name)_b", [site.rank, shape[1]])]
    }

    private func isZero(_ name: String) -> Bool {
        switch start {
        case .standard, .random: ["lokr_w1", "lokr_w1_a"].contains(name)
        case .lycoris: ["lokr_w2", "lokr_w2_b"].contains(name)
        }
    }

    /// Two numbers whose product is a width, the first no larger than the second: `decompose_factor` where it divides it,
    /// else about the root.
    private func split(_ width: Int) -> (Int, Int) {
        if factor > 0, width.isMultiple(of: factor) { return (factor, width / factor) }
        let limit = factor > 0 ? factor : width
        var best = 1
        for divisor in sequence(first: 1, next: { $0 + 1 }).prefix(while: { $0 * $0 <= width && $0 <= limit })
        where width.isMultiple(of: divisor) { best = divisor }
        return (best, width / best)
    }

    func initialValue(
        of parameter: AdapterParameter, at site: AdaptedLinear, base: Checkpoint, seed: UInt64
    ) throws -> Tensor {
        start != .random && parameter.start == .zeros
            ? Tensor(zeros: parameter.shape) : parameter.kaimingValue(seed: seed)
    }

    func additions(at site: AdaptedLinear, _ values: [String: Tensor]) -> LinearAdditions {
        LinearAdditions(branches: [branch(at: site, values)].compactMap(\.self))
    }

    func merged(_ weight: Tensor, at site: AdaptedLinear, _ values: [String: Tensor]) -> Tensor {
        branch(at: site, values)?.added(to: weight) ?? weight.converted(to: .float32)
    }

    private func branch(at site: AdaptedLinear, _ values: [String: Tensor]) -> DeltaBranch? {
        let names = parameters(at: site).map(\.name)
        guard names.allSatisfy({ values[$0] != nil }) else { return nil }
        return DeltaBranch(leaves: names.compactMap { values[$0] }) {
            guard let small = Self.matrix("lokr_w1", values), let large = Self.matrix("lokr_w2", values) else {
                return Tensor(zeros: [site.outputs, site.inputs])
            }
            return small.kronecker(large).scaled(by: Float(site.scaling))
        }
    }

    private static func matrix(_ name: String, _ values: [String: Tensor]) -> Tensor? {
        if let whole = values[name] { return whole }
        guard let a = values["\(name)_a"], let b = values["\(name)_b"] else { return nil }
        return a.times(b)
    }
}
