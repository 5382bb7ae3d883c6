#!/usr/bin/env python3
"""Loads an adapter folder in PEFT and says whether all of it arrived; or writes PEFT folders for others to load.

    pip install torch transformers peft safetensors
    python roundtrip.py --model DIR --adapter DIR [--compare FILE [--prefix final.] [--tolerance 1e-3]] [--logits GOLDEN]
    python roundtrip.py --make OUT [--model DIR]

Loading is strict: every key of adapter_model.safetensors must be a trainable parameter of the model that PEFT builds from
adapter_config.json, with its value, and the other way round; every key of the configuration must be known to PEFT. One JSON
object on stdout, exit code 1 where anything differs.

--compare FILE    tensors to compare with, by key after --prefix (a golden.safetensors holds grad.* and final.*); the largest
                  max|a-b| / max|a| must be within the tolerance. Keys that golden.json beside FILE calls rounding_only or
                  no_gradient are left out.
--logits GOLDEN   a golden.safetensors whose input_ids.N and pixel_values.N are run; logits.N compared at 1e-4.

--make writes one folder for each configuration in CONFIGURATIONS on top of a golden case (../llava/llama-gqa), as PEFT saves
them, each with expected.safetensors (logits.N of that case's rows with the adapter on) and expected.json (trainable
parameters, keys, scaling by module). Folders under refuse/ hold adapters that PEFT makes but that are not plain LoRA: a
loader that does not implement them must say so and not train something else.
"""

import argparse, json, os, sys, warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")
import torch, transformers
from peft import PeftModel, get_peft_model
from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING
from peft.tuners.lora import LoraLayer
from safetensors.torch import load_file, save_file
from transformers import LlavaForConditionalGeneration

HERE = os.path.dirname(os.path.abspath(__file__))
SEVEN = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
DECODER = r".*language_model.*\.(q_proj|v_proj)"
CONFIGURATIONS = {
    "suffixes": dict(r=4, target_modules=["q_proj", "v_proj"]),
    "decoder-regex": dict(r=3, lora_alpha=12, target_modules=DECODER),
    "rslora-gaussian": dict(
        r=4, lora_alpha=4, use_rslora=True, init_lora_weights="gaussian", target_modules=["down_proj", "fc1"]
    ),
    "patterns": dict(
        r=2,
        target_modules=SEVEN,
        rank_pattern={r"layers\.0\..*": 5, "q_proj": 3},
        alpha_pattern={"mlp.up_proj": 1.5, "up_proj": 7},
    ),
    "all-linear": dict(r=2, target_modules="all-linear"),
    "all-linear-excluded": dict(r=2, target_modules="all-linear", exclude_modules=r".*vision_tower.*"),
    "layers": dict(r=2, target_modules=["o_proj", "fc2"], layers_to_transform=[1], layers_pattern=["layers"]),
    "head": dict(r=2, target_modules=["lm_head"]),
    "bias-all": dict(r=2, bias="all", target_modules=["o_proj"]),
    "bias-lora-only": dict(r=2, bias="lora_only", target_modules=["fc1", "linear_2", "gate_proj"]),
    "saved-projector": dict(r=2, target_modules=SEVEN, modules_to_save=["multi_modal_projector"]),
    "saved-vision": dict(r=2, target_modules=SEVEN, modules_to_save=["vision_tower", "multi_modal_projector"]),
    "saved-embeddings": dict(r=2, target_modules=["k_proj"], modules_to_save=["embed_tokens", "lm_head", "norm"]),
    "tokens": dict(r=2, target_modules=["q_proj"], trainable_token_indices=[5, 3]),
    "tokens-head": dict(
        r=2, target_modules=["q_proj"], trainable_token_indices={"embed_tokens": [3, 5], "lm_head": [8, 5, 3]}
    ),
    "dora": dict(r=2, target_modules=["q_proj"], use_dora=True),
    "ia3": dict(peft_type="IA3", target_modules=["k_proj", "fc2"], feedforward_modules=["fc2"]),
    "loha": dict(peft_type="LOHA", r=3, alpha=5, target_modules=["q_proj", "linear_1"]),
    "lokr": dict(peft_type="LOKR", r=2, decompose_factor=2, target_modules=["o_proj", "fc1"]),
    "refuse/lora-bias": dict(r=2, target_modules=["q_proj"], lora_bias=True),
    "refuse/embedding": dict(r=2, target_modules=["embed_tokens", "q_proj"]),
    "refuse/convolution": dict(r=2, target_modules=["patch_embedding", "q_proj"]),
}


def configuration(settings):
    settings = dict(settings)
    return PEFT_TYPE_TO_CONFIG_MAPPING[settings.pop("peft_type", "LORA")](**settings)


def base(folder):
    return LlavaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")


