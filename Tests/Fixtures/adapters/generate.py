"""Writes golden.json: what PEFT makes of many LoRA configurations on small LLaVA skeletons.

Needs torch, transformers >= 5 and peft (public packages). Run it in this folder: python generate.py
Modules are referred to by their index in the skeleton's list, which keeps the file small.
"""

import json
import pathlib
import tempfile
import warnings

import peft
import transformers
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from peft.tuners.lora import LoraLayer
from peft.utils.other import ModulesToSaveWrapper
from torch import nn
from transformers import CLIPVisionConfig, LlamaConfig, LlamaForCausalLM, LlavaConfig, Qwen2Config
from transformers import LlavaForConditionalGeneration

warnings.simplefilter("ignore")
PREFIX = "base_model.model."
DECODER = dict(hidden_size=8, intermediate_size=12, num_attention_heads=2, num_key_value_heads=1, vocab_size=32)


def llava(text, tied):
    vision = CLIPVisionConfig(
        hidden_size=6, intermediate_size=10, num_hidden_layers=2, num_attention_heads=2, image_size=8, patch_size=4
    )
    return LlavaForConditionalGeneration(
        LlavaConfig(
            vision_config=vision.to_dict(), text_config=text.to_dict(), image_token_index=31, tie_word_embeddings=tied
        )
    )


SKELETONS = {
    "llava-llama": lambda: llava(LlamaConfig(num_hidden_layers=3, **DECODER), False),
    "llava-qwen2": lambda: llava(Qwen2Config(num_hidden_layers=12, **DECODER), True),
    "llama": lambda: LlamaForCausalLM(LlamaConfig(num_hidden_layers=2, **DECODER)),
}


def kind(module):
    if isinstance(module, nn.Linear):
        return "linear"
    if isinstance(module, nn.Embedding):
        return "embedding"
    if isinstance(module, nn.Conv2d):
        return "convolution"
    if isinstance(module, nn.ModuleList):
        return "list"
    return "norm" if "Norm" in type(module).__name__ else "other"


def describe(model):
    head = model.get_output_embeddings()
    return [
        [name, kind(module), module is head, {n: list(p.shape) for n, p in module.named_parameters(recurse=False)}]
        for name, module in model.named_modules()
        if name
    ]


