#!/usr/bin/env python3
"""Generates answers with `lorad generate` and with transformers' `generate`, and compares them token by token.

    pip install torch transformers peft pillow
    python compare_generation.py --lorad PATH/TO/lorad --base DIR --data FILE --images DIR [--adapter DIR ...]
        [--rows 8] [--tokens 64] [--threads 2]

Greedy, fp32, template chatml, each row's first question; with the base alone and with each adapter, and with a repetition
penalty of 1.2. Where tokens differ, the difference of the two best scores there says whether it is a near tie. Tokens a second
are those after the first token, the median over rows; transformers with --threads threads.
"""

import argparse, json, os, statistics, subprocess, sys, time

import torch, transformers
from peft import PeftModel
from PIL import Image
from transformers import AutoImageProcessor, AutoTokenizer, LlavaForConditionalGeneration

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


class Clock(transformers.generation.streamers.BaseStreamer):
    def __init__(self):
        self.times = []

    def put(self, value):
        self.times.append(time.monotonic())

    def end(self):
        pass

    @property
    def rate(self):  # the first put is the prompt
        times = self.times[1:]
        return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else float("nan")


def questions(o):
    for row in json.load(open(o.data))[: o.rows]:
        yield row["conversations"][0]["value"], os.path.join(o.images, row["image"])


def ours(o, adapter, penalty, question, image):
    command = [o.lorad, "generate", "--model", o.base, "--image", image, "--prompt", question, "--template", "chatml",
               "--max-new-tokens", str(o.tokens), "--repetition-penalty", str(penalty), "--json"]
    output = subprocess.run(command + (["--adapter", adapter] if adapter else []), check=True, capture_output=True)
    return json.loads(output.stdout)


def theirs(o, model, tokenizer, processor, penalty, question, image):
    config = model.config
    count = (config.vision_config.image_size // config.vision_config.patch_size) ** 2
    token = tokenizer.convert_ids_to_tokens(config.image_token_id)
    text = f"<|im_start|>user\n{question.replace('<image>', token * count)}<|im_end|>\n<|im_start|>assistant\n"
    ids = tokenizer(text, return_tensors="pt")["input_ids"]
    pixels = processor([Image.open(image).convert("RGB")], return_tensors="pt")["pixel_values"]
    clock = Clock()
    with torch.no_grad():
        output = model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), pixel_values=pixels, do_sample=False, streamer=clock,
            repetition_penalty=penalty, max_new_tokens=o.tokens, output_scores=True, return_dict_in_generate=True)
    margins = [float(-s[0].topk(2).values.diff()) for s in output.scores]
    return output.sequences[0, ids.shape[1]:].tolist(), margins, clock.rate


def compare(o, adapter, penalty):
    model = LlavaForConditionalGeneration.from_pretrained(o.base, dtype=torch.float32, attn_implementation="sdpa")
    if adapter:
        model = PeftModel.from_pretrained(model, adapter).get_base_model()
    model.eval()
    tokenizer = AutoTokenizer.from_pretrained(o.base)
    processor = AutoImageProcessor.from_pretrained(o.base, backend="pil")
    same, tokens, rates, slower = 0, 0, [], []
    for question, image in questions(o):
        expected, margins, rate = theirs(o, model, tokenizer, processor, penalty, question, image)
        found = ours(o, adapter, penalty, question, image)
        same += found["tokens"] == expected
        tokens += len(expected)
        rates.append(found["tokens_per_second"])
        slower.append(rate)
        if found["tokens"] != expected:
            at = next((i for i, (a, b) in enumerate(zip(found["tokens"], expected)) if a != b), min(len(expected), len(found["tokens"])))
            print(f"  token {at} of {image} differs; the two best scores there are {margins[min(at, len(margins) - 1)]:.2e} apart")
    rate = lambda values: statistics.median([v for v in values if v == v and v > 0] or [0])
    print(f"{adapter or 'base'}, repetition penalty {penalty}: {same} of {o.rows} texts equal ({tokens} tokens); "
          f"tokens a second: lorad {rate(rates):.1f}, transformers {rate(slower):.1f}", flush=True)
    return same == o.rows


def main():
    parser = argparse.ArgumentParser()
    for name in ("lorad", "base", "data", "images"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--adapter", nargs="*", default=[])
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    o = parser.parse_args()
    torch.set_num_threads(o.threads)
    results = [compare(o, adapter, penalty) for adapter in [None, *o.adapter] for penalty in (1.0, 1.2)]
    sys.exit(not all(results))


main()
