"""The cases of generate.py: what each checkpoint, adapter and batch is like."""


def vision(**changes):
    return dict(
        model_type="clip_vision_model", hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3,
        image_size=12, patch_size=4, **changes)


def text(**changes):
    values = dict(
        model_type="clip_text_model", vocab_size=60, hidden_size=20, intermediate_size=36, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=16)
    return {**values, **changes}


def clip(vision_config, text_config, **changes):
    return dict(
        model_type="clip", architectures=["CLIPModel"], vision_config=vision_config, text_config=text_config, **changes)


def lora(**changes):
    return dict(r=4, lora_alpha=8, lora_dropout=0.0, **changes)


# lengths: tokens of each text, begin and end included. end: the id that texts end with.
CASES = {
    # The configuration of the first CLIP folders: eos_token_id 2 means the largest id, *_config_dict beside *_config.
    "both-eos2": dict(
        config=clip(
            vision(), text(eos_token_id=2, bos_token_id=0, pad_token_id=1), projection_dim=16,
            text_config_dict=None, vision_config_dict=None, logit_scale_init_value=2.6592),
        dtype="F32", position_ids=True, logit_scale=2.6592, begin=58, end=59, inner_end=False,
        lengths=[5, 9, 3, 7, 12, 4], adapter=lora(target_modules=["q_proj", "v_proj"]), lr=2e-3),
    # The end token is not the largest id, and stands in the texts a second time; towers of another kind.
    "both-eos-inside": dict(
        config=clip(
            vision(hidden_act="gelu", layer_norm_eps=1e-3), text(eos_token_id=41, bos_token_id=40, hidden_act="gelu"),
            projection_dim=10),
        dtype="BF16", logit_scale=3.5, begin=40, end=41, inner_end=True, lengths=[6, 3, 8, 16, 5],
        adapter=lora(target_modules="all-linear", use_rslora=True, bias="lora_only"), lr=1e-3),
    # One tower each; no final values where the other tower's would be the base's.
    "vision-only": dict(
        config=clip(vision(), text(eos_token_id=59), projection_dim=16),
        dtype="F16", logit_scale=4.58, begin=58, end=59, inner_end=False, lengths=[4, 8, 5, 6],
        adapter=lora(target_modules=r"vision_model\..*\.(q_proj|k_proj|v_proj|out_proj|fc1|fc2)"), lr=2e-3),
    "text-only": dict(
        config=clip(vision(), text(eos_token_id=59), projection_dim=16),
        dtype="BF16", logit_scale=2.0, begin=58, end=59, inner_end=False, lengths=[4, 8, 5, 6, 10],
        adapter=lora(target_modules=r"text_model\..*\.(q_proj|fc1|fc2)", modules_to_save=["visual_projection", "text_projection"]),
        lr=1e-3),
    # Nothing but what the family's own defaults do not say; text_config_dict wins over text_config.
    "defaults": dict(
        config=dict(
            model_type="clip",
            vision_config=dict(hidden_size=24, intermediate_size=40, num_hidden_layers=1, image_size=8, patch_size=4),
            vision_config_dict=dict(hidden_size=24, intermediate_size=36, num_hidden_layers=2, image_size=8, patch_size=4),
            text_config=dict(
                vocab_size=60, hidden_size=16, intermediate_size=36, num_hidden_layers=2, max_position_embeddings=9,
                eos_token_id=59)),
        dtype="F32", logit_scale=2.6592, begin=58, end=59, inner_end=False, lengths=[4, 9, 5],
        adapter=lora(target_modules=["q_proj", "out_proj"], bias="all", exclude_modules=r"text_model\..*0\..*"), lr=1e-3),
}
