// y = l ∘ (W x + b), or W (l ∘ x) + b in feed-forward modules
//
// (IA)³, arXiv:2205.05638
import Foundation
import Models
import Tensors

/// A number for each output of a layer, or for each input of a feed-forward layer.
struct IA3: AdapterMethod {
    static let peftType = "IA3"
    static let name = "ia3"
    static let tensorNames = ["ia3_l"]
    static let absentSettings: Set<String> = [
        "bias", "layers_to_transform", "layers_pattern", "trainable_token_indices", "ensure_weight_tying",
    ]
    static let fields: [SettingField] = [
        SettingField(
            "feedforward_modules", "a list or a regular expression",
            "IA³: target modules whose input is scaled instead of their output."),
        SettingField(
            "init_ia3_weights", "true or false", default: "true",
            "IA³: initialise with ones. false draws random values."),
    ]

    static func isMeant(by settings: SettingsReader) -> Bool { true }

    private var feedForward: ModuleSelection?
    private var startsAtOne = true
    private var fanInFanOut = false

    init(_ settings: SettingsReader, origin: AdapterConfiguration.Origin, notes: inout [String]) throws {
        feedForward = try AdapterConfiguration.selection("feedforward_modules", settings)
        startsAtOne = try settings.flag("init_ia3_weights") ?? true
        fanInFanOut = try settings.flag("fan_in_fan_out") ?? false
        guard case .names(let names)? = feedForward,
            case .names(let targets)? = try AdapterConfiguration.selection("target_modules", settings),
            let other = names.first(where: { !targets.contains($0) })
        else { return }
        throw settings.invalid("feedforward_modules", "names \(other), which target_modules does not: add it there too")
    }

    var settings: [JSONValue.Member] {
        [
            .init("feedforward_modules", feedForward?.setting ?? .null),
            .init("init_ia3_weights", .bool(startsAtOne)),
            .init("fan_in_fan_out", .bool(fanInFanOut)),
        ]
    }

    func sites(on modules: [ModuleDescription]) throws -> [AdaptedLinear] {
        let sites = try modules.map { try AdaptedLinear($0) }
        // Matched here once, where an error can be told; afterwards the pattern is known to end on every site.
        if let pattern = try feedForwardPattern() {
            for site in sites { _ = try pattern.matchesWhole(site.path) }
        }
        return sites
    }

    private func feedForwardPattern() throws -> PythonPattern? {
        guard case .pattern(let text) = feedForward else { return nil }
        return try PythonPattern(text, setting: "feedforward_modules")
    }

    func parameters(at site: AdaptedLinear) -> [AdapterParameter] {
        let shape = scalesInputs(of: site) ? [1, site.inputs] : [site.outputs, 1]
        return [AdapterParameter(of: site, "ia3_l", shape, method: Self.name, start: .ones)]
    }

    func initialValue(
        of parameter: AdapterParameter, at site: AdaptedLinear, base: Checkpoint, seed: UInt64
    ) throws -> Tensor {
        var random = SplitMix64(seed: seed, stream: SplitMix64.hash(parameter.key))
        let count = parameter.shape.reduce(1, *)
        return Tensor((0..<count).map { _ in startsAtOne ? 1 : Float(random.nextNormal()) }, shape: parameter.shape)
    }

    func additions(at site: AdaptedLinear, _ values: [String: Tensor]) -> LinearAdditions {
        guard let vector = values["ia3_l"] else { return LinearAdditions() }
        return LinearAdditions(branches: [Branch(vector: vector, scalesInputs: scalesInputs(of: site))])
    }

    func merged(_ weight: Tensor, at site: AdaptedLinear, _ values: [String: Tensor]) -> Tensor {
        let wide = weight.converted(to: .float32)
        guard let vector = values["ia3_l"]?.detached else { return wide }
        guard !scalesInputs(of: site) else { return wide.scaledColumns(by: vector) }
        return Tensor.withoutGraph { wide.transposed().scaledColumns(by: vector).transposed() }
    }

    func mergedBias(_ bias: Tensor, at site: AdaptedLinear, _ values: [String: Tensor]) -> Tensor? {
        guard let vector = values["ia3_l"]?.detached, !scalesInputs(of: site) else { return nil }
        return Tensor(zip(bias.values, vector.values).map { $0 * $1 }, shape: bias.shape)
    }

    /// PEFT's rule: a regular expression matches the whole path, a name its end.
    private func scalesInputs(of site: AdaptedLinear) -> Bool {
        switch feedForward {
        case .names(let names): names.contains { site.path.hasSuffix($0) }
        case .pattern: (try? feedForwardPattern()?.matchesWhole(site.path)) ?? false
        case .allLinear, nil: false
        }
    }

    private struct Branch: LinearBranch {
        let vector: Tensor
        let scalesInputs: Bool

        var leaves: [Tensor] { [vector] }

        func callAsFunction(_ x: Tensor, _ layer: Projection) -> Tensor {
            scalesInputs
                ? x.scaledColumns(by: vector).cast(to: x.dtype).projected(by: [layer], as: .float32)
                : x.projected(by: [layer], as: .float32).scaledColumns(by: vector)
        }
    }
}
