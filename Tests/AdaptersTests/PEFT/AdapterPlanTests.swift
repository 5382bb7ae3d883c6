import Models
import Testing

@testable import Adapters

@Suite("A plan")
struct AdapterPlanTests {
    static let refused: [(String, String)] = [
        ("{}", #"PEFT has no default for models of type "llava"; give a list such as [q_proj, v_proj]"#),
        (#"{"target_modules": ["q_porj"]}"#, #"matches no module: "q_porj"; did you mean "q_proj""#),
        (#"{"target_modules": "q_proj"}"#, "write [q_proj] to match the ends of paths, or .*\\.q_proj"),
        (#"{"target_modules": "language.*"}"#, #"the regular expression "language.*" must match a module's full path"#),
        (#"{"target_modules": ["q_proj"], "exclude_modules": ".*"}"#, "all modules are excluded"),
        (
            #"{"target_modules": ["q_proj"], "modules_to_save": ["q_proj"]}"#,
            "that is left by exclude_modules and modules_to_save"
        ),
        (
            #"{"target_modules": ["q_proj"], "layers_to_transform": [9], "layers_pattern": "layers"}"#,
            "layers_to_transform names no layer with a module that target_modules names (layers_to_transform: 9; layers_"
        ),
        (
            #"{"target_modules": ["embed_tokens"]}"#,
            "target_modules matches model.language_model.embed_tokens, which is an embedding, and LoRA on embeddings is not"
        ),
        (#"{"target_modules": ["patch_embedding"]}"#, "patch_embedding, which is a convolution"),
        (#"{"target_modules": ["norm"]}"#, "modules_to_save: [norm]"),
        (#"{"target_modules": ["mlp"]}"#, "layers.0.mlp, which is a container or activation, not a linear layer"),
        (
            #"{"target_modules": ["q_proj"], "modules_to_save": ["proj"]}"#,
            #"modules_to_save: "proj" also matches model.vision_tower.encoder.layers.0.self_attn.q_proj"#
        ),
        (
            #"{"target_modules": ["q_proj"], "modules_to_save": ["tower"]}"#,
            #"is adapted; write the module's full name, "vision_tower""#
        ),
        (
            #"{"target_modules": ["gate_proj"], "modules_to_save": ["vision_tower", "fc1"]}"#,
            "is inside model.vision_tower, which is already saved; remove one of the two names"
        ),
        (
            #"{"target_modules": ["linear_1"], "modules_to_save": ["encoder.layers"]}"#,
            "which is a list of layers, which cannot be saved as one"
        ),
        (
            #"{"target_modules": [], "modules_to_save": ["lm_haed"]}"#,
            #"would train nothing: it adapts no layer, saves no module, and trains no token or bias; modules_to_save: "lm_haed" matches no module; did you mean "lm_head"?"#
        ),
    ]

    @Test("is refused with a message that names what was matched and what to do", arguments: refused)
    func refusal(_ json: String, _ expected: String) {
        let found = message { _ = try plan(json) }
        #expect(found.contains(expected), "\(found)")
    }

    static let suspicious: [(String, [String])] = [
        (#"{"target_modules": ["q_proj", "v_porj"]}"#, [#"target_modules: "v_porj" matches no module; did you mean"#]),
        (
            #"{"target_modules": ["q_proj"], "exclude_modules": ["lm_haed"]}"#,
            [#"exclude_modules: "lm_haed" matches no"#]
        ),
        (
            #"{"target_modules": ["q_proj"], "exclude_modules": "lm"}"#,
            [#"exclude_modules: "lm" matches no module's full"#]
        ),
        (
            #"{"target_modules": ["q_proj"], "exclude_modules": ["vision_tower"]}"#,
            [#"excludes only model.vision_tower itself, nothing inside it; to exclude what it contains"#]
        ),
        (
            #"{"target_modules": ["q_proj"], "rank_pattern": {"k_proj": 2}}"#,
            [#"rank_pattern: "k_proj" matches no adapted"#]
        ),
        (
            #"{"target_modules": ["q_proj"], "alpha_pattern": {"proj": 2}}"#,
            [#"alpha_pattern: "proj" matches no adapted"#]
        ),
        (#"{"target_modules": ["q_proj"], "modules_to_save": ["x"]}"#, [#"modules_to_save: "x" matches no module"#]),
        (#"{"target_modules": ["q_proj"]}"#, []),
    ]

    @Test("warns of names and patterns without effect", arguments: suspicious)
    func warnings(_ json: String, _ expected: [String]) throws {
        let found = try plan(json).warnings
        #expect(found.count == expected.count)
        for (found, expected) in zip(found, expected) { #expect(found.contains(expected), "\(found)") }
    }

    @Test("names every tensor that trains, in memory and on disk")
    func parameters() throws {
        let plan = try plan(
            #"{"target_modules": ["1.self_attn.out_proj"], "r": 2, "bias": "lora_only", "modules_to_save": ["linear_1"]}"#
        )
        let layer = "model.vision_tower.encoder.layers.1.self_attn.out_proj"
        let saved = "model.multi_modal_projector.linear_1"
        let factors = LoRA().parameters(at: try adaptedLinear(layer, outputs: 6, inputs: 6, rank: 2))
        #expect(factors.map(\.path) == ["\(layer).lora_A.weight", "\(layer).lora_B.weight"])
        #expect(factors.map(\.shape) == [[2, 6], [6, 2]] && factors.map(\.factor) == [.a, .b])
        let others: [AdapterParameter] = [
            .bias(of: layer, shape: [6], isAdapted: true),
            .init(path: "\(saved).weight", shape: [8, 6], role: .saved),
            .init(path: "\(saved).bias", shape: [8], role: .saved),
        ]
        #expect(plan.parameters == factors + others)
        #expect(plan.parameters[2].path == "\(layer).bias")
        #expect(plan.parameters[2].key == "base_model.model.\(layer).base_layer.bias")
        #expect(plan.trainableCount == 12 + 12 + 6 + 48 + 8)
    }

    @Test("finds its layers and saved modules by path")
    func lookups() throws {
        let plan = try plan(#"{"target_modules": ["down_proj"], "modules_to_save": ["vision_tower"]}"#)
        #expect(plan.linear(at: "model.language_model.layers.0.mlp.down_proj")?.inputs == 12)
        #expect(plan.linear(at: "model.language_model.layers.0.mlp.up_proj") == nil)
        #expect(plan.isSaved("model.vision_tower.encoder.layers.0.mlp.fc1"))
        #expect(plan.isSaved("model.vision_tower"))
        #expect(!plan.isSaved("model.vision_tower_2"))
        #expect(!plan.isSaved("model"))
    }

    @Test("takes whole paths in transformers 4's names for today's modules")
    func oldNames() throws {
        let plan = try plan(
            #"{"target_modules": ["language_model.model.layers.0.mlp.up_proj", "vision_tower.vision_model.encoder.layers.1.mlp.fc1"]}"#
        )
        #expect(
            plan.linears.map(\.path) == [
                "model.vision_tower.encoder.layers.1.mlp.fc1", "model.language_model.layers.0.mlp.up_proj",
            ])
        #expect(plan.warnings.count == 2)
    }

    @Test("takes transformers 4's names in exclusions, ranks and alphas too")
    func oldNamesElsewhere() throws {
        let plan = try plan(
            #"""
            {"target_modules": ["q_proj"], "exclude_modules": ["language_model.model.layers.0.self_attn.q_proj"],
             "rank_pattern": {"language_model.model.layers.1.self_attn.q_proj": 2},
             "alpha_pattern": {"language_model\\.model\\.layers\\.1\\..*": 40}}
            """#)
        let adapted = try #require(plan.linear(at: "model.language_model.layers.1.self_attn.q_proj"))
        #expect(adapted.rank == 2 && adapted.alpha == 40)
        #expect(plan.linear(at: "model.language_model.layers.0.self_attn.q_proj") == nil)
        #expect(plan.linear(at: "model.language_model.layers.2.self_attn.q_proj")?.rank == 8)
        #expect(plan.warnings.count == 3, "\(plan.warnings)")
    }

    @Test("adapts nothing but biases or saved modules when target_modules is empty")
    func noTargets() throws {
        #expect(try plan(#"{"target_modules": [], "bias": "all"}"#).linears.isEmpty)
        #expect(try plan(#"{"target_modules": [], "modules_to_save": ["lm_head"]}"#).savedModules == ["lm_head"])
    }
}
