import Foundation
import Models
import Tensors
import Testing

@testable import Adapters

@Suite("Which base an adapter belongs to")
struct AdapterBaseTests {
    private func message(_ body: () throws -> Void) -> String {
        let error = #expect(throws: AdapterError.self, performing: body)
        return error.map { "\($0)" } ?? ""
    }

    /// A copy of a case's base whose tensors were changed.
    private func changed(
        _ golden: MergeCase, beside output: URL, _ change: (inout StateDict) -> Void
    ) throws -> ModelFolder {
        let folder = output.deletingLastPathComponent().appending(path: "base-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: golden.folder.url, to: folder)
        let path = folder.appending(path: "model.safetensors").path
        var state = StateDict(try SafetensorsFile(path: path).stateDict.entries.map { ($0.name, $0.tensor.copied()) })
        change(&state)
        try state.write(to: path)
        return try ModelFolder(folder)
    }

    @Test("A fingerprint depends on every tensor's values, shape and type, not on files and their order")
    func fingerprints() throws {
        let golden = try MergeCase.named("llama-gqa")
        let original = BaseFingerprint(golden.folder.checkpoint)
        try withOutput { output in
            let reordered = try changed(golden, beside: output) { state in
                state = StateDict(state.entries.reversed().map { ($0.name, $0.tensor) })
            }
            #expect(BaseFingerprint(reordered.checkpoint) == original)
            for name in golden.folder.checkpoint.names.map(golden.folder.checkpoint.storedName) {
                let other = try changed(golden, beside: output) { state in
                    state[name]?.updateInPlace { $0[$0.count - 1] += 1 }
                }
                #expect(BaseFingerprint(other.checkpoint) != original, "\(name)")
            }
            let halved = try changed(golden, beside: output) { state in
                state[state.names[0]] = state[state.names[0]]?.converted(to: .bfloat16)
            }
            #expect(BaseFingerprint(halved.checkpoint) != original)
        }
    }

    @Test("An adapter folder of lorad's names its base, and another base is refused")
    func recorded() throws {
        let golden = try MergeCase.named("llama-gqa")
        try withOutput { output in
            try golden.weights.write(to: output)
            let configuration = golden.weights.plan.configuration
            #expect(try AdapterBase.check(adapter: output, configuration, against: golden.folder) == nil)
            let other = try changed(golden, beside: output) { $0[$0.names[0]]?.updateInPlace { $0[0] += 1 } }
            let text = message { _ = try AdapterBase.check(adapter: output, configuration, against: other) }
            #expect(text.contains("was trained on a model with the fingerprint"))
            #expect(text.contains("\(BaseFingerprint(golden.folder.checkpoint))"))
            #expect(text.contains("\(BaseFingerprint(other.checkpoint))"))
        }
    }

    @Test("An adapter of PEFT's is checked against the folder that it names, where that is here")
    func named() throws {
        let golden = try MergeCase.named("llama-gqa")
        var configuration = golden.weights.plan.configuration
        let check = { (folder: ModelFolder) in
            try AdapterBase.check(adapter: golden.adapter, configuration, against: folder)
        }
        configuration.baseModel = golden.folder.url.path
        #expect(try check(golden.folder) == nil)
        try withOutput { output in
            let other = try changed(golden, beside: output) { $0[$0.names[0]]?.updateInPlace { $0[0] += 1 } }
            #expect(message { _ = try check(other) }.contains("was trained on a model with the fingerprint"))
        }
        configuration.baseModel = "llava-hf/llama-gqa"
        #expect(try check(golden.folder) == nil)
        configuration.baseModel = "llava-hf/another"
        #expect(try check(golden.folder)?.contains("lorad cannot tell whether") == true)
        configuration.baseModel = nil
        #expect(try check(golden.folder)?.contains("does not record its base model") == true)
    }

    @Test("A damaged record is named")
    func damaged() throws {
        let golden = try MergeCase.named("llama-gqa")
        try withOutput { output in
            try golden.weights.write(to: output)
            try Data("{}".utf8).write(to: output.appending(path: AdapterBase.file))
            let text = message {
                _ = try AdapterBase.check(adapter: output, golden.weights.plan.configuration, against: golden.folder)
            }
            #expect(text.contains("lorad_base.json: expected base_fingerprint"))
        }
    }
}
