import Foundation
import Tensors

/// Builds layers from a checkpoint by Hugging Face paths, and records what it found.
///
/// Problems are collected, so one error lists every tensor that is missing or has the wrong shape.
public final class WeightBuilder {
    /// The type that matrix products are computed in.
    let computing: DType
    private let checkpoint: Checkpoint
    private let customization: any ModelCustomization
    private var used: Set<String> = []
    private var missing: [String] = []
    private var misshapen: [String] = []
    private var unsupported: [String] = []
    private var entered: Set<String> = []
    private(set) var modules: [ModuleDescription] = []
    private(set) var looseParameterCount = 0

    /// Stands for what is missing or does not fit: of the sizes that `config.json` claims there may be no memory for it.
    private static let nothing = Tensor(zeros: [0])

    init(_ checkpoint: Checkpoint, computing: DType, customization: any ModelCustomization) {
        self.checkpoint = checkpoint
        self.computing = computing
        self.customization = customization
    }

    /// Rows of the embeddings where they have grown; `nil` where `config.json` says.
    var vocabularyRows: Int? { checkpoint.additions.rows > 0 ? checkpoint.additions.rows : nil }

    /// y = Wx + b at `path`; `alias` names a tensor that serves as the weight (a tied embedding).
    func linear(
        _ path: String, inputs: Int, outputs: Int, bias: Bool, isOutputEmbedding: Bool = false, alias: String? = nil
    ) -> Projection {
        describe(
            path, .linear, [("weight", [outputs, inputs])] + (bias ? [("bias", [outputs])] : []), isOutputEmbedding,
            tiedTo: alias.map { String($0.dropLast(".weight".count)) })
        let weight = matrix("\(path).weight", [outputs, inputs], alias: alias) ?? Self.nothing
        let biasVector = bias ? vector("\(path).bias", outputs) : nil
        let additions = customization.additions(at: path)
        return Projection(
            weight: weight, bias: biasVector, adapters: additions.factors,
            replaced: isOutputEmbedding ? customization.rows(at: path) : nil, branches: additions.branches,
            gain: additions.gain)
    }

    /// The table of an embedding, [rows, columns].
    func embedding(_ path: String, rows: Int, columns: Int) -> EmbeddingTable {
        describe(path, .embedding, [("weight", [rows, columns])])
        return EmbeddingTable(
            weight: matrix("\(path).weight", [rows, columns]) ?? Self.nothing, replaced: customization.rows(at: path))
    }

    /// A convolution whose stride is its size, as a product over patches: [outputs, channels · size²].
    func patchConvolution(_ path: String, outputs: Int, channels: Int, size: Int, bias: Bool = false) -> Projection {
        let shape = [outputs, channels, size, size]
        describe(path, .convolution, [("weight", shape)] + (bias ? [("bias", [outputs])] : []))
        let matrix = matrix("\(path).weight", shape)?.reshaped([outputs, channels * size * size])
        return Projection(
            weight: matrix ?? Self.nothing, bias: bias ? vector("\(path).bias", outputs) : nil)
    }

    /// A norm's weight, and bias where it has one.
    func norm(_ path: String, size: Int, bias: Bool) -> (weight: Tensor, bias: Tensor?) {
        describe(path, .norm, [("weight", [size])] + (bias ? [("bias", [size])] : []))
        return (vector("\(path).weight", size), bias ? vector("\(path).bias", size) : nil)
    }

    /// A parameter that the module at `path` owns itself, in float32.
    func vector(of path: String, _ name: String, size: Int) -> Tensor {
        describe(path, .other, [(name, [size])])
        return vector("\(path).\(name)", size)
    }

    /// A number that the model itself owns, in float32.
    func number(_ name: String) -> Tensor {
        looseParameterCount += 1
        guard let tensor = stored(name, []) else { return Tensor(zeros: []) }
        return customization.parameter(at: name) ?? tensor.converted(to: .float32)
    }

