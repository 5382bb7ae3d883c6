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
            var original = LoRAConfiguration()
            original.targetModules = .pattern(#".*\.q_proj"#)
            original.inferenceMode = true
            try AdapterFolder.write(original, to: folder)
            #expect(try AdapterFolder.configuration(in: folder).configuration == original)
        }
    }

    @Test("without a configuration or weights says which file is missing")
    func missing() throws {
        try withFolder { folder in
            let noConfiguration = message { _ = try AdapterFolder.configuration(in: folder) }
            #expect(noConfiguration.contains("adapter_config.json: cannot be read"))
            #expect(
                message { _ = try AdapterFolder.weights(in: folder) }.contains("this folder holds no adapter weights"))
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
