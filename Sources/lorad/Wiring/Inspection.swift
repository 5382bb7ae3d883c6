import Adapters
import Foundation
import Models
import Tensors

/// What a folder holds, to be printed.
struct Inspection: Encodable {
    struct Entry: Encodable {
        var path: String
        var kind: String
        var shapes: [String: [Int]]
        var rank: Int?
        var lora_alpha: Double?
    }

    var folder: String
    var type: String
    var entries: [Entry]
    var parameters: Int
    var bytes: Int
    var trainable: Int?
    var warnings: [String] = []

    /// A model folder; with a selection, what an adapter of that rank would train.
    init(model url: URL, _ selection: ModuleSelection?, rank: Int) throws {
        let folder = try ModelFolder(url)
        let loaded = try folder.load(computing: .float32)
        self.folder = url.path
        type = folder.modelType
        bytes = folder.checkpoint.byteCount
        parameters = folder.checkpoint.names.reduce(0) { $0 + (folder.checkpoint[$1]?.count ?? 0) }
        warnings = loaded.unusedTensors.map { "not used: \($0)" }
        var plan: AdapterPlan?
        if let selection {
            var configuration = AdapterConfiguration()
            configuration.targetModules = selection
            configuration.ranks?.rank = rank
            let found = try AdapterPlan(
                configuration: configuration, modules: loaded.modules, modelType: folder.modelType)
            trainable = found.trainableCount
            warnings += found.warnings
            plan = found
        }
        entries = loaded.modules.filter { !$0.parameters.isEmpty }.map { module in
            Entry(
                path: module.path, kind: module.kind.rawValue,
                shapes: Dictionary(uniqueKeysWithValues: module.parameters.map { ($0.name, $0.shape) }),
                rank: plan?.linear(at: module.path)?.rank)
        }
    }

    /// An adapter folder.
    init(adapter url: URL) throws {
        let (configuration, notes) = try AdapterFolder.configuration(in: url)
        let file = try SafetensorsFile(path: AdapterFolder.weights(in: url).path)
        folder = url.path
        type = configuration.peftType
        warnings = notes + AdapterPortability.notices(configuration, keys: file.names)
        let tensors = file.stateDict.entries
        bytes = tensors.reduce(0) { $0 + $1.tensor.byteCount }
        parameters = tensors.reduce(0) { $0 + $1.tensor.count }
        trainable = tensors.reduce(0) { $0 + (configuration.trains(key: $1.name) ? $1.tensor.count : 0) }
        entries = tensors.map { name, tensor in
            let isA = configuration.factor(atKey: name) == .a
            return Entry(
                path: name, kind: tensor.dtype.rawValue, shapes: ["": tensor.shape],
                rank: isA ? tensor.shape.first : nil, lora_alpha: isA ? configuration.ranks?.alpha : nil)
        }
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    var text: String {
        let width = entries.reduce(0) { max($0, $1.path.count) }
        let lines = entries.map { entry in
            let path = entry.path.padding(toLength: width, withPad: " ", startingAt: 0)
            let shapes = entry.shapes.sorted { $0.key > $1.key }.map { "\($0.key) \($0.value)" }
            let mark = entry.rank.map { " ← r \($0)" } ?? ""
            return
                "\(path)  \(entry.kind)  \(shapes.joined(separator: " ").trimmingCharacters(in: .whitespaces))\(mark)"
        }
        let hits = entries.count { $0.rank != nil }
        var summary = ["\(type): \(parameters.grouped) parameters, \(bytes.grouped) bytes"]
        if let trainable { summary.append("trainable: \(trainable.grouped) in \(hits) adapted modules") }
        return (lines + summary + warnings).joined(separator: "\n")
    }
}
