#!/usr/bin/env python3
"""Writes targets.json: which modules PEFT adapts and saves for many LoRA configurations, or the error it raises.

    pip install torch transformers peft
    python targets.py [OUT_FILE]

skeletons.<name>.config    the model's config.json
skeletons.<name>.modules   [name, kind, in, out] of every module in PEFT's order; in and out are null where the module has
                           none (an embedding has its rows and width, a convolution its channels)
cases[]                    name, skeleton, config (as given to LoraConfig; r 8, lora_alpha 8 where not given) and
    lora                   [r, alpha, scaling, [module indices]] for each distinct triple, or
    saved                  module indices wrapped by modules_to_save
    error                  [exception type, its first 160 characters] instead of lora and saved
    nested                 true where PEFT put LoRA inside a saved module: its copy trains, and both are saved
    warnings               first 160 characters of each
"""

import json, os, sys, warnings

import torch, transformers
from peft import LoraConfig, get_peft_model
from peft.tuners.lora import LoraLayer
from peft.utils.other import ModulesToSaveWrapper
from transformers import LlavaConfig, LlavaForConditionalGeneration

transformers.logging.set_verbosity_error()
VISION = dict(
    model_type="clip_vision_model",
    hidden_size=1024,
    intermediate_size=4096,
    num_hidden_layers=2,
    num_attention_heads=16,
    image_size=336,
    patch_size=14,
    projection_dim=768,
)
LLAMA = dict(
    model_type="llama",
    vocab_size=32064,
    hidden_size=4096,
    intermediate_size=11008,
    num_hidden_layers=2,
    num_attention_heads=32,
)
QWEN2 = dict(
    model_type="qwen2",
    vocab_size=151936,
    hidden_size=896,
    intermediate_size=4864,
    num_hidden_layers=2,
    num_attention_heads=14,
    num_key_value_heads=2,
    tie_word_embeddings=True,
)
MISTRAL = dict(
    model_type="mistral",
    vocab_size=32064,
    hidden_size=4096,
    intermediate_size=14336,
    num_hidden_layers=2,
    num_attention_heads=32,
    num_key_value_heads=8,
)
SKELETONS = {
    n: dict(model_type="llava", image_token_index=32000, vision_config=VISION, text_config=t)
    for n, t in (("llama", LLAMA), ("qwen2", QWEN2), ("mistral", MISTRAL))
}

