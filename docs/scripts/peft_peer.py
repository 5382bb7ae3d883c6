#!/usr/bin/env python3
"""Trains with transformers + PEFT on the CPU what compare_speed.py asks for; the last line of its output is one JSON object.

    python peft_peer.py '{"model": "DIR", "data": "train.json", "images": "DIR", "initial": "DIR", ...}'

Rows are taken in file order, and the last step of an epoch may be short. AdamW 0.9, 0.999, 1e-8, no weight decay, constant rate, no clipping, no dropout.
Loss = sum of token losses / supervised tokens of the step. Every logit is computed, as transformers does in training.

precision  fp32; bf16 (weights in bf16, PEFT keeps adapters in fp32); autocast (fp32 weights under torch.autocast, as the Trainer
           does with bf16=True); bf16-autocast (weights in bf16, under autocast)
compile    torch.compile(model)
at_once    rows of a forward pass; gradients accumulate over those of a step
log        a file that gets one line a step
initial    the adapter to start from; it is made here, by PEFT, where "make" describes it
"""

import json
import os
import sys
import time

START = time.time()
import torch  # noqa: E402
from peft import LoraConfig, PeftModel, get_peft_model  # noqa: E402
from PIL import Image  # noqa: E402
from transformers import (  # noqa: E402
    AutoConfig,
    AutoImageProcessor,
    AutoTokenizer,
    CLIPModel,
    LlavaForConditionalGeneration,
)

TEMPLATES = {
    "vicuna": lambda question, answer, eos: (f"USER: {question} ASSISTANT: ", f"{answer}{eos}", ""),
    "chatml": lambda question, answer, eos: (
        f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n",
        f"{answer}<|im_end|>",
        "\n",
    ),
}


def padded(lists, fill):
    longest = max(map(len, lists))
    return torch.tensor([values + [fill] * (longest - len(values)) for values in lists])


