#!/usr/bin/env python3
"""Writes the CLIP goldens: small random checkpoints, PEFT adapters, and what transformers + PEFT compute with them.

    pip install torch transformers peft safetensors numpy
    python generate.py [OUT] [--case NAME ...]

OUT defaults to this folder. For each case of cases.py:

    config.json, model.safetensors     the checkpoint, in the case's dialect
    adapter/            a PEFT folder, lora_B not zero, saved modules and biases moved off the base's: the starting point
    golden.safetensors  F32/I64: input_ids.N, pixel_values.N (row N), text_embeds, image_embeds (of length 1),
                        logits_per_image; grad.<key> of every trained tensor and of base_model.model.logit_scale;
                        final.<key> after STEPS AdamW steps with a fixed temperature; learned.<key> after as many with a
                        temperature that trains too, kept at ln 100 or below
    golden.json         loss and its two directions, the losses of both runs, the learning rate, facts

AdamW 0.9, 0.999, 1e-8, no weight decay, constant rate, no clipping, every step over all the rows at once. `no_gradient`
are keys that PEFT trains but no gradient reaches; `rounding_only` those whose gradient is zero in exact arithmetic.

Each case also checks that PEFT itself takes up a temperature in the adapter's file: PeftModel.from_pretrained of a folder
with base_model.model.logit_scale beside the factors gives the logits of that temperature.

tokenizer/ holds the vocab.json and merges.txt of a CLIP tokenizer and, in golden.json, what transformers makes of texts.
"""

import argparse, json, math, os, shutil, sys, tempfile

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
import torch, transformers
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from cases import CASES

STEPS = 12
TEMPERATURE = "base_model.model.logit_scale"
DTYPES = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
torch.set_num_threads(1)


# --- the checkpoint ---------------------------------------------------------------------------------------------------


def random_weight(name, shape, rng):
    """Random values large enough that attention, norms, biases and positions all show in the logits."""
    if "layernorm" in name or "layer_norm" in name or "layrnorm" in name:
        values = rng.normal(0, 0.2, shape) + (1 if name.endswith("weight") else 0)
    elif name.endswith("bias") or "class_embedding" in name or "position_embedding" in name:
        values = rng.normal(0, 0.3, shape)
    elif "token_embedding" in name:
        values = rng.normal(0, 0.5, shape)
    else:
        values = rng.normal(0, 1.2 / np.sqrt(np.prod(shape[1:])), shape)
    return torch.from_numpy(np.asarray(values, np.float32))


def write_checkpoint(case, folder, seed):
    json.dump(case["config"], open(f"{folder}/config.json", "w"), indent=1)
    model = CLIPModel(CLIPConfig.from_pretrained(folder))
    rng = np.random.default_rng(seed)
    state = {}
    for name, value in model.named_parameters():
        weight = torch.tensor(case["logit_scale"]) if name == "logit_scale" else random_weight(name, tuple(value.shape), rng)
        state[name] = weight.to(DTYPES[case["dtype"]]).contiguous()
    if case.get("position_ids"):  # buffers that old checkpoints carry; loaders must not trip over them
        for tower in ("text_model", "vision_model"):
            count = getattr(model, tower).embeddings.position_embedding.weight.shape[0]
            state[f"{tower}.embeddings.position_ids"] = torch.arange(count).expand(1, -1).contiguous()
    save_file(state, f"{folder}/model.safetensors", metadata={"format": "pt"})


def load_base(folder):
    model, info = CLIPModel.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    problems = {k: v for k, v in info.items() if v and k != "unexpected_keys"}
    assert not problems and not [k for k in info["unexpected_keys"] if "position_ids" not in k], info
    return model


# --- the adapter ------------------------------------------------------------------------------------------------------


def saved_key(name):
    return name.replace(".modules_to_save.default.", ".").replace(".default", "")


def trainable(model):
    return {saved_key(n): q for n, q in model.named_parameters() if q.requires_grad}


def write_adapter(case, folder, seed):
    torch.manual_seed(seed)
    model = get_peft_model(load_base(folder), LoraConfig(**case["adapter"]))
    generator = torch.Generator().manual_seed(seed + 1)
    noise = lambda q: torch.randn(q.shape, generator=generator)
    with torch.no_grad():
        for name, q in trainable(model).items():
            if ".lora_B." in name:
                q.copy_(0.2 * noise(q))
            elif ".lora_A." not in name:
                q.add_(0.05 * noise(q))
    model.save_pretrained(f"{folder}/adapter")
    path = f"{folder}/adapter/adapter_config.json"
    written = json.load(open(path))
    written["base_model_name_or_path"] = None  # a temporary folder
    sets = ("target_modules", "exclude_modules")  # saved in hash order
    ordered = {k: sorted(v) if k in sets and isinstance(v, list) else v for k, v in written.items()}
    json.dump(ordered, open(path, "w"), indent=2, sort_keys=True)
    os.remove(f"{folder}/adapter/README.md")