SEVEN = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
DECODER = r"model\.language_model\.layers\.\d+\.(self_attn|mlp)\.(q|k|v|o|gate|up|down)_proj"
CASES = [
    ("suffix list reaches the vision tower", "llama", dict(target_modules=["q_proj", "v_proj"])),
    ("seven suffixes", "llama", dict(target_modules=SEVEN, r=16, lora_alpha=32)),
    (
        "seven suffixes, vision tower and projector saved",
        "llama",
        dict(target_modules=SEVEN, r=16, lora_alpha=32, modules_to_save=["vision_tower", "multi_modal_projector"]),
    ),
    ("dotted suffix", "llama", dict(target_modules=["self_attn.k_proj", "mlp.fc1"])),
    ("dotted suffix with a layer", "llama", dict(target_modules=["layers.1.self_attn.q_proj"])),
    ("a suffix is not a substring", "llama", dict(target_modules=["proj", "v_proj"])),
    ("exact name", "llama", dict(target_modules=["lm_head"])),
    ("exact and suffix", "mistral", dict(target_modules=["model.language_model.layers.0.mlp.up_proj", "linear_2"])),
    ("a container's name as a suffix", "llama", dict(target_modules=["self_attn"])),
    ("regex: decoder only", "llama", dict(target_modules=DECODER)),
    ("regex: decoder only", "qwen2", dict(target_modules=DECODER)),
    ("regex matches the whole name", "llama", dict(target_modules="q_proj")),
    ("regex with a negative look-ahead", "llama", dict(target_modules=r"(?!.*vision_tower).*\.(q_proj|v_proj|fc1)")),
    ("regex with classes", "mistral", dict(target_modules=r".*layers\.[1-9][0-9]*\..*_proj$")),
    ("regex that reaches the head", "qwen2", dict(target_modules=r".*(lm_head|\.o_proj)")),
    ("all-linear", "llama", dict(target_modules="all-linear")),
    ("all-linear in other case", "mistral", dict(target_modules="All-Linear", r=4, lora_alpha=16)),
    ("all-linear, tied head", "qwen2", dict(target_modules="all-linear")),
    ("all-linear in a list is a name", "llama", dict(target_modules=["all-linear"])),
    (
        "all-linear, saved projector",
        "llama",
        dict(target_modules="all-linear", modules_to_save=["multi_modal_projector"]),
    ),
    ("exclude list", "llama", dict(target_modules=SEVEN, exclude_modules=["k_proj", "layers.0.mlp.down_proj"])),
    ("exclude list does not reach inside", "llama", dict(target_modules=["q_proj"], exclude_modules=["vision_tower"])),
    ("exclude regex", "llama", dict(target_modules=SEVEN, exclude_modules=r".*vision_tower.*|.*\.0\..*gate_proj")),
    (
        "exclude with all-linear",
        "mistral",
        dict(target_modules="all-linear", exclude_modules=r"model\.(vision_tower|multi_modal_projector).*"),
    ),
    ("exclude everything", "llama", dict(target_modules=["o_proj"], exclude_modules=["o_proj"])),
    ("layers_to_transform list", "llama", dict(target_modules=["q_proj", "up_proj", "fc2"], layers_to_transform=[1])),
    ("layers_to_transform number", "qwen2", dict(target_modules=["q_proj", "o_proj"], layers_to_transform=0)),
    (
        "layers_to_transform skips what has no layer",
        "llama",
        dict(target_modules=["q_proj", "linear_1"], layers_to_transform=[0]),
    ),
    (
        "layers_to_transform with an exact name",
        "llama",
        dict(target_modules=["model.language_model.layers.0.mlp.up_proj", "down_proj"], layers_to_transform=[1]),
    ),
    ("layers_to_transform, empty list", "llama", dict(target_modules=["down_proj"], layers_to_transform=[])),
    ("layers_to_transform beyond the model", "llama", dict(target_modules=["q_proj"], layers_to_transform=[7])),
    ("layers_to_transform with a regex", "llama", dict(target_modules=r".*q_proj", layers_to_transform=[1])),
    (
        "layers_pattern",
        "llama",
        dict(target_modules=["q_proj", "linear_1"], layers_to_transform=[1], layers_pattern="layers"),
    ),
    (
        "layers_pattern list",
        "mistral",
        dict(target_modules=["q_proj"], layers_to_transform=[0, 1], layers_pattern=["blocks", "layers"]),
    ),
    (
        "layers_pattern absent from the model",
        "llama",
        dict(target_modules=["q_proj"], layers_to_transform=[1], layers_pattern="h"),
    ),
    ("layers_pattern alone", "llama", dict(target_modules=["q_proj"], layers_pattern="layers")),
    ("rank_pattern suffix", "llama", dict(target_modules=["q_proj", "v_proj"], rank_pattern={"q_proj": 4})),
    (
        "rank_pattern: the first entry wins",
        "llama",
        dict(
            target_modules=DECODER,
            r=8,
            rank_pattern={"q_proj": 2, r"layers\.1\.self_attn\.q_proj": 32, r"layers\.0\..*": 5},
        ),
    ),
    (
        "rank_pattern: the other order",
        "llama",
        dict(
            target_modules=DECODER,
            r=8,
            rank_pattern={r"layers\.0\..*": 5, r"layers\.1\.self_attn\.q_proj": 32, "q_proj": 2},
        ),
    ),
    (
        "rank_pattern matches from a dot",
        "llama",
        dict(target_modules=DECODER, rank_pattern={"proj": 3, "k_pro": 3, "mlp.up_proj": 6}),
    ),
    (
        "alpha_pattern and rank_pattern",
        "mistral",
        dict(
            target_modules=DECODER,
            r=4,
            lora_alpha=6,
            rank_pattern={"v_proj": 3, r".*mlp.*": 10},
            alpha_pattern={r"model\.language_model\.layers\.1\..*": 20, "v_proj": 7, "down_proj": 1},
        ),
    ),
    (
        "alpha_pattern with a start anchor",
        "llama",
        dict(target_modules=["q_proj"], alpha_pattern={r"^model\.language_model.*": 24}),
    ),
    ("rsLoRA", "qwen2", dict(target_modules=["o_proj"], r=9, lora_alpha=6, use_rslora=True)),
    (
        "rsLoRA with patterns",
        "llama",
        dict(
            target_modules=["q_proj", "v_proj"],
            r=16,
            lora_alpha=8,
            use_rslora=True,
            rank_pattern={"v_proj": 4},
            alpha_pattern={r"layers\.0\.self_attn\.v_proj": 3},
        ),
    ),
    ("fractional alpha", "llama", dict(target_modules=["down_proj"], r=3, lora_alpha=0.5)),
    (
        "saved module that is also a target",
        "llama",
        dict(target_modules=["lm_head", "o_proj"], modules_to_save=["lm_head"]),
    ),
    (
        "saved module with a target inside",
        "llama",
        dict(target_modules=["linear_1", "gate_proj"], modules_to_save=["multi_modal_projector"]),
    ),
    (
        "saved leaf inside a matched group",
        "llama",
        dict(target_modules=r".*multi_modal_projector\.linear_.", modules_to_save=["linear_1"]),
    ),
    ("saved name is any ending", "llama", dict(target_modules=["linear_1", "o_proj"], modules_to_save=["projector"])),
    ("saved name as an ending of many", "llama", dict(target_modules=["o_proj"], modules_to_save=["norm"])),
    (
        "saved name with dots",
        "llama",
        dict(target_modules=["o_proj"], modules_to_save=["language_model.embed_tokens", "lm_head"]),
    ),
    ("saved name that matches nothing", "llama", dict(target_modules=["o_proj"], modules_to_save=["score"])),
    ("saved embedding, tied head", "qwen2", dict(target_modules=["o_proj"], modules_to_save=["embed_tokens"])),
    (
        "every target is saved",
        "llama",
        dict(target_modules=["linear_1", "linear_2"], modules_to_save=["multi_modal_projector"]),
    ),
    ("one target matches nothing", "llama", dict(target_modules=["query_key_value", "o_proj"])),
    ("nothing matches", "llama", dict(target_modules=["query_key_value"])),
    (
        "an old checkpoint key is no module",
        "llama",
        dict(target_modules=["language_model.model.layers.0.self_attn.q_proj"]),
    ),
    ("a norm", "llama", dict(target_modules=["input_layernorm"])),
    ("a projector as a whole", "llama", dict(target_modules=["multi_modal_projector"])),
    ("an embedding", "llama", dict(target_modules=["embed_tokens", "o_proj"])),
    ("a convolution", "llama", dict(target_modules=["patch_embedding", "o_proj"])),
    ("an activation", "llama", dict(target_modules=["act_fn"])),
    ("no target", "llama", dict()),
    ("empty list", "llama", dict(target_modules=[])),
    ("rank zero", "llama", dict(target_modules=["o_proj"], r=0)),
    ("an unknown initialisation", "llama", dict(target_modules=["o_proj"], init_lora_weights="zeros")),
    ("an unknown bias", "llama", dict(target_modules=["o_proj"], bias="some")),
    ("bias none", "qwen2", dict(target_modules=["q_proj"], bias="none")),
]


