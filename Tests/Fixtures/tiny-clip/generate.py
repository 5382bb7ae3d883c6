#!/usr/bin/env python3
"""Writes a complete small CLIP folder with rows and an adapter, and what transformers + PEFT make of them.

    pip install torch transformers peft safetensors pillow
    python generate.py

    model/          config.json, model.safetensors (bf16, random), tokenizer and processor files; the tokenizer is the one of
                    ../clip/tokenizer
    adapter/        a PEFT adapter on the attention of both towers, lora_B not zero
    data/           train.json (captions), val.json (conversations), labelled.json (classes), classes.txt; the pictures are
                    those of ../tiny-llava/data/pictures
    expected.json   losses of AdamW steps from the adapter (rows in file order, the last step of an epoch short; symmetric
                    contrastive loss of the step's rows; AdamW 0.9, 0.999, 1e-8, no decay, constant rate, no clipping), with
                    the temperature as it is and trained too; of val.json with the adapter, the loss of all rows at once, and the
                    places of the right answers among all different pictures and captions; of labelled.json the places of
                    each picture's class among the classes
"""

import json, math, os, shutil

os.environ.setdefault("OMP_NUM_THREADS", "1")
import torch, transformers
from peft import LoraConfig, PeftModel, get_peft_model
from PIL import Image
from transformers import AutoImageProcessor, CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPTokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
PICTURES = f"{HERE}/../tiny-llava/data/pictures"
MODEL, ADAPTER, DATA = f"{HERE}/model", f"{HERE}/adapter", f"{HERE}/data"
STEPS, BATCH, RATE = 6, 4, 2e-3
SHAPES = {
    "red-circle.jpg": "a red circle", "blue-square.png": "a blue square", "green-circle.png": "a green circle",
    "yellow-square.jpg": "a yellow square on black", "red-square.png": "a red square",
}
CLASSES = ["circle", "square"]
PROMPTS = ["a photo of a {}", "a {}"]
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
torch.set_num_threads(1)


def write_json(value, path):
    with open(path, "w") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


def write_data():
    os.makedirs(DATA)
    captions = list(SHAPES.items())
    train = [{"image": p, "caption": f"a photo of {t}"} for p, t in captions] + [{"image": p, "text": t} for p, t in captions]
    turn = lambda who, text: {"from": who, "value": text}
    val = [
        {"id": p, "image": p, "conversations": [turn("human", "<image>\nWhat is it?"), turn("gpt", f"It is {t}.")]}
        for p, t in captions]
    val.append(  # a second caption of a picture, and the same caption for another
        {"id": "again", "image": captions[0][0], "conversations": [turn("human", "<image>"), turn("gpt", "It is a red square.")]})
    write_json(train, f"{DATA}/train.json")
    write_json(val, f"{DATA}/val.json")
    write_json([{"image": p, "label": next(c for c in CLASSES if c in t)} for p, t in captions], f"{DATA}/labelled.json")
    open(f"{DATA}/classes.txt", "w").write("\n".join(CLASSES) + "\n")


def write_model():
    os.makedirs(MODEL)
    tokenizer = CLIPTokenizer.from_pretrained(f"{HERE}/../clip/tokenizer")
    tokenizer.save_pretrained(MODEL)
    CLIPImageProcessor(size={"shortest_edge": 24}, crop_size={"height": 24, "width": 24}).save_pretrained(MODEL)
    torch.manual_seed(1)
    text = dict(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=48, bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.eos_token_id)
    vision = dict(
        hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=24, patch_size=6)
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=12))
    with torch.no_grad():
        for name, q in model.named_parameters():
            if q.dim() > 1:
                q.normal_(0, 0.6 / math.sqrt(q.shape[-1]) if "embedding" not in name else 0.5)
        model.logit_scale.fill_(2.5)
    model.to(torch.bfloat16).save_pretrained(MODEL)


def write_adapter():
    torch.manual_seed(2)
    config = LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "k_proj", "v_proj", "out_proj"])
    model = get_peft_model(CLIPModel.from_pretrained(MODEL, dtype=torch.float32), config)
    with torch.no_grad():
        for name, q in model.named_parameters():
            if ".lora_B." in name:
                q.normal_(0, 0.1)
    model.save_pretrained(ADAPTER)
    os.remove(f"{ADAPTER}/README.md")
    path = f"{ADAPTER}/adapter_config.json"
    stored = json.load(open(path)) | {"base_model_name_or_path": None}
    stored["target_modules"] = sorted(stored["target_modules"])
    write_json(stored, path)


