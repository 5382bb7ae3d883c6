import Foundation
import Models
import Tensors

extension MergedModel {
    private static let configurationFile = "config.json"
    private static let weightSuffixes = [
        ".safetensors", ".index.json", ".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".gguf", ".onnx",
    ]

    /// Copies the tokenizer's, processor's and all other files next to the weights.
    func copyFiles(to partial: URL) throws {
        let manager = FileManager.default
        for name in try manager.contentsOfDirectory(atPath: folder.url.path).sorted() {
            // Downloads keep files elsewhere and link to them.
            let source = folder.url.appending(path: name).resolvingSymlinksInPath()
            var isFolder: ObjCBool = false
            guard !name.hasPrefix("."), name != Self.configurationFile,
                !Self.weightSuffixes.contains(where: name.hasSuffix),
                manager.fileExists(atPath: source.path, isDirectory: &isFolder), !isFolder.boolValue
            else { continue }
            try manager.copyItem(at: source, to: partial.appending(path: name))
        }
        let tokens = folder.checkpoint.additions.tokens
        if !tokens.isEmpty { try TokenizerFiles.write(folder.url, adding: tokens, to: partial) }
    }

    /// Copies `config.json`, with what merging changed.
    func writeConfiguration(to partial: URL) throws {
        let source = folder.url.appending(path: Self.configurationFile)
        let data = try Data(contentsOf: source)
        let target = partial.appending(path: Self.configurationFile).path
        let rows = folder.checkpoint.additions.rows
        guard dtype != nil || untiesEmbeddings || rows > 0 else { return try AtomicFile.write(data, to: target) }
        var value = try JSONValue(parsing: data, file: source.path)
        if rows > 0 {
            if value["text_config"]?.objectValue == nil {
                value = value.replacing("text_config", with: .object([]), in: nil, adding: true)
            }
            value = value.replacing("vocab_size", with: .int(rows), in: "text_config", adding: true)
            value = value.replacing("vocab_size", with: .int(rows), in: nil, adding: false)
        }
        let sections = [nil, "text_config", "vision_config"]
        for section in sections {
            if let name = dtype?.configurationName {
                for key in ["dtype", "torch_dtype"] {
                    value = value.replacing(key, with: .string(name), in: section, adding: false)
                }
            }
            if untiesEmbeddings {
                value = value.replacing("tie_word_embeddings", with: .bool(false), in: section, adding: section == nil)
            }
        }
        try AtomicFile.write(value.text(indent: 2) + "\n", to: target)
    }
}

extension DType {
    /// torch's name, in `config.json`.
    fileprivate var configurationName: String {
        switch self {
        case .bfloat16: "bfloat16"
        case .float16: "float16"
        default: "float32"
        }
    }
}

extension JSONValue {
    /// The object with a member replaced, in itself or in an object inside it; where it lacks it, one is added if asked.
    fileprivate func replacing(
        _ key: String, with value: JSONValue, in section: String?, adding: Bool
    ) -> JSONValue {
        guard let members = objectValue else { return self }
        if let section {
            guard let inner = self[section] else { return self }
            let changed = inner.replacing(key, with: value, in: nil, adding: adding)
            return replacing(section, with: changed, in: nil, adding: false)
        }
        guard self[key] != nil else { return adding ? .object(members + [Member(key, value)]) : self }
        return .object(members.map { $0.key == key ? Member(key, value) : $0 })
    }
}