Q = r".*language_model.*\.(q_proj|v_proj)"
WIDE = [f"model.language_model.layers.{i}.mlp.{p}_proj" for i in range(12) for p in ("up", "down")]
LISTED = [f"model.language_model.layers.{i}.self_attn.{p}" for i in range(12) for p in ("q_proj", "v_proj")]
# (skeleton, configuration as it would stand in adapter_config.json; the order of its patterns counts)
CASES = [
    ("llava-llama", dict(target_modules=["q_proj", "v_proj"])),
    ("llava-llama", dict(target_modules=["q_proj"], r=4, lora_alpha=32, lora_dropout=0.05)),
    ("llava-llama", dict(target_modules=["q_proj"], r=4, lora_alpha=32, use_rslora=True)),
    ("llava-llama", dict(target_modules=["layers.1.self_attn.q_proj", "linear_1"])),
    ("llava-llama", dict(target_modules=["model.language_model.layers.2.mlp.down_proj"])),
    ("llava-llama", dict(target_modules=["proj"])),
    ("llava-llama", dict(target_modules=["q_proj", "nothing_like_it"])),
    ("llava-llama", dict(target_modules=Q)),
    ("llava-llama", dict(target_modules=r"language_model\..*q_proj")),
    ("llava-llama", dict(target_modules=r"^(?!.*vision_tower).*(?:self_attn\.[qv]_proj|mlp\.(?P<which>up|down)_proj)$")),
    ("llava-llama", dict(target_modules=r"(?i).*LANGUAGE_MODEL.*\.\d\.mlp\.\w+_proj")),
    ("llava-llama", dict(target_modules=r"model.language_model.layers.0.mlp.up|.*layers.0.mlp.up_proj")),
    ("llava-llama", dict(target_modules=r"lm_head")),
    ("llava-llama", dict(target_modules="all-linear")),
    ("llava-llama", dict(target_modules="All-Linear", exclude_modules=r".*vision_tower.*")),
    ("llava-llama", dict(target_modules="all-linear", modules_to_save=["vision_tower", "multi_modal_projector"])),
    ("llava-llama", dict(target_modules=["q_proj"], exclude_modules=["vision_tower"])),
    ("llava-llama", dict(target_modules=["q_proj", "v_proj"], exclude_modules=["layers.0.self_attn.q_proj"])),
    ("llava-llama", dict(target_modules=["q_proj", "k_proj"], exclude_modules=r".*\.(vision_tower\..*|layers\.1\..*)")),
    ("llava-llama", dict(target_modules=["q_proj"], exclude_modules=r".*")),
    ("llava-llama", dict(target_modules=["q_proj"], layers_to_transform=1)),
    ("llava-llama", dict(target_modules=["q_proj", "linear_1"], layers_to_transform=[0, 2])),
    ("llava-llama", dict(target_modules=["q_proj"], layers_to_transform=[])),
    ("llava-llama", dict(target_modules=["q_proj"], layers_to_transform=[1], layers_pattern="layers")),
    ("llava-llama", dict(target_modules=["q_proj"], layers_to_transform=[1], layers_pattern=["blocks", "encoder.layers"])),
    ("llava-llama", dict(target_modules=["q_proj"], layers_to_transform=[7])),
    ("llava-llama", dict(target_modules=["q_proj"], layers_to_transform=[1], layers_pattern="blocks")),
    (
        "llava-llama",
        dict(target_modules=["model.language_model.layers.0.self_attn.q_proj", "v_proj"], layers_to_transform=2),
    ),
    ("llava-llama", dict(target_modules=["q_proj", "v_proj"], rank_pattern={"q_proj": 2, "layers.0.self_attn.q_proj": 3})),
    ("llava-llama", dict(target_modules=["q_proj", "v_proj"], rank_pattern={"layers.0.self_attn.q_proj": 3, "q_proj": 2})),
    (
        "llava-llama",
        dict(
            target_modules=["q_proj", "v_proj"],
            rank_pattern={r"^model\.vision_tower.*": 2, r"_proj": 5, "absent": 7},
            alpha_pattern={r"language_model\.layers\.[01]\..*": 3, "v_proj": 64},
            use_rslora=True,
        ),
    ),
    ("llava-llama", dict(target_modules=Q, modules_to_save=["vision_tower"])),
    ("llava-llama", dict(target_modules=["q_proj"], modules_to_save=["norm"], bias="none")),
    ("llava-llama", dict(target_modules=["q_proj"], modules_to_save=["lm_head", "embed_tokens"])),
    ("llava-llama", dict(target_modules=["q_proj"], modules_to_save=["absent"])),
    ("llava-llama", dict(target_modules=["q_proj"], modules_to_save=["layers.0.self_attn"])),
    ("llava-llama", dict(target_modules=["q_proj"], modules_to_save=["q_proj"])),
    ("llava-llama", dict(target_modules=["q_proj"], modules_to_save=["proj"])),
    ("llava-llama", dict(target_modules=Q, modules_to_save=["layers"])),
    ("llava-llama", dict(target_modules=["q_proj"], bias="all")),
    ("llava-llama", dict(target_modules=["q_proj"], bias="lora_only")),
    ("llava-llama", dict(target_modules=Q, bias="lora_only", modules_to_save=["multi_modal_projector"])),
    ("llava-llama", dict(target_modules=Q, bias="all", modules_to_save=["pre_layrnorm"])),
    ("llava-llama", dict(target_modules="dummy-target-modules", modules_to_save=["multi_modal_projector"])),
    ("llava-llama", dict(target_modules="dummy-target-modules", bias="all")),
    ("llava-llama", dict(target_modules=["nothing"])),
    ("llava-llama", dict(target_modules="nothing")),
    ("llava-llama", dict(target_modules=[])),
    ("llava-llama", dict()),
    ("llava-llama", dict(target_modules=["mlp"])),
    ("llava-llama", dict(target_modules=["norm"])),
    ("llava-llama", dict(target_modules="(unclosed")),
    ("llava-qwen2", dict(target_modules=["layers.1.self_attn.q_proj"])),
    ("llava-qwen2", dict(target_modules=r".*layers\.1\d?\..*q_proj", bias="lora_only")),
    ("llava-qwen2", dict(target_modules=["q_proj", "up_proj"], layers_to_transform=[1, 10, 11], layers_pattern="layers")),
    ("llava-qwen2", dict(target_modules=["q_proj"], rank_pattern={"layers.1": 2, r"layers.1\..*": 3, "1.*q_proj": 5})),
    ("llava-qwen2", dict(target_modules=LISTED[:19], layers_to_transform=[3])),
    ("llava-qwen2", dict(target_modules=LISTED, layers_to_transform=[3])),
    ("llava-qwen2", dict(target_modules=WIDE, layers_to_transform=[3])),
    ("llava-qwen2", dict(target_modules=WIDE[:22], rank_pattern={"down_proj": 2})),
    ("llava-qwen2", dict(target_modules="all-linear", exclude_modules=["lm_head", "q_proj"], bias="all")),
    ("llama", dict()),
    ("llama", dict(target_modules="all-linear")),
]


