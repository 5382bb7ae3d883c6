#!/usr/bin/env python3
"""Writes the LLaVA goldens: small random checkpoints, PEFT adapters, and what transformers + PEFT compute with them.

    pip install torch transformers peft safetensors numpy
    python generate.py [OUT] [--case NAME ...] [--check]

OUT defaults to this folder; --check writes to a temporary folder, compares with what is stored and fails where a tensor is more
than 1e-4 away. For each case:

    config.json, model.safetensors (or shards with an index)   the checkpoint, in the case's key and config dialect
    adapter/            a PEFT folder, lora_B not zero, saved modules and biases moved off the base's: the starting point
    golden.safetensors  F32/I64: input_ids.N, labels.N (-100: not supervised; not shifted), pixel_values.N (rows with
                        pictures), logits.N (row N alone, no padding), grad.<key>, final.<key> (after the steps)
    golden.json         loss, losses of the steps, distances to bf16 and fp64 (in which transformers still computes RMSNorm,
                        softmax and rotary tables in fp32), facts

Step loss = sum of token losses over all rows / supervised tokens over all rows. AdamW 0.9, 0.999, 1e-8, no weight decay,
constant rate, no clipping, every step over all the rows. Keys are those of adapter_model.safetensors.

Two lists in golden.json say what not to compare: `no_gradient` (PEFT trains it, but nothing of it reaches the loss: grad
is None in torch, there is no grad.<key>, and the value does not move), `rounding_only` (the gradient is zero in exact
arithmetic, for example a CLIP k_proj.bias: grad.<key> is rounding noise, final.<key> is noise made large by Adam).
"""

import argparse, copy, json, os, shutil, sys, tempfile

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
import peft, torch, transformers
from peft import PeftModel, get_peft_model
from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import LlavaConfig, LlavaForConditionalGeneration

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cases import CASES

STEPS = 12
DRAWS = 24
DTYPES = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
torch.set_num_threads(1)


# --- the checkpoint ---------------------------------------------------------------------------------------------------


def random_weight(name, shape, rng, scale):
    """Random values large enough that attention, norms, biases and positions all show in the logits."""
    if "layernorm" in name or "layer_norm" in name or "layrnorm" in name or name.endswith(".norm.weight"):
        values = rng.normal(0, 0.2, shape) + (1 if name.endswith("weight") else 0)
    elif name.endswith("bias") or "class_embedding" in name or "position_embedding" in name:
        values = rng.normal(0, 0.3, shape)
    elif "embed_tokens" in name:
        values = rng.normal(0, scale, shape)
    else:
        values = rng.normal(0, 1.2 / np.sqrt(np.prod(shape[1:])), shape)
    return torch.from_numpy(values.astype(np.float32))


def stored_key(name, dialect):
    """The name of a transformers 5 parameter in a checkpoint of that dialect."""
    if dialect == "module":  # as transformers 5 names its modules
        return name
    if dialect in ("nested-vision", "old"):
        name = name.replace("model.vision_tower.", "model.vision_tower.vision_model.")
    if dialect == "nested-vision":  # transformers 4.52 and later: new outer names, old inner ones
        return name
    assert dialect in (
        "old",
        "saved",
    )  # as llava-hf uploaded them; as transformers 5 saves: old outer names, new inner ones
    name = name.replace("model.language_model.", "language_model.model.").replace("lm_head.", "language_model.lm_head.")
    return name.removeprefix("model.")


def write_checkpoint(case, folder, seed):
    json.dump(case["config"], open(f"{folder}/config.json", "w"), indent=1)
    config = LlavaConfig.from_pretrained(folder)
    model = LlavaForConditionalGeneration(config)
    rng = np.random.default_rng(seed)
    tied = config.tie_word_embeddings
    state = {}
    for name, value in model.named_parameters():
        if tied and name == "lm_head.weight":
            continue
        weight = random_weight(name, tuple(value.shape), rng, case.get("embedding_scale", 0.5))
        state[stored_key(name, case["keys"])] = weight.to(DTYPES[case["dtype"]]).contiguous()
    if case.get("position_ids"):  # a buffer that old checkpoints carry; loaders must not trip over it
        positions = model.model.vision_tower.embeddings.num_positions
        state["vision_tower.vision_model.embeddings.position_ids"] = torch.arange(positions).expand(1, -1).contiguous()
    shards = case.get("shards", 1)
    if shards == 1:
        return save_file(state, f"{folder}/model.safetensors", metadata={"format": "pt"})
    names, weight_map = list(state), {}
    for i in range(shards):  # striped, so that neighbours lie in different files
        file = f"model-{i + 1:05}-of-{shards:05}.safetensors"
        part = {n: state[n] for n in names[i::shards]}
        save_file(part, f"{folder}/{file}", metadata={"format": "pt"})
        weight_map.update(dict.fromkeys(part, file))
    size = sum(v.numel() * v.element_size() for v in state.values())
    index = dict(metadata=dict(total_size=size), weight_map=dict(sorted(weight_map.items())))
    json.dump(index, open(f"{folder}/model.safetensors.index.json", "w"), indent=1)


