import Foundation
import Tensors
import Testing

@testable import Models

@Suite("CLIP's configuration") struct ClipConfigurationTests {
    private func configuration(_ json: String) throws -> ClipConfiguration {
        try ClipConfiguration(
            ConfigurationReader(try JSONValue(parsing: Data(json.utf8), file: "config.json"), file: "config.json"))
    }

    @Test("Keys that are left out have the defaults of transformers' classes")
    func defaults() throws {
        let found = try configuration("{}")
        #expect(found.projectionSize == 512)
        #expect(found.vision.hiddenSize == 768 && found.vision.patchSize == 32 && found.vision.layers == 12)
        #expect(found.text.hiddenSize == 512 && found.text.heads == 8 && found.text.intermediateSize == 2_048)
        #expect(found.text.vocabularySize == 49_408 && found.text.positions == 77 && found.text.endToken == 49_407)
        #expect(found.text.activation == .quickGelu && found.text.normEpsilon == 1e-5)
    }

    @Test("A text_config_dict takes the place of a text_config, unless it is null")
    func dictionaries() throws {
        let found = try configuration(
            #"{"text_config": {"hidden_size": 64}, "text_config_dict": {"num_hidden_layers": 3},"#
                + #" "vision_config": {"hidden_size": 96}, "vision_config_dict": null}"#)
        #expect(found.text.hiddenSize == 512 && found.text.layers == 3)
        #expect(found.vision.hiddenSize == 96)
    }

    @Test("Texts end at the largest id where eos_token_id is 2, else at the first end token")
    func pooling() throws {
        let old = try configuration(#"{"text_config": {"eos_token_id": 2}}"#).text
        #expect(old.endToken == nil)
        #expect(old.pooledPlace(in: [9, 2, 7, 9, 3][1...]) == 2)
        let new = try configuration(#"{"text_config": {"eos_token_id": 7}}"#).text
        #expect(new.pooledPlace(in: [7, 2, 7, 9, 7][1...]) == 1)
        #expect(new.pooledPlace(in: [1, 2, 3]) == 0)
    }

    @Test(
        "What cannot be is refused by its key",
        arguments: [
            (#"{"text_config": {"model_type": "bert"}}"#, "text_config.model_type"),
            (#"{"text_config": {"num_attention_heads": 7}}"#, "text_config.num_attention_heads"),
            (#"{"text_config": {"eos_token_id": 49408}}"#, "text_config.eos_token_id"),
            (#"{"text_config": {"hidden_act": "mish"}}"#, "text_config.hidden_act"),
            (#"{"vision_config": {"patch_size": 300}}"#, "vision_config.patch_size"),
            (#"{"projection_dim": 0}"#, "projection_dim"),
            (#"{"text_config": 3}"#, "text_config"),
        ])
    func refusals(json: String, key: String) throws {
        let error = try #require(throws: ModelError.self) { try configuration(json) }
        #expect(error.message.contains("config.json: \(key) is"), "\(error)")
    }
}
