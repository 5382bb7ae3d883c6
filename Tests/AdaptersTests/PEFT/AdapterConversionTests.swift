import Foundation
import Models
import Tensors
import Testing

@testable import Adapters

@Suite("Adapters converted for other versions of transformers")
struct AdapterConversionTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Fixtures/llava").standardized
    private let folder = FileManager.default.temporaryDirectory
        .appending(path: "lorad-convert-\(UInt64.random(in: 0...(.max)))")

    private func converted(_ source: URL, to dialect: KeyDialect, _ name: String, overwrite: Bool = false) throws -> URL
    {
        let output = folder.appending(path: name)
        try AdapterConversion(folder: source, to: dialect).write(to: output, overwrite: overwrite)
        return output
    }

    private func names(_ folder: URL) throws -> [String] {
        try SafetensorsFile(path: folder.appending(path: AdapterFolder.weightsFile).path).names
    }

    /// An adapter with these settings in addition to the fixture's.
    private func adapter(_ settings: [String: JSONValue]) throws -> URL {
        let source = Self.fixtures.appending(path: "llama-save-vision/adapter")
        let target = folder.appending(path: "source")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: source, to: target)
        let file = target.appending(path: AdapterFolder.configurationFile)
        let old = try JSONValue(parsing: Data(contentsOf: file), file: file.path).objectValue ?? []
        let new = old.map { JSONValue.Member($0.key, settings[$0.key] ?? $0.value) }
        try Data(JSONValue.object(new).text(indent: 2).utf8).write(to: file)
        return target
    }

    private func settings(_ folder: URL) throws -> JSONValue {
        let file = folder.appending(path: AdapterFolder.configurationFile)
        return try JSONValue(parsing: Data(contentsOf: file), file: file.path)
    }

    @Test(
        "come back byte for byte, and mean the same tensors in between",
        arguments: [
            "llama-old-defaults", "llama-save-embeddings", "llama-gqa", "llama-tied-llama3rope", "llama-save-vision",
            "qwen2-tied-sharded", "mistral-window-all-linear", "qwen2-bias-all", "qwen2-tied-save-together",
        ])
    func roundTrip(name: String) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let source = Self.fixtures.appending(path: "\(name)/adapter")
        let old = try converted(source, to: .v4, "old")
        let back = try converted(old, to: .v5, "back")
        for file in [AdapterFolder.weightsFile, AdapterFolder.configurationFile] {
            #expect(
                try Data(contentsOf: back.appending(path: file)) == Data(contentsOf: source.appending(path: file)),
                "\(file)")
        }
        let dialects = KeyDialects(expected: try names(source))
        #expect(try names(old).map(dialects.canonicalKey) == names(source))
        #expect(
            try names(old).allSatisfy {
                !$0.contains(".model.model.language_model.") && !$0.contains(".model.model.vision_tower.")
            })
    }

    @Test("have the paths of transformers before 4.52 as v4", arguments: KeyDialectsTests.renamed.prefix(3))
    func olderPaths(old: String, new: String) {
        #expect(KeyDialect.v4.renamed(new) == old)
        #expect(KeyDialect.v5.renamed(old) == new)
    }

    @Test("have paths and patterns of their configuration renamed, and endings that still fit kept")
    func configuration() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let source = try adapter([
            "target_modules": .array([
                .string("q_proj"), .string("model.language_model.layers.0.self_attn.k_proj"), .string("lm_head"),
            ]),
            "modules_to_save": .array([.string("vision_tower"), .string("model.multi_modal_projector")]),
            "rank_pattern": .object([
                .init(#"^model\.language_model\.layers\.0\.self_attn\.q_proj"#, .int(4)), .init("down_proj", .int(2)),
            ]),
            "exclude_modules": .string(#"model\.vision_tower\..*|model\.language_model\.layers\.9\..*"#),
        ])
        let old = try settings(converted(source, to: .v4, "old"))
        #expect(
            old["target_modules"]
                == .array([
                    .string("q_proj"), .string("language_model.model.layers.0.self_attn.k_proj"), .string("lm_head"),
                ]))
        #expect(old["modules_to_save"] == .array([.string("vision_tower"), .string("multi_modal_projector")]))
        #expect(old["rank_pattern"]?.objectValue?.last?.key == "down_proj")
        #expect(
            old["exclude_modules"]
                == .string(#"vision_tower\.vision_model\..*|language_model\.model\.layers\.9\..*"#))
    }

    @Test("are not made where an expression cannot be renamed: the error names it, and nothing is written")
    func unrenamable() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let source = try adapter(["target_modules": .string(#"[m]odel\.language_model\..*_proj"#)])
        let error = #expect(throws: AdapterError.self) { try converted(source, to: .v4, "old") }
        #expect(
            error?.message.contains("target_modules") == true && error?.message.contains("list of module names") == true
        )
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["source"])
    }

    @Test("do not replace a folder unless told to, and never one that is no adapter")
    func occupied() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let source = Self.fixtures.appending(path: "llama-gqa/adapter")
        _ = try converted(source, to: .v4, "old")
        let error = #expect(throws: AdapterError.self) { try converted(source, to: .v4, "old") }
        #expect(error?.message.contains("--overwrite") == true)
        let old = try converted(source, to: .v4, "old", overwrite: true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["old"])
        #expect(throws: AdapterError.self) { try AdapterConversion(folder: old, to: .v4) }
        try FileManager.default.createDirectory(at: folder.appending(path: "x"), withIntermediateDirectories: true)
        #expect(throws: AdapterError.self) { try converted(source, to: .v4, "x", overwrite: true) }
        #expect(throws: AdapterError.self) {
            try AdapterConversion(folder: old, to: .v5).write(to: old, overwrite: true)
        }
    }

    @Test("are refused for models whose names never changed")
    func contrastive() throws {
        let clip = Self.fixtures.appending(path: "../tiny-clip/adapter").standardized
        let error = #expect(throws: AdapterError.self) { try AdapterConversion(folder: clip, to: .v4) }
        #expect(error?.message.contains("nothing to convert") == true)
    }

    @Test("are announced with what other programs do not load")
    func portability() throws {
        var configuration = AdapterConfiguration()
        let key = "base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight"
        let plain = AdapterPortability.notices(configuration, keys: [key])
        #expect(plain.count == 1 && plain[0].contains("lorad convert --keys v4"))
        #expect(
            AdapterPortability.notices(configuration, keys: ["base_model.model.text_model.x.lora_A.weight"]).isEmpty)
        configuration.modulesToSave = ["lm_head"]
        configuration.bias = .loraOnly
        configuration.ranks?.alphaPattern = [.init("q_proj", 4)]
        let all = AdapterPortability.notices(configuration, keys: [])
        #expect(all.count == 3 && all.allSatisfy { $0.contains("vLLM") && $0.contains("lorad merge") })
        #expect(all[0].contains("modules_to_save (lm_head)") && all[2].contains("alpha_pattern"))
    }
}
