#!/usr/bin/env python3
"""Turns Fashion-MNIST into pictures with captions, and makes a small CLIP that knows only half of its classes.

    apt-get install dataset-fashion-mnist
    pip install torch transformers tokenizers pillow numpy
    python make_fashion_mnist.py --data DATA [--base BASE] [--train-rows 20000] [--steps 700]

DATA  train/ and test/ with 28 px PNG pictures; train.json, test.json (all 10,000), val.json (the first 1,000 of test.json) and
      known.json (the training rows of the first five classes): rows of {"image", "caption", "label"}, where the label is the
      class's number; classes.txt with the classes' names.
BASE  a CLIP folder, ViT of 28 px with patches of 7 and 128 x 4 layers, text 128 x 3, trained from nothing by torch on known.json
      alone: it has never seen a sandal, shirt, sneaker, bag or ankle boot, nor read these words.
"""

import argparse
import gzip
import json
import pathlib

import numpy as np
from PIL import Image

SOURCE = pathlib.Path("/usr/share/datasets/fashion-mnist")
CLASSES = ["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"]
KNOWN = 5  # classes that the base is trained on: the first ones
PROMPTS = ["a photo of a {}", "a picture of a {}", "a small grey photo of a {}", "this is a {}"]


def read(name):
    """The numbers of an idx file (big-endian header: two zero bytes, the type, the number of dimensions, their lengths)."""
    content = gzip.decompress((SOURCE / f"{name}.gz").read_bytes())
    dimensions = content[3]
    shape = np.frombuffer(content, ">i4", dimensions, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def write_split(folder, name, prefix, count, random):
    pictures, labels = read(f"{prefix}-images-idx3-ubyte"), read(f"{prefix}-labels-idx1-ubyte")
    (folder / name).mkdir(parents=True, exist_ok=True)
    rows = []
    for index in range(min(count, len(labels))):
        path, label = f"{name}/{index:05}.png", int(labels[index])
        Image.fromarray(pictures[index]).save(folder / path)
        prompt = PROMPTS[random.integers(len(PROMPTS))]
        rows.append({"image": path, "caption": prompt.format(CLASSES[label]), "label": label})
    return rows


def write_data(folder, train_rows):
    random = np.random.default_rng(0)
    train = write_split(folder, "train", "train", train_rows, random)
    test = write_split(folder, "test", "t10k", 10_000, random)
    known = [row for row in train if row["label"] < KNOWN]
    for name, rows in (("train", train), ("test", test), ("val", test[:1000]), ("known", known)):
        (folder / f"{name}.json").write_text(json.dumps(rows))
    (folder / "classes.txt").write_text("\n".join(CLASSES) + "\n")
    print(f"{folder}: {len(train)} rows to train on, {len(known)} of known classes, {len(test)} to test on")


def write_tokenizer(folder):
    """CLIP's tokenizer over words of clothes; words that the base never reads are spelt by it."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import CLIPTokenizer

    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trained = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    trained.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    trained.train_from_iterator(
        [p.format(c) for p in PROMPTS for c in CLASSES],
        trainers.BpeTrainer(vocab_size=700, end_of_word_suffix="</w>", initial_alphabet=alphabet, show_progress=False))
    merges = [m if isinstance(m, str) else " ".join(m) for m in json.loads(trained.to_str())["model"]["merges"]]
    symbols = sorted(alphabet) + [c + "</w>" for c in sorted(alphabet)]
    tokens = list(dict.fromkeys(symbols + [m.replace(" ", "") for m in merges])) + ["<|startoftext|>", "<|endoftext|>"]
    tokenizer = CLIPTokenizer(vocab={t: i for i, t in enumerate(tokens)}, merges=[tuple(m.split(" ")) for m in merges])
    tokenizer.save_pretrained(folder)
    return tokenizer


def write_base(folder, data, steps):
    import torch
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = write_tokenizer(folder)
    size = {"height": 28, "width": 28}
    CLIPImageProcessor(size={"shortest_edge": 28}, crop_size=size).save_pretrained(folder)
    torch.manual_seed(0)
    model = CLIPModel(CLIPConfig(
        vision_config=dict(
            hidden_size=128, intermediate_size=512, num_hidden_layers=4, num_attention_heads=4, image_size=28, patch_size=7),
        text_config=dict(
            vocab_size=len(tokenizer), hidden_size=128, intermediate_size=512, num_hidden_layers=3, num_attention_heads=4,
            max_position_embeddings=32, bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.eos_token_id),
        projection_dim=64))
    rows = json.loads((data / "known.json").read_text())
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (
        [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]))
    pixels = np.stack([np.asarray(Image.open(data / row["image"])) for row in rows])
    texts = tokenizer([row["caption"] for row in rows], padding=True, return_tensors="pt")
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, total_steps=steps, pct_start=0.1)
    generator = torch.Generator().manual_seed(0)
    for step in range(steps):
        batch = torch.randint(len(rows), (128,), generator=generator)
        pictures = torch.from_numpy(pixels[batch.numpy()]).float().div(255)[:, None].expand(-1, 3, -1, -1)
        outputs = model(
            pixel_values=(pictures - mean) / std, input_ids=texts["input_ids"][batch],
            attention_mask=texts["attention_mask"][batch], return_loss=True)
        optimizer.zero_grad()
        outputs.loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            model.logit_scale.clamp_(max=float(np.log(100)))
        if step % 100 == 99:
            print(f"step {step + 1}: loss {outputs.loss.item():.3f}")
    model.save_pretrained(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--base", type=pathlib.Path)
    parser.add_argument("--train-rows", type=int, default=20_000)
    parser.add_argument("--steps", type=int, default=700, help="of the base's training, 128 pairs each")
    options = parser.parse_args()
    if not (options.data / "classes.txt").exists():
        write_data(options.data, options.train_rows)
    if options.base:
        write_base(options.base, options.data, options.steps)


main()