class Rows:
    """Rows of a JSON file, pictures and tokenizer, a batch at a time."""

    def __init__(self, o, config):
        self.o, self.config = o, config
        self.rows = json.load(open(o["data"]))
        self.tokenizer = AutoTokenizer.from_pretrained(o["model"])
        self.processor = AutoImageProcessor.from_pretrained(o["model"], backend="pil")

    def items(self, step):
        size = self.o["batch"]
        start = step % -(-len(self.rows) // size) * size
        return [self.encode(row) for row in self.rows[start : start + size]]

    def pixels(self, row):
        picture = Image.open(os.path.join(self.o["images"], row["image"])).convert("RGB")
        return self.processor(picture, return_tensors="pt")["pixel_values"][0]


class Conversations(Rows):
    """LLaVA conversations: token ids, labels (-100: not supervised) and pixels."""

    model_class = LlavaForConditionalGeneration

    def encode(self, row):
        text, spans, vision = "", [], self.config.vision_config
        count = (vision.image_size // vision.patch_size) ** 2
        count += self.config.vision_feature_select_strategy == "full"
        image = self.tokenizer.convert_ids_to_tokens(self.config.image_token_id) * count
        for human, gpt in zip(row["conversations"][::2], row["conversations"][1::2]):
            question = human["value"].replace("<image>", image)
            head, answer, tail = TEMPLATES[self.o["template"]](question, gpt["value"], self.tokenizer.eos_token or "")
            text += head
            spans.append((len(text), len(text) + len(answer)))
            text += answer + tail
        encoded = self.tokenizer(text, return_offsets_mapping=True)
        labels = [
            i if any(start < y and x < end for start, end in spans) else -100
            for i, (x, y) in zip(encoded["input_ids"], encoded["offset_mapping"])
        ]
        return encoded["input_ids"], labels, self.pixels(row) if row.get("image") else None

    def batch(self, items, dtype):
        """Inputs, labels, tokens and supervised tokens."""
        ids, labels, pixels = zip(*items)
        inputs = dict(
            input_ids=padded(ids, self.tokenizer.pad_token_id or 0),
            attention_mask=padded([[1] * len(row) for row in ids], 0),
        )
        if any(p is not None for p in pixels):
            inputs["pixel_values"] = torch.stack([p for p in pixels if p is not None]).to(dtype)
        targets = padded(labels, -100)[:, 1:].reshape(-1)
        return inputs, targets, sum(map(len, ids)), int((targets != -100).sum())

    def loss(self, output, targets, count):
        logits = output.logits[:, :-1].float().reshape(-1, output.logits.shape[-1])
        return torch.nn.functional.cross_entropy(logits, targets, ignore_index=-100, reduction="sum") / count


class Pairs(Rows):
    """Pictures with captions, for the symmetric contrastive loss."""

    model_class = CLIPModel

    def encode(self, row):
        caption = row.get("caption") or row["text"]
        return self.tokenizer(caption, truncation=True)["input_ids"], self.pixels(row)

    def batch(self, items, dtype):
        ids, pixels = zip(*items)
        inputs = dict(
            input_ids=padded(ids, self.tokenizer.pad_token_id or 0),
            attention_mask=padded([[1] * len(row) for row in ids], 0),
            pixel_values=torch.stack(pixels).to(dtype),
        )
        vision = self.config.vision_config
        tokens = sum(map(len, ids)) + len(ids) * ((vision.image_size // vision.patch_size) ** 2 + 1)
        return inputs, torch.arange(len(ids)), tokens, len(ids)

    def loss(self, output, targets, count):
        logits = output.logits_per_image.float()
        entropy = torch.nn.functional.cross_entropy
        return (entropy(logits, targets) + entropy(logits.T, targets)) / 2


def make_initial_adapter(o, rows_class):
    torch.manual_seed(0)
    model = rows_class.model_class.from_pretrained(o["model"], dtype=torch.float32)
    get_peft_model(model, LoraConfig(lora_dropout=0.0, **o["make"])).save_pretrained(o["initial"])


def train(o, rows_class):
    torch.set_num_threads(o["threads"])
    dtype = torch.bfloat16 if o["precision"].startswith("bf16") else torch.float32
    base = rows_class.model_class.from_pretrained(o["model"], dtype=dtype, attn_implementation="sdpa")
    peft = PeftModel.from_pretrained(base, o["initial"], is_trainable=True)
    peft.train()
    parameters = [p for p in peft.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=o["learning_rate"], betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    model = torch.compile(peft) if o["compile"] else peft
    rows = rows_class(o, AutoConfig.from_pretrained(o["model"]))
    log = open(o["log"], "w", buffering=1) if o.get("log") else None
    steps = []
    for step in range(o["warm_up"] + o["steps"]):
        items = rows.items(step)  # tokens and pixels are not part of a step's time
        start = time.perf_counter()
        micro = o.get("at_once", o["batch"])
        batches = [rows.batch(items[i : i + micro], dtype) for i in range(0, len(items), micro)]
        tokens, supervised = sum(b[2] for b in batches), sum(b[3] for b in batches)
        loss = 0.0
        for inputs, targets, _, _ in batches:
            with torch.autocast("cpu", torch.bfloat16, enabled=o["precision"].endswith("autocast")):
                output = model(**inputs)
            part = rows.loss(output, targets, supervised)
            del output
            part.backward()
            loss += part.item()
            del part
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        steps.append(
            dict(
                loss=loss,
                tokens=tokens,
                supervised=supervised,
                seconds=time.perf_counter() - start,
                since_start=time.time() - START,
            )
        )
        if log:
            log.write(json.dumps(dict(step=step + 1, loss=loss, supervised_tokens=supervised)) + "\n")
    if o.get("save"):
        peft.save_pretrained(o["save"])
    return dict(steps=steps, trained=sum(p.numel() for p in parameters))


def main():
    o = json.loads(sys.argv[1])
    rows_class = Pairs if o.get("kind") == "clip" else Conversations
    if "make" in o:
        return make_initial_adapter(o, rows_class)
    print(json.dumps(train(o, rows_class)))


if __name__ == "__main__":
    main()