def trainable(model):
    def key(name):
        name = name.replace(".modules_to_save.default.", ".").replace(".default", "")
        return name.replace(".lora_magnitude_vector.weight", ".lora_magnitude_vector")

    return {key(n): q.detach() for n, q in model.named_parameters() if q.requires_grad}


def distance(a, b):
    return float((a.double() - b.double()).abs().max() / a.double().abs().max().clamp_min(1e-30))


def rows(golden):
    number = 0
    while f"input_ids.{number}" in golden:
        pixels = golden.get(f"pixel_values.{number}")
        yield number, dict(input_ids=golden[f"input_ids.{number}"][None], pixel_values=pixels)
        number += 1


def check(options):
    stored = load_file(f"{options.adapter}/adapter_model.safetensors")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = PeftModel.from_pretrained(base(options.model), options.adapter, is_trainable=True).eval()
    loaded = trainable(model)
    copies = {
        n for n in stored if n.endswith(".base_layer.weight")
    }  # PEFT saves the base's embeddings where LoRA is on them
    given = json.load(open(f"{options.adapter}/adapter_config.json"))
    report = dict(
        tensors=len(stored),
        trainable_parameters=model.get_nb_trainable_parameters()[0],
        missing=sorted(loaded.keys() - stored.keys()),
        unexpected=sorted(stored.keys() - loaded.keys() - copies),
        different=sorted(n for n in loaded.keys() & stored.keys() if not torch.equal(loaded[n], stored[n].float())),
        unknown_config_keys=sorted(given.keys() - PEFT_TYPE_TO_CONFIG_MAPPING[given["peft_type"]]().to_dict().keys()),
        warnings=[str(w.message)[:200] for w in caught if "gradient_checkpointing" not in str(w.message)],
    )
    failed = any(report[k] for k in ("missing", "unexpected", "different", "unknown_config_keys"))
    if options.compare:
        facts = os.path.join(os.path.dirname(options.compare), "golden.json")
        facts = json.load(open(facts)) if os.path.exists(facts) else {}
        skip = {*facts.get("rounding_only", []), *facts.get("no_gradient", [])}
        other = {
            n.removeprefix(options.prefix): t
            for n, t in load_file(options.compare).items()
            if n.startswith(options.prefix)
        }
        both = (loaded.keys() & other.keys()) - skip
        far = {n: distance(other[n], loaded[n]) for n in both}
        worst = max(far, key=far.get, default=None)
        report |= dict(
            compared=len(both),
            # PEFT also writes the frozen weight of an adapted embedding; it never reads it.
            not_compared=sorted(k for k in (loaded.keys() ^ other.keys()) - skip if not k.endswith(".base_layer.weight")),
            largest=far.get(worst),
            largest_key=worst,
        )
        failed |= not both or bool(report["not_compared"]) or far[worst] > options.tolerance
    if options.logits:
        golden = load_file(options.logits)
        with torch.no_grad():
            report["logits"] = max(distance(golden[f"logits.{n}"], model(**row).logits[0]) for n, row in rows(golden))
        failed |= report["logits"] > 1e-4
    print(json.dumps(dict(ok=not failed) | report))
    return int(failed)


def make(options):
    model_folder = options.model or f"{HERE}/../llava/llama-gqa"
    golden = load_file(f"{model_folder}/golden.safetensors")
    for number, (name, config) in enumerate(CONFIGURATIONS.items()):
        torch.manual_seed(number)
        model = get_peft_model(base(model_folder), configuration(config)).eval()
        generator = torch.Generator().manual_seed(100 + number)
        with torch.no_grad():
            for key, q in ((n, q) for n, q in model.named_parameters() if q.requires_grad):
                if "lora_A" not in key:
                    q.add_(0.1 * torch.randn(q.shape, generator=generator))
            logits = {f"logits.{n}": model(**row).logits[0].contiguous() for n, row in rows(golden)}
        folder = f"{options.make}/{name}"
        model.save_pretrained(folder)
        save_file(logits, f"{folder}/expected.safetensors")
        scaling = {
            n.removeprefix("base_model.model."): m.scaling["default"]
            for n, m in model.named_modules()
            if isinstance(m, LoraLayer)
        }
        keys = sorted(load_file(f"{folder}/adapter_model.safetensors"))
        facts = dict(
            config=config, trainable_parameters=model.get_nb_trainable_parameters()[0], keys=keys, scaling=scaling
        )
        json.dump(facts, open(f"{folder}/expected.json", "w"), indent=1)
        print(f"{folder}: {len(keys)} tensors, {facts['trainable_parameters']} parameters")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    parser.add_argument("--adapter")
    parser.add_argument("--compare")
    parser.add_argument("--prefix", default="")
    parser.add_argument("--tolerance", type=float, default=1e-3)
    parser.add_argument("--logits")
    parser.add_argument("--make")
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)
    if options.make:
        return make(options)
    if not (options.model and options.adapter):
        parser.error("--model and --adapter, or --make")
    return check(options)


if __name__ == "__main__":
    sys.exit(main())
