#!/usr/bin/env python3
"""Merges an adapter with `lorad merge`, loads the folder in transformers, and compares logits with the base under PEFT.

    pip install torch transformers peft pillow
    python compare_merge.py --lorad PATH/TO/lorad --base DIR --adapter DIR --data FILE --images DIR [--rows 4]

Written in float32 and in the base's own types, in several files. In float32 the merged model must have the adapter's logits
to 1e-4 of the largest one. In the base's types each merged weight is rounded: there the comparison is with PEFT's own
merge, rounded the same way.
"""

import argparse, json, os, subprocess, sys, tempfile

import torch, transformers
from peft import PeftModel
from PIL import Image
from transformers import AutoImageProcessor, AutoTokenizer, LlavaForConditionalGeneration

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


def load(folder, dtype=torch.float32):
    model, info = LlavaForConditionalGeneration.from_pretrained(
        folder, dtype=dtype, attn_implementation="sdpa", output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"], info
    return model.eval()


def inputs(o, folder, config):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
    count = (config.vision_config.image_size // config.vision_config.patch_size) ** 2
    token = tokenizer.convert_ids_to_tokens(config.image_token_id)
    for row in json.load(open(o.data))[: o.rows]:
        text = "\n".join(turn["value"] for turn in row["conversations"]).replace("<image>", token * count)
        pixels = processor([Image.open(os.path.join(o.images, row["image"])).convert("RGB")], return_tensors="pt")
        yield dict(input_ids=tokenizer(text, return_tensors="pt")["input_ids"], **pixels)


def logits(model, batches):
    with torch.no_grad():
        return [model(**batch).logits for batch in batches]


def distance(a, b):
    return max(float((x - y).abs().max() / y.abs().max()) for x, y in zip(a, b))


def merged(o, *options):
    folder = f"{tempfile.mkdtemp()}/merged"
    command = [o.lorad, "merge", "--model", o.base, "--adapter", o.adapter, "--output", folder, *options]
    print(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())
    return folder


def main():
    parser = argparse.ArgumentParser()
    for name in ("lorad", "base", "adapter", "data", "images"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--rows", type=int, default=4)
    o = parser.parse_args()

    exact = merged(o, "--dtype", "float32", "--max-shard-size", "200MB")
    files = sorted(f for f in os.listdir(exact) if f.endswith(".safetensors"))
    adapted = PeftModel.from_pretrained(load(o.base), o.adapter).eval()
    batches = list(inputs(o, exact, adapted.get_base_model().config))
    beside = logits(adapted, batches)
    apart = distance(logits(load(exact), batches), beside)
    print(f"float32, {len(files)} files: {apart:.2e} from the adapter beside the base")

    own = merged(o)
    stored = json.load(open(f"{o.base}/config.json"))
    dtype = getattr(torch, stored.get("dtype") or stored["torch_dtype"])
    theirs = adapted.merge_and_unload()
    for parameter in theirs.parameters():  # not the buffers: rotary frequencies are no weights
        parameter.data = parameter.data.to(dtype).to(torch.float32)
    found = logits(load(own), batches)
    rounded = distance(found, logits(theirs, batches))
    print(f"{dtype}: {rounded:.2e} from PEFT's merge rounded the same way, {distance(found, beside):.2e} from the adapter")
    sys.exit(apart > 1e-4 or rounded > 1e-4)


main()