def skeleton(name):
    with torch.device("meta"):
        return LlavaForConditionalGeneration(LlavaConfig(**SKELETONS[name]))


def shape(module):
    if isinstance(module, torch.nn.Linear):
        return [module.in_features, module.out_features]
    if isinstance(module, torch.nn.Embedding):
        return [module.num_embeddings, module.embedding_dim]
    if isinstance(module, torch.nn.Conv2d):
        return [module.in_channels, module.out_channels]
    return [None, None]


def outcome(name, config, index):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            model = get_peft_model(skeleton(name), LoraConfig(**config))
        except Exception as error:  # the error is the result
            return dict(error=[type(error).__name__, str(error)[:160]])
    groups, saved, nested = {}, [], False
    for key, module in model.named_modules():
        key = key.removeprefix("base_model.model.").replace(".original_module", "")
        if ".modules_to_save." in key:
            nested = nested or isinstance(module, LoraLayer)
        elif isinstance(module, LoraLayer):
            triple = (module.r["default"], module.lora_alpha["default"], module.scaling["default"])
            groups.setdefault(triple, []).append(index[key])
        elif isinstance(module, ModulesToSaveWrapper):
            saved.append(index[key])
    told = [
        str(w.message)[:160] for w in caught if "gradient_checkpointing" not in str(w.message)
    ]  # transformers about itself
    result = dict(lora=[[*triple, where] for triple, where in groups.items()], saved=saved)
    if nested:
        result["nested"] = True
    return result | (dict(warnings=told) if told else {})


def main():
    out = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "targets.json")
    skeletons, indices = {}, {}
    for name, config in SKELETONS.items():
        modules = [[n, type(m).__name__, *shape(m)] for n, m in skeleton(name).named_modules() if n]
        skeletons[name] = dict(config=config, modules=modules)
        indices[name] = {m[0]: i for i, m in enumerate(modules)}
    lines = [json.dumps(dict(name=n, skeleton=s, config=c) | outcome(s, dict(c), indices[s])) for n, s, c in CASES]
    with open(out, "w") as f:
        f.write('{"skeletons": {\n' + ",\n".join(f'"{n}": {json.dumps(s)}' for n, s in skeletons.items()) + "},\n")
        f.write('"cases": [\n' + ",\n".join(lines) + "]}\n")
    print(f"{out}: {len(lines)} cases, {os.path.getsize(out)} bytes")


if __name__ == "__main__":
    main()
