#!/usr/bin/env python3
"""Makes the models and rows that speed is measured on: folders with random weights, rows of stated lengths.

    pip install torch transformers pillow numpy
    python make_workloads.py --tokenizer real/base --output workloads [--only reference long large clip]

--tokenizer  a folder with the tokenizer, chat template and image processor to take (make_real_base.py makes one); clip has its own

reference  CLIP ViT-B/16 at 224 px (196 image tokens) and a Llama of 576 x 30 layers, 9 heads, 3 key-value heads, 1536 wide MLP,
           49,152 words, tied; rows of 256 tokens: 196 of a picture, 60 of text, 30 of them supervised
long       the same model; rows of 100 to 1,500 tokens without pictures, half of each supervised
large      CLIP ViT-L/14 at 336 px (576 image tokens) and a Llama of 2048 x 22 layers, 32 heads, 4 key-value heads, 5632 wide MLP
           (TinyLlama's shape, 1.1 B), in bf16; rows of 656 tokens: 576 of a picture, 80 of text, 40 of them supervised
clip       CLIP ViT-B/32 at 224 px (50 rows a picture) and its text tower of 512 x 12 layers, 49,408 words; 64 pairs of a picture
           and a caption of 8 to 24 words, for steps of 64 pairs with LoRA on q_proj, k_proj, v_proj and out_proj of both towers

Each is a folder with model/, train.json and pictures/; clip has a run.yaml too.
"""
import argparse
import json
import pathlib
import shutil

import numpy as np
import torch
from PIL import Image
from transformers import (
    AutoTokenizer, CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPTokenizer, CLIPVisionConfig, LlamaConfig, LlavaConfig,
    LlavaForConditionalGeneration)

IMAGE_TOKEN = "<reponame>"  # as in make_real_base.py
SMALL = dict(
    text=dict(hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3),
    vision=dict(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, image_size=224, patch_size=16),
    dtype=torch.float32)
LARGE = dict(
    text=dict(hidden_size=2048, intermediate_size=5632, num_hidden_layers=22, num_attention_heads=32, num_key_value_heads=4),
    vision=dict(
        hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16, image_size=336, patch_size=14),
    dtype=torch.bfloat16)
# Model, text tokens of each row, share of them supervised, whether there is a picture.
WORKLOADS = {
    "reference": (SMALL, [60] * 64, 0.5, True),
    "long": (SMALL, [int(100 + 1400 * (i * 0.381966 % 1)) for i in range(64)], 0.5, False),
    "large": (LARGE, [80] * 8, 0.5, True),
}


def make_model(shape, tokenizer, folder):
    torch.manual_seed(0)
    text = LlamaConfig(
        vocab_size=len(tokenizer), max_position_embeddings=4096, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2,
        pad_token_id=2, **shape["text"])
    vision = CLIPVisionConfig(**shape["vision"])
    with torch.device("meta"):
        model = LlavaForConditionalGeneration(LlavaConfig(
            vision_config=vision, text_config=text, tie_word_embeddings=True,
            image_token_index=tokenizer.convert_tokens_to_ids(IMAGE_TOKEN)))
    model = model.to(shape["dtype"]).to_empty(device="cpu")
    for name, parameter in model.named_parameters():
        is_norm = "norm" in name and name.endswith("weight")
        parameter.data.normal_(1.0 if is_norm else 0.0, 0.0 if is_norm or name.endswith("bias") else 0.02)
    model.tie_weights()
    model.save_pretrained(folder)
    size = vision.image_size
    CLIPImageProcessor(size={"shortest_edge": size}, crop_size={"height": size, "width": size}).save_pretrained(folder)


def fitted(tokenizer, total, supervised, picture):
    """A conversation of so many text tokens in ChatML, so many of them supervised."""
    def lengths(question, answer):
        content = ("<image>\n" if picture else "") + " a" * question
        head = f"<|im_start|>user\n{content}<|im_end|>\n<|im_start|>assistant\n".replace("<image>", IMAGE_TOKEN)
        tail = "a" + " a" * (answer - 1) + "<|im_end|>"
        ids = lambda text: len(tokenizer(text, add_special_tokens=False)["input_ids"])
        return content, tail.removesuffix("<|im_end|>"), ids(head) - (1 if picture else 0), ids(tail) + 1
    question, answer = max(1, total - supervised - 10), supervised - 2
    for _ in range(20):
        content, reply, head, tail = lengths(question, answer)
        if (head + tail, tail) == (total, supervised + 1) or (head + tail, tail) == (total, supervised):
            break
        answer += supervised - tail
        question += total - supervised - head
    return content, reply