def outcome(skeleton, settings):
    model = SKELETONS[skeleton]()
    paths = [row[0] for row in describe(model)]
    try:
        adapted = get_peft_model(model, LoraConfig(**json.loads(json.dumps(settings))))
    except Exception as error:  # the class of the error is the golden
        return {"error": type(error).__name__}
    modules = {name.removeprefix(PREFIX): module for name, module in adapted.named_modules()}
    linears = [
        [paths.index(name), module.r["default"], module.lora_alpha["default"], module.scaling["default"]]
        for name, module in modules.items()
        if isinstance(module, LoraLayer)
    ]
    saved = [paths.index(name) for name, module in modules.items() if isinstance(module, ModulesToSaveWrapper)]
    biases = [
        paths.index(name.removeprefix(PREFIX).removesuffix(".bias").removesuffix(".base_layer"))
        for name, parameter in adapted.named_parameters()
        if parameter.requires_grad and name.endswith(".bias") and ".modules_to_save." not in name
    ]
    targets = adapted.peft_config["default"].target_modules
    return {
        "linears": linears,
        "saved": saved,
        "biases": biases,
        "resolved": targets if isinstance(targets, str) else sorted(targets),
        "keys": len(get_peft_model_state_dict(adapted)),
        "trainable": sum(p.numel() for p in adapted.parameters() if p.requires_grad),
    }


def keys(skeleton, settings):
    model = get_peft_model(SKELETONS[skeleton](), LoraConfig(**settings))
    return {key: list(value.shape) for key, value in sorted(get_peft_model_state_dict(model).items())}


KEYED = [
    ("llava-llama", dict(target_modules=r".*\.0\.self_attn\.q_proj", bias="lora_only", r=2, modules_to_save=["linear_2"])),
    ("llava-llama", dict(target_modules=r".*\.0\.self_attn\.q_proj", bias="all", r=2)),
    ("llava-llama", dict(target_modules=r".*\.2\.mlp\.up_proj", modules_to_save=["vision_tower", "lm_head"], r=3)),
    ("llava-llama", dict(target_modules=r".*\.2\.mlp\.up_proj", bias="all", modules_to_save=["linear_1"], r=3)),
]


def saved_configuration(**settings):
    config = LoraConfig(inference_mode=True, **settings)  # save_pretrained always writes it so
    record = {k: sorted(v) if isinstance(v, set) else v for k, v in config.to_dict().items()}
    text = json.dumps(record, indent=2, sort_keys=True)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # What lorad writes byte for byte the same loads in PEFT, and without a warning.
        warnings.simplefilter("error")
        (pathlib.Path(folder) / "adapter_config.json").write_text(text)
        LoraConfig.from_pretrained(folder)
    return text


CONFIGURATIONS = [
    dict(),
    dict(
        r=16, lora_alpha=32, lora_dropout=0.05, target_modules=["q_proj", "v_proj"], bias="lora_only", use_rslora=True,
        task_type="CAUSAL_LM", base_model_name_or_path="models/llava", rank_pattern={"q_proj": 4}, revision="main",
        alpha_pattern={"q_proj": 8}, modules_to_save=["vision_tower"], init_lora_weights="gaussian",
        exclude_modules=["lm_head"], layers_to_transform=[0, 1], layers_pattern=["layers"],
        auto_mapping={"base_model_class": "LlavaForConditionalGeneration"},
    ),
    dict(target_modules=r".*\.q_proj é", exclude_modules='"quoted"\n\t', lora_dropout=1e-5, lora_alpha=0.5),
    dict(target_modules="dummy-target-modules", modules_to_save=["lm_head"], bias="all", init_lora_weights=False),
]

golden = {
    "versions": {"peft": peft.__version__, "transformers": transformers.__version__},
    "skeletons": {name: describe(make()) for name, make in SKELETONS.items()},
    "cases": [
        {"skeleton": name, "configuration": json.dumps(settings), **outcome(name, settings)} for name, settings in CASES
    ],
    "keys": [{"skeleton": n, "configuration": json.dumps(s), "keys": keys(n, s)} for n, s in KEYED],
    "saved": [saved_configuration(**settings) for settings in CONFIGURATIONS],
}
with open("golden.json", "w") as file:
    json.dump(golden, file, separators=(",", ":"))
