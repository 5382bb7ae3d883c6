#!/usr/bin/env python3
"""Writes a complete small LLaVA folder with data and an adapter, and what transformers + PEFT make of them.

    pip install torch transformers peft tokenizers safetensors pillow
    python generate.py            writes everything anew (deterministic for given package versions and processor)
    python generate.py --check    computes expected.json from the stored folder, and compares

    model/          config.json, model.safetensors (bf16), tokenizer and processor files, a chatml chat template. The model
                    is trained for a moment on the data, so that its answers are partly right.
    adapter/        a PEFT adapter on all of the decoder's linear layers, lora_B not zero, the projector saved whole
    data/           train.json, val.json, pictures/
    expected.json   per template and file: each row's token ids, and the half-open ranges of those that are supervised;
                    losses of AdamW steps from the adapter; losses and exact matches of val.json by base, adapter and
                    trained adapter. fp32, template chatml. Rows in file order (batch divides them); loss = sum of token
                    losses / supervised tokens of the step; AdamW 0.9, 0.999, 1e-8, no decay, constant rate, no clipping.
"""

import argparse, json, os, shutil, sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
import peft, tokenizers, torch, transformers
from peft import LoraConfig, PeftModel, get_peft_model
from PIL import Image
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import AutoImageProcessor, AutoTokenizer, CLIPImageProcessor, LlavaConfig, LlavaForConditionalGeneration

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import dataset

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
torch.set_num_threads(1)

MODEL, ADAPTER, DATA = f"{HERE}/model", f"{HERE}/adapter", f"{HERE}/data"
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<image>"]
END, IMAGE = SPECIAL[0], SPECIAL[3]
VOCABULARY = 384
STEPS, BATCH, RATE = 6, 3, 1e-3
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


# --- the folder -------------------------------------------------------------------------------------------------------


def write_json(value, path):
    with open(path, "w") as file:
        json.dump(value, file, indent=1, ensure_ascii=False)
        file.write("\n")


def write_data():
    os.makedirs(f"{DATA}/pictures")
    dataset.draw(f"{DATA}/pictures")
    write_json(dataset.TRAIN, f"{DATA}/train.json")
    write_json(dataset.VALIDATION, f"{DATA}/val.json")


def write_tokenizer():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=1,
        show_progress=False,
    )
    tokenizer.train_from_iterator(dataset.texts(), trainer)
    assert tokenizer.get_vocab_size() == VOCABULARY, tokenizer.get_vocab_size()
    tokenizer.save(f"{MODEL}/tokenizer.json", pretty=False)
    settings = dict(
        tokenizer_class="PreTrainedTokenizerFast", eos_token=END, pad_token=END, clean_up_tokenization_spaces=False
    )
    write_json(settings, f"{MODEL}/tokenizer_config.json")
    with open(f"{MODEL}/chat_template.jinja", "w") as file:
        file.write(CHAT_TEMPLATE)


def write_processor():
    CLIPImageProcessor(size={"shortest_edge": 24}, crop_size={"height": 24, "width": 24}).save_pretrained(MODEL)
    path = f"{MODEL}/preprocessor_config.json"
    stored = json.load(open(path))
    write_json({k: stored[k] for k in sorted(stored) if stored[k] is not None}, path)


def write_configuration():
    text = dict(
        model_type="llama",
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        hidden_act="silu",
        rms_norm_eps=1e-5,
        max_position_embeddings=256,
        rope_parameters=dict(rope_type="default", rope_theta=10000.0),
        tie_word_embeddings=False,
        eos_token_id=0,
        pad_token_id=0,
    )
    vision = dict(
        model_type="clip_vision_model",
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        image_size=24,
        patch_size=6,
        hidden_act="quick_gelu",
        layer_norm_eps=1e-5,
    )
    settings = dict(
        architectures=["LlavaForConditionalGeneration"],
        model_type="llava",
        dtype="bfloat16",
        image_token_id=SPECIAL.index(IMAGE),
        image_seq_length=16,
        projector_hidden_act="gelu",
        vision_feature_layer=-2,
        vision_feature_select_strategy="default",
        multimodal_projector_bias=True,
        tie_word_embeddings=False,
        text_config=text,
        vision_config=vision,
    )
    write_json(settings, f"{MODEL}/config.json")


