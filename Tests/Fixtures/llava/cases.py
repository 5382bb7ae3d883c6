"""The cases of generate.py: what each folder's config.json, checkpoint, adapter and rows look like.

`config` is written to config.json as it stands, so dialects and left-out keys are exactly what a loader meets. `matters`
lists changes to the loaded configuration that must change the logits: a case that would pass without its feature is an
error in the case.
"""

SEVEN = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
DECODER_SEVEN = r".*language_model.*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)"

CASES = {
    "llama-gqa": dict(
        keys="module", dtype="F32", lr=2e-3, rows=[(1, 7, 5), (0, 9, 4), (1, 4, 3)],
        config=dict(
            architectures=["LlavaForConditionalGeneration"], model_type="llava", dtype="float32", image_token_id=69,
            image_seq_length=9, projector_hidden_act="gelu", vision_feature_layer=-2,
            vision_feature_select_strategy="default", multimodal_projector_bias=True, tie_word_embeddings=False,
            text_config=dict(
                model_type="llama", vocab_size=71, hidden_size=24, intermediate_size=34, num_hidden_layers=2,
                num_attention_heads=6, num_key_value_heads=2, head_dim=4, hidden_act="silu", rms_norm_eps=1e-5,
                max_position_embeddings=64, rope_parameters=dict(rope_type="default", rope_theta=500.0),
                attention_bias=False, mlp_bias=False, tie_word_embeddings=False),
            vision_config=dict(
                model_type="clip_vision_model", hidden_size=12, intermediate_size=22, num_hidden_layers=3,
                num_attention_heads=3, image_size=20, patch_size=6, hidden_act="quick_gelu", layer_norm_eps=1e-5)),
        adapter=dict(r=3, lora_alpha=6, target_modules=DECODER_SEVEN),
        matters=[("vision_config.hidden_act", "gelu"), ("text_config.rope_parameters", dict(rope_type="default", rope_theta=10000.0)),
                 ("vision_feature_layer", -1)]),

    "llama-tied-llama3rope": dict(
        keys="module", dtype="BF16", lr=2e-3, rows=[(1, 13, 6), (2, 3, 4), (0, 6, 5)],
        config=dict(
            architectures=["LlavaForConditionalGeneration"], model_type="llava", dtype="bfloat16", image_token_id=5,
            image_seq_length=5, vision_feature_layer=-1, vision_feature_select_strategy="full", tie_word_embeddings=True,
            text_config=dict(
                model_type="llama", vocab_size=80, hidden_size=30, intermediate_size=44, num_hidden_layers=2,
                num_attention_heads=3, num_key_value_heads=3, rms_norm_eps=1e-3, max_position_embeddings=320,
                tie_word_embeddings=True, rope_parameters=dict(
                    rope_type="llama3", rope_theta=100.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                    original_max_position_embeddings=40)),
            vision_config=dict(
                model_type="clip_vision_model", hidden_size=16, intermediate_size=20, num_hidden_layers=2,
                num_attention_heads=2, image_size=14, patch_size=7, hidden_act="gelu", layer_norm_eps=1e-3)),
        adapter=dict(
            r=4, lora_alpha=5, use_rslora=True, target_modules=r".*language_model.*\.(q_proj|v_proj)",
            rank_pattern={"layers.0.self_attn.q_proj": 6, "v_proj": 2}, alpha_pattern={r"layers\.1\..*": 9, "q_proj": 3},
            modules_to_save=["multi_modal_projector"]),
        matters=[("vision_config.hidden_act", "quick_gelu"), ("vision_feature_layer", -2),
                 ("text_config.rope_parameters.factor", 1.0), ("text_config.rope_parameters.high_freq_factor", 40.0),
                 ("text_config.rope_parameters.low_freq_factor", 0.2)]),

    "qwen2-bias-all": dict(
        keys="nested-vision", dtype="BF16", lr=2e-3, final=False, rows=[(1, 5, 4), (0, 8, 6)],
        config=dict(
            architectures=["LlavaForConditionalGeneration"], model_type="llava", dtype="bfloat16", image_token_id=100,
            image_seq_length=4, vision_feature_layer=-2, vision_feature_select_strategy="default",
            text_config=dict(
                model_type="qwen2", vocab_size=104, hidden_size=24, intermediate_size=40, num_hidden_layers=2,
                num_attention_heads=4, num_key_value_heads=2, rms_norm_eps=1e-6, max_position_embeddings=64,
                use_sliding_window=False, sliding_window=3, max_window_layers=0,
                rope_parameters=dict(rope_type="linear", factor=4.0, rope_theta=1000.0)),
            vision_config=dict(
                model_type="clip_vision_model", hidden_size=16, intermediate_size=28, num_hidden_layers=2,
                num_attention_heads=2, image_size=16, patch_size=8, hidden_act="quick_gelu")),
        adapter=dict(r=2, lora_alpha=4, bias="all", target_modules=["self_attn.o_proj", "up_proj"]),
        matters=[("text_config.rope_parameters.factor", 1.0)]),

    "mistral-window-all-linear": dict(
        keys="module", dtype="BF16", lr=1e-3, final=False, rows=[(1, 11, 5), (2, 2, 3), (0, 7, 7)],
        config=dict(
            architectures=["LlavaForConditionalGeneration"], model_type="llava", dtype="bfloat16", image_token_id=97,
            image_seq_length=4, vision_feature_layer=-2, vision_feature_select_strategy="default",
            projector_hidden_act="gelu", multimodal_projector_bias=False,
            text_config=dict(
                model_type="mistral", vocab_size=98, hidden_size=28, intermediate_size=32, num_hidden_layers=2,
                num_attention_heads=4, num_key_value_heads=2, head_dim=10, sliding_window=5, rms_norm_eps=1e-5,
                max_position_embeddings=64, rope_parameters=dict(rope_type="default", rope_theta=1000.0)),
            vision_config=dict(
                model_type="clip_vision_model", hidden_size=12, intermediate_size=20, num_hidden_layers=3,
                num_attention_heads=4, image_size=15, patch_size=7, hidden_act="gelu", layer_norm_eps=1e-6)),
        adapter=dict(
            r=2, lora_alpha=4, target_modules="all-linear", init_lora_weights="gaussian",
            exclude_modules=["k_proj", "layers.0.mlp.fc2"]),
        matters=[("text_config.sliding_window", None), ("text_config.sliding_window", 4), ("text_config.sliding_window", 6)]),

    "llama-save-vision": dict(
        keys="old", dtype="BF16", lr=1e-3, rows=[(1, 6, 3), (0, 4, 4), (1, 3, 6)],
        config=dict(
            architectures=["LlavaForConditionalGeneration"], model_type="llava", torch_dtype="bfloat16",
            image_token_index=17, tie_word_embeddings=True, vision_feature_layer=-2,
            text_config=dict(
                model_type="llama", vocab_size=96, hidden_size=24, intermediate_size=40, num_hidden_layers=2,
                num_attention_heads=3, num_key_value_heads=1, rms_norm_eps=1e-5, rope_theta=100000.0,
                max_position_embeddings=128, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, pad_token_id=2),
            vision_config=dict(
                model_type="clip_vision_model", hidden_size=12, intermediate_size=20, num_hidden_layers=2,
                num_attention_heads=2, image_size=16, patch_size=5)),
        adapter=dict(r=2, lora_alpha=4, target_modules=SEVEN, modules_to_save=["vision_tower", "multi_modal_projector"]),
        matters=[("vision_config.hidden_act", "gelu"), ("vision_feature_layer", -1)]),

    "llama-old-defaults": dict(
        keys="old", dtype="F16", lr=2e-3, position_ids=True, embedding_scale=0.02, rows=[(1, 8, 4), (0, 5, 5)],
        config=dict(
            architectures=["LlavaForConditionalGeneration"], model_type="llava", torch_dtype="float16",
            ignore_index=-100, image_token_index=40, pad_token_id=41, vocab_size=112,
            text_config=dict(
                _name_or_path="a-decoder", architectures=["LlamaForCausalLM"], model_type="llama", vocab_size=112,
                hidden_size=20, intermediate_size=28, num_hidden_layers=3, num_attention_heads=2,
                rope_scaling=dict(type="linear", factor=3.0), max_position_embeddings=2048, torch_dtype="float16"),
            vision_config=dict(
                model_type="clip_vision_model", hidden_size=12, intermediate_size=20, num_hidden_layers=3,
                num_attention_heads=2, image_size=16, patch_size=8, projection_dim=12, vocab_size=112)),
        adapter=dict(
            r=3, lora_alpha=3, bias="lora_only", target_modules=["q_proj", "v_proj", "down_proj"], layers_to_transform=[1, 2]),
        matters=[("text_config.rope_parameters.factor", 1.0), ("text_config.rope_parameters.rope_theta", 500000.0),
                 ("text_config.rms_norm_eps", 1e-5), ("vision_config.hidden_act", "gelu"), ("vision_feature_layer", -1)]),

    "llama-save-embeddings": dict(
        keys="module", dtype="BF16", lr=1e-3, final=False, rows=[(1, 6, 4), (0, 7, 3)],
        config=dict(
            architectures=["LlavaForConditionalGeneration"], model_type="llava", dtype="bfloat16", image_token_id=60,
            image_seq_length=4, vision_feature_layer=1, vision_feature_select_strategy="default",
            text_config=dict(
                model_type="llama", vocab_size=67, hidden_size=20, intermediate_size=28, num_hidden_layers=2,
                num_attention_heads=2, num_key_value_heads=2, rms_norm_eps=1e-5, max_position_embeddings=64,
                rope_parameters=dict(rope_type="default", rope_theta=10000.0)),
            vision_config=dict(
                model_type="clip_vision_model", hidden_size=16, intermediate_size=20, num_hidden_layers=3,
                num_attention_heads=2, image_size=12, patch_size=6, hidden_act="quick_gelu")),
        adapter=dict(
            r=2, lora_alpha=2, target_modules=["gate_proj", "language_model.layers.1.self_attn.k_proj"],
            modules_to_save=["embed_tokens", "lm_head"]),
        matters=[("vision_feature_layer", 2)]),

    "qwen2-tied-sharded": dict(
        keys="old", dtype="BF16", shards=3, lr=2e-3, rows=[(1, 5, 5), (0, 4, 4), (2, 4, 3)],
        config=dict(
            architectures=["LlavaForConditionalGeneration"], model_type="llava", torch_dtype="bfloat16",
            image_token_index=95, vision_feature_layer=[-1, 0, 1, -2], vision_feature_select_strategy="default",
            text_config=dict(
                model_type="qwen2", vocab_size=96, hidden_size=24, intermediate_size=32, num_hidden_layers=2,
                num_attention_heads=4, num_key_value_heads=4, rope_theta=1000.0, rope_scaling=None,
                max_position_embeddings=64, tie_word_embeddings=True),
            vision_config=dict(
                model_type="clip_vision_model", hidden_size=12, intermediate_size=16, num_hidden_layers=2,
                num_attention_heads=3, image_size=12, patch_size=6, hidden_act="gelu")),
        adapter=dict(
            r=2, lora_alpha=3, bias="lora_only", use_rslora=True, init_lora_weights="gaussian",
            target_modules=r"model\.language_model\..*\.(q_proj|v_proj|o_proj|down_proj)|.*linear_[12]"),
        matters=[("vision_feature_layer", [-1, 1, 0, -2]), ("text_config.rms_norm_eps", 1e-3)]),
}
