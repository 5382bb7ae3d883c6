import Foundation
import Models
import Testing

@testable import Adapters

@Suite("An adapter folder")
struct AdapterFolderTests {
    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "lorad-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    @Test("is read as it was written")
    func roundTrip() throws {
        try withFolder { folder in
            var original = AdapterConfiguration()
            original.targetModules = .pattern(#".*\.q_proj"#)
            original.inferenceMode = true
            try AdapterFolder.write(original, to: folder)
            #expect(try AdapterFolder.configuration(in: folder).configuration == original)
        }
    }

    @Test("is replaced as a whole and leaves no temporary file, its folder is created")
    func replaced() throws {
        try withFolder { folder in
            let inner = folder.appending(path: "a/b")
            for rank in [4, 8] {
                var configuration = AdapterConfiguration()
                configuration.lora.factors.rank = rank
                try AdapterFolder.write(configuration, to: inner)
                #expect(try AdapterFolder.configuration(in: inner).configuration.ranks?.rank == rank)
            }
            let files = try FileManager.default.contentsOfDirectory(atPath: inner.path)
            #expect(files == [AdapterFolder.configurationFile])
        }
    }

    @Test("whose configuration is broken, or has a key twice, names the line")
    func broken() {
        let cases = [
            ("{\n\"r\": 8,\n\"r\": 4}", "f:3: not valid JSON: the key \"r\" occurs twice"),
            ("{\"rank_pattern\": {\"q\": 1, \"q\": 2}}", "f:1: not valid JSON: the key \"q\" occurs twice"),
            ("{\n\"r\" 8}", "f:2: not valid JSON: expected `:`, found `8`"),
        ]
        for (text, reason) in cases {
            let error = #expect(throws: AdapterError.self) {
                _ = try AdapterFolder.configuration(Data(text.utf8), file: "f")
            }
            #expect(error?.code == .corruptFile)
            #expect(error?.description == "the adapter's configuration cannot be read (\(reason))")
        }
    }

    @Test("without a configuration or weights says which file is missing")
    func missing() throws {
        try withFolder { folder in
            let noConfiguration = message { _ = try AdapterFolder.configuration(in: folder) }
            #expect(noConfiguration.contains("adapter_config.json: no such file"))
            #expect(
                message { _ = try AdapterFolder.weights(in: folder) }.contains(
                    "this folder contains no adapter weights"))
        }
    }

    @Test("with pickled weights asks to save them again")
    func pickled() throws {
        try withFolder { folder in
            try Data().write(to: folder.appending(path: "adapter_model.bin"))
            #expect(message { _ = try AdapterFolder.weights(in: folder) }.contains("is a Python pickle"))
            try Data().write(to: folder.appending(path: "adapter_model.safetensors"))
            #expect(try AdapterFolder.weights(in: folder).lastPathComponent == "adapter_model.safetensors")
        }
    }
}
