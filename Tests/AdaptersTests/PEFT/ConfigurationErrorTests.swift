import Foundation
import Models
import Testing

@testable import Adapters

@Suite("A wrong configuration")
struct ConfigurationErrorTests {
    static let wrong: [(String, String)] = [
        (#"{"r": "16"}"#, #"adapter: r must be a whole number, found the string "16""#),
        (#"{"r": 4.5}"#, "adapter: r must be a whole number, found the number 4.5"),
        (#"{"r": 0}"#, "adapter: r must be at least 1, found 0"),
        (#"{"r": 4611686018427387904}"#, "adapter: r must be at most 65536, found 4611686018427387904"),
        (#"{"rank_pattern": {"q": 65537}}"#, "adapter: rank_pattern.q must be at most 65536, found 65537"),
        (#"{"rank_pattern": {"q": -1}}"#, "adapter: rank_pattern.q must be at least 1, found -1"),
        (#"{"rank_pattern": {"q": "8"}}"#, #"adapter: rank_pattern.q must be a whole number, found the string "8""#),
        (
            #"{"rank_pattern": []}"#,
            "adapter: rank_pattern must be a mapping from names to numbers, found an empty list"
        ),
        (#"{"lora_alpha": true}"#, "adapter: lora_alpha must be a number, found true"),
        (#"{"lora_alpha": 0}"#, "adapter: lora_alpha must be finite and not 0, found 0.0"),
        (#"{"alpha_pattern": {"q": 0}}"#, "adapter: alpha_pattern.q must be finite and not 0"),
        (#"{"lora_dropout": 1}"#, "adapter: lora_dropout must be at least 0 and below 1, found 1.0"),
        (#"{"lora_dropout": -0.1}"#, "adapter: lora_dropout must be at least 0 and below 1, found -0.1"),
        (#"{"use_rslora": 1}"#, "adapter: use_rslora must be true or false, found the number 1"),
        (#"{"bias": "some"}"#, #"adapter: bias must be one of none, all, lora_only, found the string "some""#),
        (#"{"bias": {}}"#, "adapter: bias must be a string, found an empty mapping"),
        (
            #"{"target_modules": 3}"#,
            "adapter: target_modules must be a string or a list of strings, found the number 3"
        ),
        (#"{"target_modules": [""]}"#, #"must be a string or a list of strings, but contains the string """#),
        (#"{"modules_to_save": "lm_head"}"#, #"modules_to_save must be a list of strings, found the string "lm_head""#),
        (#"{"layers_to_transform": ["1"]}"#, #"must be a whole number or a list of them, but contains the string "1""#),
        (#"{"target_modules": "q(", "r": 1}"#, #"adapter: target_modules: "q(" is not a valid regular expression"#),
        (#"{"rank_pattern": {"*q": 1}}"#, #"adapter: rank_pattern: "*q" is not a valid regular expression"#),
        (#"{"modules_to_save": ["+"]}"#, #""+" is not a valid regular expression"#),
        (#"{"layers_to_transform": 1, "target_modules": "q"}"#, "layers_to_transform cannot be combined with"),
        (#"{"layers_to_transform": 1, "target_modules": "all-linear"}"#, "layers_to_transform cannot be combined with"),
        (#"{"layers_pattern": "l", "target_modules": ["q"]}"#, "layers_pattern needs layers_to_transform as well"),
        (
            #"{"layers_to_transform": 1, "target_modules": [], "bias": "all"}"#,
            "layers_to_transform has no effect without target_modules"
        ),
        (#"{"target_modules": []}"#, "adapter: this configuration would train nothing; name layers in target_modules"),
        (#"{"target_modules": [], "bias": "lora_only"}"#, "adapter: this configuration would train nothing"),
        (#"{"task_type": "VQA"}"#, "adapter: task_type must be one of SEQ_CLS,"),
        (#"{"peft_type": "ADALORA"}"#, #"peft_type "ADALORA" is not supported; supported: LORA"#),
        (#"{"lora_aplha": 3}"#, #"adapter: lora_aplha is not a setting of an adapter; did you mean "lora_alpha"#),
        (#"{"init_lora_weights": "pissa"}"#, #"init_lora_weights "pissa" is not supported: use true or "gaussian""#),
        (#"{"init_lora_weights": "pissa_niter_4"}"#, #"init_lora_weights "pissa_niter_4" is not supported"#),
        (#"{"init_lora_weights": "xavier"}"#, #"must be true, false or "gaussian", found "xavier""#),
        (#"{"init_lora_weights": 1}"#, #"must be true, false or "gaussian", found the number 1"#),
        (#"{"use_qalora": true}"#, "adapter: use_qalora is set to true, which lorad does not support; set it to false"),
        (#"{"lora_bias": true}"#, "adapter: lora_bias is set to true, which lorad does not support"),
        (#"{"target_parameters": ["w"]}"#, "target_parameters is set to a list, which lorad does not support"),
        (
            #"{"trainable_token_indices": ["a"]}"#,
            "must be a list of token ids, or a mapping from modules to such lists"
        ),
        (#"{"trainable_token_indices": 7}"#, "or a mapping from modules to such lists, found the number 7"),
        (#"{"trainable_token_indices": [3, -1]}"#, "trainable_token_indices contains -1, which is not a token id"),
        (#"{"trainable_token_indices": {"lm_head": [3, 3]}}"#, "trainable_token_indices.lm_head names token 3 twice"),
        (#"{"trainable_token_indices": {"lm_head": 3}}"#, "lm_head must be a list of token ids, found the number 3"),
        (#"{"ensure_weight_tying": "yes"}"#, "ensure_weight_tying must be true or false"),
        (#"{"layer_replication": [[0, 2]]}"#, "layer_replication is set to a list, which lorad does not support"),
        (#"{"megatron_config": {"a": 1}}"#, "megatron_config is set to a mapping, which lorad does not support"),
        ("[]", "adapter: expected a mapping of settings, found an empty list"),
    ]

    @Test("is refused with a message that names the setting and what was found", arguments: wrong)
    func refused(_ json: String, _ expected: String) {
        let found = message { _ = try configuration(json) }
        #expect(found.contains(expected), "\(found)")
    }

    @Test(
        "that asks for what only PEFT does says so",
        arguments: UnsupportedSetting.all.filter { !$0.isHarmless }.map(\.key))
    func unsupported(_ key: String) {
        let error = #expect(throws: AdapterError.self) { try configuration(#"{"\#(key)": {"a": 1}}"#) }
        #expect(error?.code == .unsupported)
        #expect(error?.setting == key)
    }

    @Test("carries the setting, so that a caller can point at its line")
    func carriesSetting() {
        let error = #expect(throws: AdapterError.self) { try configuration(#"{"lora_dropout": 2}"#) }
        #expect(error?.setting == "lora_dropout")
        #expect(error?.code == .invalidConfiguration)
    }

    @Test("in a saved adapter says what to do in PEFT")
    func savedAdapter() {
        func error(_ text: String) -> String {
            message { _ = try AdapterFolder.configuration(Data(text.utf8), file: "f.json") }
        }
        #expect(error("{}") == "f.json: peft_type is missing: PEFT did not write this configuration")
        #expect(error(#"{"peft_type": "LORA", "init_lora_weights": "olora"}"#).contains("save the adapter from PEFT"))
        #expect(error(#"{"peft_type": "LORA", "use_qalora": true}"#).hasPrefix("f.json: use_qalora"))
        for key in ["lora_bias", "use_qalora"] {
            let found = error(#"{"peft_type": "LORA", "\#(key)": true}"#)
            #expect(found.contains("merge the adapter into its base with PEFT") && !found.contains("set it to false"))
        }
    }
}