    /// The layers of the list at `path`. One after the last of which the checkpoint holds something is built, so that
    /// its tensors are reported; the others are not: `config.json` may claim any number of them.
    func layers<Layer>(_ path: String, count: Int, build: (_ path: String, _ index: Int) -> Layer) -> [Layer] {
        let prefix = path + "."
        let held = checkpoint.names.filter { $0.hasPrefix(prefix) }
            .compactMap { Int($0.dropFirst(prefix.count).prefix { $0 != "." }) }
            .filter { $0 >= 0 && $0 < count }
        let built = min(count, (held.max() ?? -1) + 2)
        let layers = (0..<built).map { build("\(path).\($0)", $0) }
        if built < count { missing.append("all of \(path).\(built) to \(count - 1)") }
        return layers
    }

    /// Whether everything so far was found and fits.
    var fits: Bool { missing.isEmpty && misshapen.isEmpty && unsupported.isEmpty }

    /// Checks that nothing is missing or misshapen.
    ///
    /// - Parameter isQuantized: whether `config.json` says that the weights are quantised.
    /// - Returns: canonical names in the checkpoint that nothing used.
    /// - Throws: `ModelError` naming every tensor at fault.
    func finish(isQuantized: Bool) throws -> [String] {
        guard fits else {
            let what = missing.isEmpty && misshapen.isEmpty ? "cannot be used" : "do not fit config.json"
            let advice =
                isQuantized
                ? "config.json has a quantization_config: use the model without quantisation"
                : "save the model in float32, bfloat16 or float16"
            let parts: [String?] = [
                missing.isEmpty ? nil : "missing tensors: " + Self.list(missing),
                misshapen.isEmpty ? nil : "tensors of the wrong shape: " + Self.list(misshapen),
                unsupported.isEmpty
                    ? nil : "tensors of an unsupported type: \(Self.list(unsupported)); \(advice)",
            ]
            throw ModelError(
                .corruptFile,
                "\(checkpoint.folder.path): the weights \(what); " + parts.compactMap { $0 }.joined(separator: "; "))
        }
        return checkpoint.names.filter { !used.contains($0) }
    }

    /// Says that a tensor is known and deliberately not used.
    func disregard(_ name: String) { used.insert(name) }

    private static func list(_ names: [String]) -> String {
        names.prefix(20).joined(separator: ", ") + (names.count > 20 ? " and \(names.count - 20) more" : "")
    }

    private func describe(
        _ path: String, _ kind: ModuleDescription.Kind, _ parameters: [(String, [Int])],
        _ isOutputEmbedding: Bool = false, tiedTo: String? = nil
    ) {
        let parts = path.split(separator: ".")
        for depth in 1..<max(parts.count, 1) {
            let container = parts[..<depth].joined(separator: ".")
            guard entered.insert(container).inserted else { continue }
            let isList = depth < parts.count && Int(parts[depth]) != nil
            modules.append(ModuleDescription(path: container, kind: isList ? .list : .other))
        }
        entered.insert(path)
        modules.append(
            ModuleDescription(
                path: path, kind: kind, isOutputEmbedding: isOutputEmbedding, tiedTo: tiedTo,
                parameters: parameters.map { ModuleDescription.Parameter($0.0, $0.1) }))
    }

    private func stored(_ name: String, _ shape: [Int]) -> Tensor? {
        guard let tensor = checkpoint[name] else {
            missing.append(name)
            return nil
        }
        used.insert(name)
        guard tensor.dtype.isComputable else {
            unsupported.append("\(name) (\(tensor.dtype.rawValue))")
            return nil
        }
        guard tensor.shape == shape else {
            misshapen.append("\(name) (expected \(shape), found \(tensor.dtype.rawValue) \(tensor.shape))")
            return nil
        }
        return tensor
    }

    /// A matrix, used where it lies unless the products want bfloat16 and the file has another type.
    private func matrix(_ name: String, _ shape: [Int], alias: String? = nil) -> Tensor? {
        let source = checkpoint[name] == nil ? alias ?? name : name
        guard let tensor = stored(source, shape) else { return nil }
        if let parameter = customization.parameter(at: name) { return parameter }
        return computing == .bfloat16 ? tensor.converted(to: .bfloat16) : tensor
    }

    private func vector(_ name: String, _ size: Int) -> Tensor {
        guard let tensor = stored(name, [size]) else { return Self.nothing }
        return customization.parameter(at: name) ?? tensor.converted(to: .float32)
    }
}