def load():
    base = CLIPModel.from_pretrained(MODEL, dtype=torch.float32, attn_implementation="eager")
    return PeftModel.from_pretrained(base, ADAPTER, is_trainable=True)


TOKENIZER = lambda: CLIPTokenizer.from_pretrained(MODEL)


def pairs(rows):
    """Pictures and captions of rows as the model takes them."""
    caption = lambda r: r.get("caption") or r.get("text") or r["conversations"][-1]["value"]
    processor = AutoImageProcessor.from_pretrained(MODEL, backend="pil")
    pictures = [Image.open(f"{PICTURES}/{r['image']}").convert("RGB") for r in rows]
    pixels = processor(pictures, return_tensors="pt")["pixel_values"]
    texts = TOKENIZER()([caption(r) for r in rows], padding=True, return_tensors="pt")
    return dict(pixel_values=pixels, input_ids=texts["input_ids"], attention_mask=texts["attention_mask"])


def train(learns_temperature):
    rows, model = json.load(open(f"{DATA}/train.json")), load()
    model.base_model.model.logit_scale.requires_grad_(learns_temperature)
    optimizer = torch.optim.AdamW([q for q in model.parameters() if q.requires_grad], lr=RATE, eps=1e-8, weight_decay=0.0)
    losses = []
    for step in range(STEPS):
        start = step % math.ceil(len(rows) / BATCH) * BATCH
        batch = rows[start : start + BATCH]
        loss = model(**pairs(batch), return_loss=True).loss
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses


def places(similarities, answers):
    """For each row of similarities, how many keys come before the best answer."""
    return [
        min(int((row > row[a]).sum()) for a in own) for row, own in zip(similarities, answers)]


def evaluate(model):
    rows = json.load(open(f"{DATA}/val.json"))
    with torch.no_grad():
        inputs = pairs(rows)
        outputs = model(**inputs, return_loss=True)
    pictures = list(dict.fromkeys(r["image"] for r in rows))
    texts = list(dict.fromkeys(r["conversations"][-1]["value"] for r in rows))
    first = lambda values, key: [next(i for i, r in enumerate(rows) if key(r) == v) for v in values]
    p = outputs.image_embeds[first(pictures, lambda r: r["image"])]
    t = outputs.text_embeds[first(texts, lambda r: r["conversations"][-1]["value"])]
    own = lambda of, to, f, g: [[to.index(g(r)) for r in rows if f(r) == v] for v in of]
    image, text = (lambda r: r["image"]), (lambda r: r["conversations"][-1]["value"])
    return dict(
        loss=outputs.loss.item(), rows=len(rows), pictures=len(pictures), texts=len(texts),
        picture_to_text=places(p @ t.T, own(pictures, texts, image, text)),
        text_to_picture=places(t @ p.T, own(texts, pictures, text, image)))


def classify(model):
    rows = json.load(open(f"{DATA}/labelled.json"))
    base = model.base_model.model
    with torch.no_grad():
        directions = []
        for name in CLASSES:
            texts = TOKENIZER()([q.format(name) for q in PROMPTS], padding=True, return_tensors="pt")
            found = base.get_text_features(**texts).pooler_output
            mean = (found / found.norm(dim=-1, keepdim=True)).mean(0)
            directions.append(mean / mean.norm())
        inputs = pairs([{**r, "caption": "a"} for r in rows])
        found = base.get_image_features(pixel_values=inputs["pixel_values"]).pooler_output
    similarities = found / found.norm(dim=-1, keepdim=True) @ torch.stack(directions).T
    return places(similarities, [[CLASSES.index(r["label"])] for r in rows])


for folder in (MODEL, ADAPTER, DATA):
    shutil.rmtree(folder, ignore_errors=True)
write_data()
write_model()
write_adapter()
expected = dict(
    training=dict(steps=STEPS, batch=BATCH, learning_rate=RATE, losses=train(False), learned_losses=train(True)),
    validation=evaluate(load()), zero_shot=classify(load()))
write_json(expected, f"{HERE}/expected.json")
print(json.dumps(expected))