def write_weights():
    """Trains the whole model on the data for a moment, and rounds it to bf16."""
    torch.manual_seed(7)
    model = LlavaForConditionalGeneration(LlavaConfig.from_pretrained(MODEL))
    with torch.no_grad():  # the usual start is so small that layers and pictures would hardly matter for a long time
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, parameter[0].numel() ** -0.5)
    rows = encoded("train", "chatml")
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(20):
        step(model, rows, optimizer)
    state = {name: value.detach().to(torch.bfloat16).contiguous() for name, value in model.named_parameters()}
    save_file(state, f"{MODEL}/model.safetensors", metadata={"format": "pt"})


def write_adapter():
    torch.manual_seed(8)
    config = LoraConfig(
        r=4,
        lora_alpha=8,
        target_modules=r".*language_model.*\.(q|k|v|o|gate|up|down)_proj",
        modules_to_save=["multi_modal_projector"],
    )
    model = get_peft_model(base(), config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if ".lora_B." in name:
                parameter.copy_(0.02 * torch.randn(parameter.shape))
    model.save_pretrained(ADAPTER)
    os.remove(f"{ADAPTER}/README.md")
    path = f"{ADAPTER}/adapter_config.json"
    stored = json.load(open(path))
    stored["base_model_name_or_path"] = None  # a path of the machine that wrote it
    write_json(dict(sorted(stored.items())), path)


# --- rows -------------------------------------------------------------------------------------------------------------

TEMPLATES = {  # (before an answer, the answer, after it)
    "chatml": lambda q, a: (f"<|im_start|>user\n{q}<|im_end|>\n<|im_start|>assistant\n", f"{a}<|im_end|>", "\n"),
    "vicuna": lambda q, a: (f"USER: {q} ASSISTANT: ", f"{a}{END}", ""),
}
SYSTEM = {"chatml": lambda s: f"<|im_start|>system\n{s}<|im_end|>\n", "vicuna": lambda s: f"{s} "}


def render(entry, template):
    """A row's text, and the spans of its answers."""
    turns, text, spans = entry["conversations"], "", []
    if turns[0]["from"] == "system":
        text, turns = SYSTEM[template](turns[0]["value"]), turns[1:]
    for question, answer in zip(turns[::2], turns[1::2]):
        before, learned, after = TEMPLATES[template](question["value"].replace("<image>", IMAGE * 16), answer["value"])
        spans.append((len(text) + len(before), len(text) + len(before) + len(learned)))
        text += before + learned + after
    return text, spans


def check_chat_template(tokenizer, entry, text):
    roles = {"system": "system", "human": "user", "gpt": "assistant"}
    messages = [
        {"role": roles[t["from"]], "content": t["value"].replace("<image>", IMAGE * 16)} for t in entry["conversations"]
    ]
    assert tokenizer.apply_chat_template(messages, tokenize=False) == text, entry["id"]


def encoded(name, template):
    """The rows of a data file as the model takes them."""
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    processor = AutoImageProcessor.from_pretrained(MODEL, backend="pil")
    rows = []
    for entry in json.load(open(f"{DATA}/{name}.json")):
        text, spans = render(entry, template)
        if template == "chatml":
            check_chat_template(tokenizer, entry, text)
        found = tokenizer(text, return_offsets_mapping=True)
        ids, offsets = found["input_ids"], found["offset_mapping"]
        labels = [i if any(s < y and x < e for s, e in spans) else -100 for i, (x, y) in zip(ids, offsets)]
        names = entry.get("images") or [entry["image"]] if "image" in entry or "images" in entry else []
        pictures = [Image.open(f"{DATA}/pictures/{n}").convert("RGB") for n in names]
        pixels = processor(pictures, return_tensors="pt")["pixel_values"] if pictures else None
        rows.append(dict(ids=ids, labels=labels, pixels=pixels))
    return rows


def ranges(labels):
    """Half-open ranges of the positions that are supervised."""
    found, start = [], None
    for position, label in enumerate(labels + [-100]):
        if label != -100 and start is None:
            start = position
        elif label == -100 and start is not None:
            found.append([start, position])
            start = None
    return found


# --- what the reference makes of them ---------------------------------------------------------------------------------


def base():
    return LlavaForConditionalGeneration.from_pretrained(MODEL, dtype=torch.float32, attn_implementation="eager")


def adapted():
    return PeftModel.from_pretrained(base(), ADAPTER, is_trainable=True)


def score(model, row):
    """Sum of token losses, supervised tokens, whether each of them is the likeliest, and by how much at least."""
    logits = model(input_ids=torch.tensor([row["ids"]]), pixel_values=row["pixels"]).logits[0, :-1]
    labels = torch.tensor(row["labels"][1:])
    kept = labels != -100
    logits, labels = logits[kept], labels[kept]
    loss = torch.nn.functional.cross_entropy(logits, labels, reduction="sum")
    top = logits.detach().topk(2).values
    return loss, len(labels), bool((logits.argmax(-1) == labels).all()), float((top[:, 0] - top[:, 1]).min())


def step(model, rows, optimizer):
    scores = [score(model, row) for row in rows]
    count = sum(s[1] for s in scores)
    loss = sum(s[0] for s in scores) / count
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss.item(), count


def train(model, rows):
    model.train()
    trainable = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trainable, lr=RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    return [step(model, [rows[(t * BATCH + i) % len(rows)] for i in range(BATCH)], optimizer) for t in range(STEPS)]


def evaluate(model, rows):
    model.eval()
    with torch.no_grad():
        scores = [score(model, row) for row in rows]
    assert min(s[3] for s in scores) > 1e-3, "two tokens are as good as equally likely: take another seed"
    count = sum(s[1] for s in scores)
    return dict(
        loss=float(sum(s[0] for s in scores)) / count,
        supervised_tokens=count,
        rows=len(rows),
        exact=sum(s[2] for s in scores),
    )


def expected():
    tokens = {
        template: {
            name: [dict(ids=r["ids"], supervised=ranges(r["labels"])) for r in encoded(name, template)]
            for name in ("train", "val")
        }
        for template in TEMPLATES
    }
    training, validation = encoded("train", "chatml"), encoded("val", "chatml")
    model = adapted()
    trainable, parameters = model.get_nb_trainable_parameters()
    before = evaluate(model, validation)
    blank = [dict(row, pixels=None if row["pixels"] is None else 0 * row["pixels"]) for row in validation]
    assert abs(evaluate(model, blank)["loss"] / before["loss"] - 1) > 1e-2, "pictures do not matter"
    steps = train(model, training)
    return dict(
        versions={p.__name__: p.__version__ for p in (torch, transformers, peft, tokenizers)},
        trainable_parameters=trainable,
        all_parameters=parameters,
        training=dict(
            steps=STEPS,
            batch=BATCH,
            learning_rate=RATE,
            losses=[s[0] for s in steps],
            supervised_tokens=[s[1] for s in steps],
        ),
        validation=dict(base=evaluate(base(), validation), adapter=before, trained=evaluate(model, validation)),
        tokens=tokens,
    )


def compact(value):
    """JSON with one row of tokens a line."""
    lines = [f' "{key}": {json.dumps(value[key])}' for key in value if key != "tokens"]
    files = [
        f'  "{template}": {{\n'
        + ",\n".join(
            f'   "{name}": [\n' + ",\n".join(f"    {json.dumps(row, separators=(',', ':'))}" for row in rows) + "\n   ]"
            for name, rows in names.items()
        )
        + "\n  }"
        for template, names in value["tokens"].items()
    ]
    return "{\n" + ",\n".join(lines) + ',\n "tokens": {\n' + ",\n".join(files) + "\n }\n}\n"


def compare(stored, fresh):
    """The largest relative distance of a loss; anything else that differs is an error."""
    assert stored["tokens"] == fresh["tokens"] and stored["trainable_parameters"] == fresh["trainable_parameters"]
    pairs = list(zip(stored["training"]["losses"], fresh["training"]["losses"]))
    for name, found in fresh["validation"].items():
        assert found["exact"] == stored["validation"][name]["exact"], name
        pairs.append((stored["validation"][name]["loss"], found["loss"]))
    return max(abs(a - b) / a for a, b in pairs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        apart = compare(json.load(open(f"{HERE}/expected.json")), expected())
        print(f"largest relative difference of a loss: {apart:.2g}")
        return int(apart > 1e-5)
    for folder in (MODEL, ADAPTER, DATA):
        shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(MODEL)
    write_data()
    write_tokenizer()
    write_processor()
    write_configuration()
    write_weights()
    write_adapter()
    facts = expected()
    with open(f"{HERE}/expected.json", "w") as file:
        file.write(compact(facts))
    print({k: facts[k] for k in facts if k != "tokens"})
    return 0


if __name__ == "__main__":
    sys.exit(main())