def load_peft(folder, adapter="adapter"):
    return PeftModel.from_pretrained(load_base(folder), f"{folder}/{adapter}", is_trainable=True)


def check_temperature_loads(folder, rows):
    """PEFT takes a temperature in the adapter's file up as it does biases."""
    state = load_file(f"{folder}/adapter/adapter_model.safetensors")
    with tempfile.TemporaryDirectory() as other:
        shutil.copy(f"{folder}/adapter/adapter_config.json", other)
        save_file({**state, TEMPERATURE: torch.tensor(1.25)}, f"{other}/adapter_model.safetensors", metadata={"format": "pt"})
        changed = PeftModel.from_pretrained(load_base(folder), other)
    plain = load_peft(folder)
    assert changed.base_model.model.logit_scale.item() == 1.25
    ratio = math.exp(1.25) / plain.base_model.model.logit_scale.exp().item()
    with torch.no_grad():
        a, b = forward(changed, rows).logits_per_image, forward(plain, rows).logits_per_image
    assert torch.allclose(a, b * ratio, rtol=1e-4), (a, b * ratio)
    merged = changed.merge_and_unload()
    assert merged.logit_scale.item() == 1.25


# --- rows, steps ------------------------------------------------------------------------------------------------------


def make_rows(case, config, seed):
    """Texts that begin and end as the case says, and a picture for each."""
    rng, size = np.random.default_rng(seed), config.vision_config.image_size
    special = {case["begin"], case["end"]}
    words = [i for i in range(3, min(case["begin"], case["end"], 58)) if i not in special]
    rows = []
    for index, length in enumerate(case["lengths"]):
        middle = rng.choice(words, length - 2).tolist()
        if case["inner_end"] and index % 2 and length > 4:
            middle[length // 2] = case["end"]
            middle[-1] = 59  # larger than the end token
        ids = [case["begin"]] + middle + [case["end"]]
        pixels = rng.normal(0, 1, (1, 3, size, size)).astype(np.float32)
        rows.append(dict(input_ids=torch.tensor([ids]), pixel_values=torch.from_numpy(pixels)))
    return rows


def forward(model, rows):
    longest = max(r["input_ids"].shape[1] for r in rows)
    ids, mask = [], []
    for row in rows:
        missing = longest - row["input_ids"].shape[1]
        ids.append(torch.nn.functional.pad(row["input_ids"], (0, missing), value=1))
        mask.append(torch.nn.functional.pad(torch.ones_like(row["input_ids"]), (0, missing)))
    return model(
        input_ids=torch.cat(ids), attention_mask=torch.cat(mask), pixel_values=torch.cat([r["pixel_values"] for r in rows]),
        return_loss=True)


def directions(logits):
    labels = torch.arange(len(logits))
    return [torch.nn.functional.cross_entropy(l, labels).item() for l in (logits, logits.t())]


def temperature(model):
    return model.base_model.model.logit_scale


def gradients(model, rows):
    model.zero_grad(set_to_none=True)
    temperature(model).requires_grad_(True)
    outputs = forward(model, rows)
    outputs.loss.backward()
    found = {n: q.grad.clone() for n, q in trainable(model).items() if q.grad is not None}
    return outputs, found


def train(folder, rows, lr, learns_temperature):
    model = load_peft(folder)
    temperature(model).requires_grad_(learns_temperature)
    optimizer = torch.optim.AdamW(
        [q for q in model.parameters() if q.requires_grad], lr=lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad(set_to_none=True)
        loss = forward(model, rows).loss
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            temperature(model).clamp_(max=math.log(100))
    return losses, {n: q.detach().clone() for n, q in trainable(model).items()}


def write_case(name, case, folder, seed):
    os.makedirs(folder)
    write_checkpoint(case, folder, seed)
    write_adapter(case, folder, seed + 1)
    model = load_peft(folder)
    rows = make_rows(case, model.base_model.model.config, seed + 2)
    check_temperature_loads(folder, rows)
    count, total = model.get_nb_trainable_parameters()
    keys = sorted(trainable(model))
    outputs, found = gradients(model, rows)
    exact = gradients(load_peft(folder).double(), [
        {k: v.double() if v.is_floating_point() else v for k, v in r.items()} for r in rows])[1]
    largest = max(float(g.abs().max()) for g in exact.values())
    rounding_only = sorted(n for n, g in exact.items() if float(g.abs().max()) < 1e-6 * largest)
    losses, final = train(folder, rows, case["lr"], False)
    # A faster rate for the temperature's run reaches the bound where the case starts near it.
    learned_losses, learned = train(folder, rows, case["lr"], True)
    tensors = {f"{k}.{i}": v for i, r in enumerate(rows) for k, v in r.items()}
    tensors |= dict(
        text_embeds=outputs.text_embeds.detach(), image_embeds=outputs.image_embeds.detach(),
        logits_per_image=outputs.logits_per_image.detach())
    tensors |= {f"grad.{k}": v for k, v in found.items()}
    tensors |= {f"final.{k}": v for k, v in final.items()}
    tensors |= {f"learned.{k}": v for k, v in learned.items()}
    save_file({k: v.contiguous().clone() for k, v in tensors.items()}, f"{folder}/golden.safetensors")
    image, text = directions(outputs.logits_per_image.detach())
    facts = dict(
        rows=len(rows), loss=outputs.loss.item(), loss_image_to_text=image, loss_text_to_image=text, lr=case["lr"],
        losses=losses, learned_losses=learned_losses, trainable_parameters=count, all_parameters=total,
        no_gradient=sorted(set(keys) - set(found)), rounding_only=rounding_only,
        learned_logit_scale=learned[TEMPERATURE].item())
    json.dump(facts, open(f"{folder}/golden.json", "w"), indent=1)
    print(f"{name}: loss {facts['loss']:.4f} -> {losses[-1]:.4f}, temperature {case['logit_scale']} -> "
          f"{facts['learned_logit_scale']:.4f}, {count} of {total} train, rounding only {len(rounding_only)}")


# --- the tokenizer ----------------------------------------------------------------------------------------------------

TEXTS = [
    "a photo of a cat", "A Photo  of\ttwo DOGS!", "", "  ", "it's 12 o'clock, isn't it?", "naïve café — déjà vu", "日本語の写真",
    "emoji 🙂🙂 and ﬁ ligature", "x<|endoftext|>y", "<|startoftext|>again", "don't we'll they're I'm you'd I've", "a\u0301b",
    "1234567890", "under_score-and.dots", "\u00a0no\u2003break", "e\u0301e\u0301 \u0130stanbul",
]


def write_tokenizer(folder):
    """A tokenizer trained on a few words, in the two files that CLIP folders of old have."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    os.makedirs(folder)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trained = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    trained.normalizer = normalizers.Lowercase()
    trained.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    trained.train_from_iterator(
        ["a photo of a cat dog two dogs it's isn't we'll they're café déjà 日本"] * 3,
        trainers.BpeTrainer(vocab_size=700, end_of_word_suffix="</w>", show_progress=False, initial_alphabet=alphabet, min_frequency=1))
    model = json.loads(trained.to_str())["model"]
    symbols = sorted(alphabet) + [c + "</w>" for c in sorted(alphabet)]
    merges = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
    tokens = list(dict.fromkeys(symbols + ["".join(m.split(" ")) for m in merges])) + ["<|startoftext|>", "<|endoftext|>"]
    json.dump({t: i for i, t in enumerate(tokens)}, open(f"{folder}/vocab.json", "w"), ensure_ascii=False)
    open(f"{folder}/merges.txt", "w").write("#version: 0.2\n" + "\n".join(merges) + "\n")
    reference = CLIPTokenizer.from_pretrained(folder)
    samples = [dict(text=t, ids=reference(t)["input_ids"]) for t in TEXTS]
    json.dump(samples, open(f"{folder}/golden.json", "w"), ensure_ascii=False, indent=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?", default=HERE)
    parser.add_argument("--case", nargs="*", default=list(CASES))
    options = parser.parse_args()
    for index, name in enumerate(CASES):
        if name in options.case:
            shutil.rmtree(f"{options.out}/{name}", ignore_errors=True)
            write_case(name, CASES[name], f"{options.out}/{name}", 100 * index)
    shutil.rmtree(f"{options.out}/tokenizer", ignore_errors=True)
    write_tokenizer(f"{options.out}/tokenizer")


main()