def make_rows(tokenizer, lengths, share, picture, size, folder):
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    rows = []
    for index, total in enumerate(lengths):
        question, answer = fitted(tokenizer, total, int(total * share), picture)
        row = {"id": str(index), "conversations": [{"from": "human", "value": question}, {"from": "gpt", "value": answer}]}
        if picture:
            row["image"] = f"{index}.png"
            pixels = random.integers(0, 256, (size // 8, size // 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).resize((size, size)).save(folder / "pictures" / row["image"])
        rows.append(row)
    (folder / "train.json").write_text(json.dumps(rows))


def clip_tokenizer():
    """CLIP's tokenizer with its numbers of words and special tokens, whose words are w1, w2 and so on."""
    from tokenizers import pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = alphabet + [c + "</w>" for c in alphabet]
    merges = []
    for number in range(49_408 - 2 - len(tokens)):  # each word is two symbols that are merged: the words of a real vocabulary
        first, second = alphabet[number // len(alphabet) % len(alphabet)], alphabet[number % len(alphabet)]
        if number < len(alphabet) ** 2 and first + second + "</w>" not in tokens:
            merges.append((first, second + "</w>"))
    tokens += [a + b for a, b in merges]
    tokens = list(dict.fromkeys(tokens))[: 49_406]
    tokens += [f"<unused{i}>" for i in range(49_406 - len(tokens))] + ["<|startoftext|>", "<|endoftext|>"]
    known = set(tokens)
    return CLIPTokenizer(
        vocab={t: i for i, t in enumerate(tokens)}, merges=[m for m in merges if m[0] + m[1] in known])


CLIP_RUN = """run: clip-workload
model: {{ path: {folder}/model }}
adapter: {{ r: 16, lora_alpha: 32, target_modules: [q_proj, k_proj, v_proj, out_proj] }}
data: {{ train: {folder}/train.json, images: {folder}/pictures, shuffle: false }}
training:
  {{ learning_rate: 1e-4, per_device_train_batch_size: 64, max_steps: 20, logging_steps: 1, output_dir: {folder}/out }}
"""


def make_clip(folder):
    """ViT-B/32 and its text tower, as CLIPConfig has them by default; pairs whose captions are of many lengths."""
    if not (folder / "model" / "config.json").exists():
        torch.manual_seed(0)
        CLIPModel(CLIPConfig()).save_pretrained(folder / "model")
        clip_tokenizer().save_pretrained(folder / "model")
        size = {"height": 224, "width": 224}
        CLIPImageProcessor(size={"shortest_edge": 224}, crop_size=size).save_pretrained(folder / "model")
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    rows = []
    for index in range(64):
        letters = random.integers(ord("a"), ord("z") + 1, (8 + index % 17, 2))
        rows.append({"image": f"{index}.png", "caption": " ".join(chr(a) + chr(b) for a, b in letters)})
        pixels = random.integers(0, 256, (28, 28, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((224, 224)).save(folder / "pictures" / rows[-1]["image"])
    (folder / "train.json").write_text(json.dumps(rows))
    (folder / "run.yaml").write_text(CLIP_RUN.format(folder=folder))
    print(f"clip: {len(rows)} pairs in {folder}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", help="of all workloads but clip")
    parser.add_argument("--output", required=True, type=pathlib.Path)
    parser.add_argument("--only", nargs="*", default=[*WORKLOADS, "clip"])
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], help="of the weights; each model's own unless given")
    options = parser.parse_args()
    if "clip" in options.only:
        make_clip(options.output / "clip")
    rest = [name for name in options.only if name != "clip"]
    if rest and not options.tokenizer:
        parser.error(f"--tokenizer is needed for {', '.join(rest)}")
    tokenizer = AutoTokenizer.from_pretrained(options.tokenizer) if rest else None
    for name in rest:
        shape, lengths, share, picture = WORKLOADS[name]
        if options.dtype:
            shape = shape | {"dtype": getattr(torch, options.dtype)}
        folder = options.output / name
        if not (folder / "model" / "config.json").exists():
            make_model(shape, tokenizer, folder / "model")
            tokenizer.save_pretrained(folder / "model")
        make_rows(tokenizer, lengths, share, picture, shape["vision"]["image_size"], folder)
        print(f"{name}: {len(lengths)} rows in {folder}")


main()