def load_base(folder, dtype, config=None):
    model, info = LlavaForConditionalGeneration.from_pretrained(
        folder, config=config, dtype=dtype, attn_implementation="eager", output_loading_info=True
    )
    problems = {k: v for k, v in info.items() if v and k != "unexpected_keys"}
    unexpected = [k for k in info["unexpected_keys"] if "position_ids" not in k]
    assert not problems and not unexpected, (folder, info)
    return model


# --- the adapter ------------------------------------------------------------------------------------------------------


def saved_key(name):
    name = name.replace(".modules_to_save.default.", ".").replace(".default", "")
    return name.replace(".lora_magnitude_vector.weight", ".lora_magnitude_vector")


def trainable(model):
    return {saved_key(n): q for n, q in model.named_parameters() if q.requires_grad}


def peft_configuration(case):
    settings = dict(case["adapter"])
    return PEFT_TYPE_TO_CONFIG_MAPPING[settings.pop("peft_type", "LORA")](**settings)


def write_adapter(case, folder, seed):
    torch.manual_seed(seed)
    model = get_peft_model(load_base(folder, torch.float32), peft_configuration(case))
    generator = torch.Generator().manual_seed(seed + 1)
    noise = lambda q: torch.randn(q.shape, generator=generator)
    with torch.no_grad():
        for name, q in trainable(model).items():
            if ".lora_B." in name or not q.any():  # what would have no effect
                q.copy_(0.2 * noise(q))
            elif ".lora_A." not in name:
                q.add_(0.05 * noise(q))
    model.save_pretrained(f"{folder}/adapter")
    path = f"{folder}/adapter/adapter_config.json"
    written = json.load(open(path))
    written["base_model_name_or_path"] = None  # a temporary folder
    sets = ("target_modules", "exclude_modules")  # saved in hash order
    json.dump(
        {k: sorted(v) if k in sets and isinstance(v, list) else v for k, v in written.items()},
        open(path, "w"),
        indent=2,
        sort_keys=True,
    )
    os.remove(f"{folder}/adapter/README.md")
    with safe_open(f"{folder}/adapter/adapter_model.safetensors", "pt") as f:
        copies = {"base_model.model.lm_head.weight"} if case["adapter"].get("ensure_weight_tying") else set()
        assert set(f.keys()) == set(trainable(model)) | copies, set(f.keys()) ^ set(trainable(model))


def load_peft(folder, dtype, config=None):
    model = PeftModel.from_pretrained(load_base(folder, dtype, config), f"{folder}/adapter", is_trainable=True)
    stored = load_file(f"{folder}/adapter/adapter_model.safetensors")
    for name, q in trainable(model).items():
        assert torch.equal(q.detach(), stored[name].to(q.dtype)), name
    return model


# --- rows, steps ------------------------------------------------------------------------------------------------------


