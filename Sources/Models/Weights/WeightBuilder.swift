import Foundation
import Tensors

/// Builds layers from a checkpoint by Hugging Face paths, and keeps an account of what it found.
///
/// Problems are collected, so that one error names every tensor that is missing or misshapen.
public final class WeightBuilder {
    /// The type that matrix products are computed in.
    let computing: DType
    private let checkpoint: Checkpoint
    private let customization: any ModelCustomization
    private var used: Set<String> = []
    private var missing: [String] = []
    private var misshapen: [String] = []
    private var entered: Set<String> = []
    private(set) var modules: [ModuleDescription] = []
    private(set) var looseParameterCount = 0

    init(_ checkpoint: Checkpoint, computing: DType, customization: any ModelCustomization) {
        self.checkpoint = checkpoint
        self.computing = computing
        self.customization = customization
    }

    /// y = Wx + b at `path`; `alias` names a tensor that serves as the weight (a tied embedding).
    func linear(
        _ path: String, inputs: Int, outputs: Int, bias: Bool, isOutputEmbedding: Bool = false, alias: String? = nil
    ) -> Projection {
        describe(
            path, .linear, [("weight", [outputs, inputs])] + (bias ? [("bias", [outputs])] : []), isOutputEmbedding)
        let weight = matrix("\(path).weight", [outputs, inputs], alias: alias)
        let biasVector = bias ? vector("\(path).bias", outputs) : nil
        let adapters = [customization.gain(at: path), customization.adapter(at: path)].compactMap(\.self)
        return Projection(weight: weight, bias: biasVector, adapters: adapters)
    }

    /// The table of an embedding, [rows, columns].
    func embedding(_ path: String, rows: Int, columns: Int) -> Tensor {
        describe(path, .embedding, [("weight", [rows, columns])])
        return matrix("\(path).weight", [rows, columns])
    }

    /// A convolution without bias whose stride is its size, as a product over patches: [outputs, channels · size²].
    func patchConvolution(_ path: String, outputs: Int, channels: Int, size: Int) -> Projection {
        let shape = [outputs, channels, size, size]
        describe(path, .convolution, [("weight", shape)])
        let weight = matrix("\(path).weight", shape)
        return Projection(weight: weight.reshaped([outputs, channels * size * size]))
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

    /// Checks that nothing is missing or misshapen.
    ///
    /// - Returns: canonical names in the checkpoint that nothing used.
    /// - Throws: `ModelError` naming every tensor at fault.
    func finish() throws -> [String] {
        guard missing.isEmpty, misshapen.isEmpty else {
            let parts = [
                missing.isEmpty ? nil : "missing tensors: " + Self.list(missing),
                misshapen.isEmpty ? nil : "tensors of the wrong shape: " + Self.list(misshapen),
            ]
            throw ModelError(
                .corruptFile,
                "\(checkpoint.folder.path): the weights do not fit config.json; "
                    + parts.compactMap { $0 }.joined(separator: "; "))
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
        _ isOutputEmbedding: Bool = false
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
                path: path, kind: kind, isOutputEmbedding: isOutputEmbedding,
                parameters: parameters.map { ModuleDescription.Parameter($0.0, $0.1) }))
    }

    private func stored(_ name: String, _ shape: [Int]) -> Tensor? {
        guard let tensor = checkpoint[name] else {
            missing.append(name)
            return nil
        }
        used.insert(name)
        guard tensor.shape == shape, tensor.dtype.isComputable else {
            misshapen.append("\(name) (expected \(shape), found \(tensor.dtype.rawValue) \(tensor.shape))")
            return nil
        }
        return tensor
    }

    /// A matrix, used where it lies unless the products want bfloat16 and the file has another type.
    private func matrix(_ name: String, _ shape: [Int], alias: String? = nil) -> Tensor {
        let source = checkpoint[name] == nil ? alias ?? name : name
        guard let tensor = stored(source, shape) else { return Tensor(zeros: shape) }
        if let parameter = customization.parameter(at: name) { return parameter }
        return computing == .bfloat16 ? tensor.converted(to: .bfloat16) : tensor
    }

    private func vector(_ name: String, _ size: Int) -> Tensor {
        guard let tensor = stored(name, [size]) else { return Tensor(zeros: [size]) }
        return customization.parameter(at: name) ?? tensor.converted(to: .float32)
    }
}