def make_rows(case, folder, seed):
    """(pictures, prompt tokens, answer tokens) for each row. Two answers where there is room, split unevenly."""
    config = LlavaConfig.from_pretrained(folder)
    rng, v = np.random.default_rng(seed), config.vision_config
    tokens = (v.image_size // v.patch_size) ** 2 + (config.vision_feature_select_strategy == "full")
    words = [i for i in range(3, config.text_config.vocab_size) if i != config.image_token_id]
    rows = []
    for pictures, prompt, answer in case["rows"]:
        text = rng.choice(words, prompt + answer).tolist()
        ids, labels = [1], [-100]
        for k in range(prompt):
            if k < pictures:
                ids += [config.image_token_id] * tokens
                labels += [-100] * tokens
            ids.append(text[k])
            labels.append(-100)
        first = answer // 2
        for k in range(answer):
            ids.append(text[prompt + k])
            labels.append(-100 if k == first and answer > 3 else text[prompt + k])  # a gap, as between two turns
        row = dict(input_ids=torch.tensor([ids]), labels=torch.tensor([labels]))
        if pictures:
            pixels = rng.normal(0, 1, (pictures, 3, v.image_size, v.image_size)).astype(np.float32)
            row["pixel_values"] = torch.from_numpy(pixels)
        rows.append(row)
    return rows


def forward(model, row):
    dtype = next(model.parameters()).dtype
    pixels = row["pixel_values"].to(dtype) if "pixel_values" in row else None
    return model(input_ids=row["input_ids"], pixel_values=pixels).logits


def row_loss(logits, labels):
    """The sum of token losses, in at least fp32, and how many tokens it is over."""
    logits = logits if logits.dtype == torch.float64 else logits.float()
    shifted = labels[:, 1:].reshape(-1)
    total = torch.nn.functional.cross_entropy(
        logits[:, :-1].reshape(-1, logits.shape[-1]), shifted, ignore_index=-100, reduction="sum"
    )
    return total, int((shifted != -100).sum())


def step(model, rows):
    outputs = [forward(model, row) for row in rows]
    sums, counts = zip(*[row_loss(o, row["labels"]) for o, row in zip(outputs, rows)])
    loss = sum(sums) / sum(counts)
    model.zero_grad(set_to_none=True)
    loss.backward()
    gradients = {n: q.grad.clone() for n, q in trainable(model).items() if q.grad is not None}
    return [o.detach() for o in outputs], loss.item(), [s.item() for s in sums], list(counts), gradients


def train(model, rows, lr):
    parameters = [q for q in model.parameters() if q.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    losses = []
    for _ in range(STEPS):
        losses.append(step(model, rows)[1])
        optimizer.step()
    return losses, {n: q.detach().clone() for n, q in trainable(model).items()}


# --- distances --------------------------------------------------------------------------------------------------------


def distance(a, b):
    """max|a-b| / max|a| and ||a-b|| / ||a||."""
    a, b = a.double(), b.double()
    return float((a - b).abs().max() / a.abs().max()), float((a - b).norm() / a.norm())


def spread(reference, other, skip=()):
    """The same over named tensors: the worst of each, which one, and the ratio over all of them taken as one vector."""
    pairs = {n: distance(reference[n], other[n]) for n in reference if n not in skip}
    worst = max(pairs, key=lambda n: pairs[n][0])
    flat = lambda t: torch.cat([t[n].double().flatten() for n in pairs])
    return dict(
        max=pairs[worst][0],
        max_key=worst,
        norm=max(p[1] for p in pairs.values()),
        norm_overall=distance(flat(reference), flat(other))[1],
    )


def distances(reference, other, skip):
    logits = [distance(a, b) for a, b in zip(reference[0], other[0])]
    return dict(
        logits=dict(max=max(l[0] for l in logits), norm=max(l[1] for l in logits)),
        loss=abs(reference[1] - other[1]) / abs(reference[1]),
        gradients=spread(reference[4], other[4], skip),
    )


def bf16_draws(folder, rows, skip):
    """The distances of bf16 from fp32 over adapters that differ by 2%: each is another draw of the roundings.

    One draw alone is luck: the same case, hardly changed, is three times nearer or farther.
    """
    found = []
    for seed in range(DRAWS):
        random = torch.Generator().manual_seed(seed)
        models = [load_peft(folder, dtype) for dtype in (torch.float32, torch.bfloat16)]
        with torch.no_grad():
            for a, b in zip(trainable(models[0]).values(), trainable(models[1]).values()):
                a.mul_(1 + 0.02 * torch.randn(a.shape, generator=random))
                b.copy_(a)
        found.append(distances(step(models[0], rows), step(models[1], rows), skip))
    return dict(
        count=DRAWS,
        logits=max(d["logits"]["norm"] for d in found),
        loss=max(d["loss"] for d in found),
        gradients=max(d["gradients"]["norm_overall"] for d in found),
    )


def sensitivity(case, folder, rows, logits):
    """How far the logits move when one feature of the case is taken away; too little means that the case tests nothing."""
    moved = {}
    for path, value in case.get("matters", []):
        config = LlavaConfig.from_pretrained(folder)
        *parents, last = path.split(".")
        owner = config
        for p in parents:
            owner = owner[p] if isinstance(owner, dict) else getattr(owner, p)
        owner.__setitem__(last, value) if isinstance(owner, dict) else setattr(owner, last, value)
        with torch.no_grad():
            model = load_peft(folder, torch.float32, config)
            far = max(distance(l, forward(model, r))[0] for l, r in zip(logits, rows))
        assert far > 2e-3, (path, value, far)
        moved[f"{path}={value}"] = float(f"{far:.2g}")
    return moved


def rounded(value):
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return float(f"{value:.3g}") if isinstance(value, float) else value


# --- a case -----------------------------------------------------------------------------------------------------------


def write_case(name, case, folder, seed):
    os.makedirs(folder)
    write_checkpoint(case, folder, seed)
    write_golden(name, case, folder, seed)


def write_golden(name, case, folder, seed):
    """What the checkpoint in a folder computes with a case's adapter."""
    write_adapter(case, folder, seed + 1)
    rows = make_rows(case, folder, seed + 2)

    model = load_peft(folder, torch.float32)
    count, total = model.get_nb_trainable_parameters()
    fp32 = logits, loss, sums, counts, gradients = step(model, rows)
    exact = step(load_peft(folder, torch.float32).double(), rows)
    no_gradient = sorted(set(trainable(model)) - set(gradients))
    largest = max(float(g.abs().max()) for g in exact[4].values())
    rounding_only = sorted(n for n, g in exact[4].items() if float(g.abs().max()) < 1e-6 * largest)
    skip = set(rounding_only)
    half = load_peft(folder, torch.bfloat16)
    to_bf16 = distances(fp32, step(half, rows), skip)
    to_bf16["trainable_dtypes"] = sorted(
        {
            f"{'lora' if '.lora_' in n else 'saved modules and biases'}: {str(q.dtype).removeprefix('torch.')}"
            for n, q in trainable(half).items()
        }
    )

    to_bf16["largest_of_draws"] = bf16_draws(folder, rows, skip)

    losses, final = train(load_peft(folder, torch.float32), rows, case["lr"])
    exact_losses, exact_final = train(load_peft(folder, torch.float32).double(), rows, case["lr"])
    to_fp64 = distances(exact, fp32, skip)
    to_fp64["losses"] = max(abs(a - b) / abs(a) for a, b in zip(exact_losses, losses))
    to_fp64["final"] = spread(exact_final, final, skip)

    assert to_fp64["gradients"]["max"] < 2e-5 and to_bf16["gradients"]["max"] < 0.2, (
        "ill-conditioned: take another seed",
        to_bf16,
    )

    tensors = {}
    for i, row in enumerate(rows):
        tensors |= {f"{k}.{i}": v if k == "pixel_values" else v[0] for k, v in row.items()} | {
            f"logits.{i}": logits[i][0]
        }
    tensors |= {f"grad.{n}": g for n, g in gradients.items()}
    if case.get("final", True):
        tensors |= {f"final.{n}": q for n, q in final.items() if n not in no_gradient}
    save_file({k: v.contiguous() for k, v in tensors.items()}, f"{folder}/golden.safetensors")
    facts = dict(
        case=name,
        versions=dict(torch=torch.__version__, transformers=transformers.__version__, peft=peft.__version__),
        rows=len(rows),
        supervised_tokens=counts,
        row_losses=[s / c for s, c in zip(sums, counts)],
        loss=loss,
        lr=case["lr"],
        steps=STEPS,
        losses=losses,
        trainable_parameters=count,
        all_parameters=total,
        trainable_tensors=len(trainable(model)),
        no_gradient=no_gradient,
        rounding_only=rounding_only,
        bf16_distance=rounded(to_bf16),
        fp64_distance=rounded(to_fp64),
        sensitivity=sensitivity(case, folder, rows, logits),
    )
    json.dump(facts, open(f"{folder}/golden.json", "w"), indent=1)


def compare(stored, fresh):
    a, b = load_file(f"{stored}/golden.safetensors"), load_file(f"{fresh}/golden.safetensors")
    assert a.keys() == b.keys(), set(a) ^ set(b)
    skip = {p + n for n in json.load(open(f"{stored}/golden.json"))["rounding_only"] for p in ("grad.", "final.")}
    return max(distance(a[n], b[n])[0] for n in a if n not in skip)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?", default=os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--case", action="append")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    apart = 0.0
    for number, (name, case) in enumerate(CASES.items()):
        if options.case and name not in options.case:
            continue
        target = f"{options.out}/{name}"
        with tempfile.TemporaryDirectory() as scratch:
            write_case(name, copy.deepcopy(case), f"{scratch}/{name}", case.get("seed", 1000 * (number + 1)))
            if options.check:
                here = compare(target, f"{scratch}/{name}")
                apart = max(apart, here)
                print(f"{name}: largest relative difference from the stored golden {here:.2g}")
                continue
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(f"{scratch}/{name}", target)
        size = sum(os.path.getsize(os.path.join(d, f)) for d, _, files in os.walk(target) for f in files)
        facts = json.load(open(f"{target}/golden.json"))
        print(
            f"{name}: {size / 1000:.0f} kB, {facts['trainable_parameters']} trainable, loss {facts['loss']:.4f} -> {facts['losses'][-1]:.4f}"
        )
    return int(apart > 1e-4)


if __name__ == "__main__":
    sys.exit(main())
