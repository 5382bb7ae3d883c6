#!/usr/bin/env python3
"""Trains the same rows from the same start with lorad and with torch + PEFT: loss curves, seconds a step, peak memory.

    pip install torch transformers peft safetensors pillow matplotlib
    python compare_real.py --lorad PATH/TO/lorad --base DIR --data DIR --output DIR [--steps 100] [--batch 8]
        [--precision fp32 bf16 autocast] [--threads 2] [--set KEY=VALUE ...] [--only lorad|torch] [--reuse]

--base       a LLaVA folder in Hugging Face layout, with tokenizer and image processor
--data       a folder with train.json (LLaVA conversations) and the images that it names
--precision  fp32, bf16 (weights in bf16; PEFT then trains saved modules and biases in bf16) and autocast (fp32 weights under
             torch.autocast, as transformers' Trainer does with bf16=True); lorad runs bf16 for the last two
--set        handed to lorad as it is, for example --set training.lanes=2
--only       runs one of the two; --reuse takes a run whose log is complete from --output instead of running it again

Both start from an adapter that PEFT writes: LoRA r 16, alpha 32 on the seven linears of the decoder, the vision tower and the
projector trained whole (modules_to_save), no dropout. Row i of step t is row (t * batch + i) mod n. AdamW 0.9, 0.999, 1e-8, no
weight decay, constant rate, no clipping. Loss = sum of token losses / supervised tokens of the step.

Each run is a process of its own that writes trainer_log.jsonl, one line a step. Seconds a step: the median time between two
lines, after the first; where the fastest is far below it, the machine had other work. Peak memory: the largest resident set
as the kernel counts it (wait4), which includes the pages of a memory-mapped checkpoint. Written to
--output: comparison.json, comparison.md, losses.svg, losses.png, and a folder each run.
"""

import argparse, json, os, statistics, subprocess, sys, time

SEVEN = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
TEMPLATES = {
    "vicuna": lambda question, answer, eos: (f"USER: {question} ASSISTANT: ", f"{answer}{eos}", ""),
    "chatml": lambda question, answer, eos: (
        f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n",
        f"{answer}<|im_end|>",
        "\n",
    ),
}


# --- inside the torch process: nothing above this line of the program may import torch, or its memory would count twice --


def write_initial_adapter(o, folder):
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import LlavaForConditionalGeneration

    torch.manual_seed(o.seed)
    model = LlavaForConditionalGeneration.from_pretrained(o.base, dtype=torch.float32)
    config = LoraConfig(
        r=16,
        lora_alpha=32,
        lora_dropout=0.0,
        target_modules=SEVEN,
        modules_to_save=["vision_tower", "multi_modal_projector"],
    )
    get_peft_model(model, config).save_pretrained(folder)


class Rows:
    """Rows of train.json as token ids, labels (-100: not supervised) and pixels."""

    def __init__(self, o, config):
        from transformers import AutoImageProcessor, AutoTokenizer

        self.rows = json.load(open(f"{o.data}/train.json"))
        self.tokenizer = AutoTokenizer.from_pretrained(o.base)
        self.processor = AutoImageProcessor.from_pretrained(o.base, backend="pil")
        self.template, self.images = TEMPLATES[o.template], o.data
        self.image_token = self.tokenizer.convert_ids_to_tokens(config.image_token_id)
        vision = config.vision_config
        self.image_tokens = (vision.image_size // vision.patch_size) ** 2 + (
            config.vision_feature_select_strategy == "full"
        )

    def encode(self, row):
        text, spans = "", []
        for human, gpt in zip(row["conversations"][::2], row["conversations"][1::2]):
            question = human["value"].replace("<image>", self.image_token * self.image_tokens)
            head, answer, tail = self.template(question, gpt["value"], self.tokenizer.eos_token or "")
            text += head
            spans.append((len(text), len(text) + len(answer)))
            text += answer + tail
        encoded = self.tokenizer(text, return_offsets_mapping=True)
        labels = [
            i if any(start < y and x < end for start, end in spans) else -100
            for i, (x, y) in zip(encoded["input_ids"], encoded["offset_mapping"])
        ]
        return encoded["input_ids"], labels, self.pixels(row)

    def pixels(self, row):
        from PIL import Image

        if not row.get("image"):
            return None
        picture = Image.open(os.path.join(self.images, row["image"])).convert("RGB")
        return self.processor(picture, return_tensors="pt")["pixel_values"][0]

    def batch(self, step, size):
        import torch

        items = [self.encode(self.rows[(step * size + i) % len(self.rows)]) for i in range(size)]
        longest = max(len(ids) for ids, _, _ in items)
        pad = lambda values, fill: torch.tensor([v + [fill] * (longest - len(v)) for v in values])
        pixels = [p for _, _, p in items if p is not None]
        inputs = dict(
            input_ids=pad([ids for ids, _, _ in items], self.tokenizer.pad_token_id or 0),
            attention_mask=pad([[1] * len(ids) for ids, _, _ in items], 0),
            pixel_values=torch.stack(pixels) if pixels else None,
        )
        return inputs, pad([labels for _, labels, _ in items], -100)


def train_with_torch(o, initial, folder, precision):
    import torch
    from peft import PeftModel
    from transformers import LlavaForConditionalGeneration

    torch.set_num_threads(o.threads)
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    base = LlavaForConditionalGeneration.from_pretrained(o.base, dtype=dtype, attn_implementation="sdpa")
    model = PeftModel.from_pretrained(base, initial, is_trainable=True)
    model.train()
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=o.lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    rows = Rows(o, base.config)
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/trainer_log.jsonl", "w", buffering=1) as log:
        for step in range(o.steps):
            inputs, labels = rows.batch(step, o.batch)
            if inputs["pixel_values"] is not None:
                inputs["pixel_values"] = inputs["pixel_values"].to(dtype)
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "autocast"):
                logits = model(**inputs).logits
            targets = labels[:, 1:].reshape(-1)
            count = int((targets != -100).sum())
            loss = (
                torch.nn.functional.cross_entropy(
                    logits[:, :-1].float().reshape(-1, logits.shape[-1]), targets, ignore_index=-100, reduction="sum"
                )
                / count
            )
            loss.backward()
            norm = torch.nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            log.write(
                json.dumps(
                    dict(
                        step=step + 1,
                        loss=loss.item(),
                        learning_rate=o.lr,
                        grad_norm=float(norm),
                        supervised_tokens=count,
                    )
                )
                + "\n"
            )
    model.save_pretrained(folder)


def adapter_distance(a, b, initial):
    """How far two trained adapters lie apart, as a part of how far the first moved: ||a-b|| / ||a-initial||."""
    from safetensors.torch import load_file

    a, b, initial = (
        {k: v.double() for k, v in load_file(f"{d}/adapter_model.safetensors").items()} for d in (a, b, initial)
    )
    if a.keys() != b.keys():
        return dict(keys_only_in_one=sorted(a.keys() ^ b.keys()))
    groups = {"lora": [k for k in a if ".lora_" in k], "saved": [k for k in a if ".lora_" not in k]}
    norm = lambda x, y, keys: sum(float((x[k] - y[k]).square().sum()) for k in keys) ** 0.5
    return {g: norm(a, b, keys) / norm(a, initial, keys) for g, keys in groups.items() if keys}


# --- the lorad run ----------------------------------------------------------------------------------------------------


def write_run_file(o, initial, folder, precision):
    sections = dict(
        run=os.path.basename(folder),
        model=dict(path=os.path.abspath(o.base), precision="fp32" if precision == "fp32" else "bf16"),
        adapter=dict(path=os.path.abspath(initial)),
        data=dict(
            train=os.path.abspath(f"{o.data}/train.json"),
            images=os.path.abspath(o.data),
            template=o.template,
            shuffle=False,
        ),
        training=dict(
            learning_rate=o.lr,
            lr_scheduler_type="constant",
            per_device_train_batch_size=o.batch,
            gradient_accumulation_steps=1,
            max_grad_norm=0,
            weight_decay=0,
            max_steps=o.steps,
            logging_steps=1,
            seed=o.seed,
            output_dir=os.path.abspath(folder),
        ),
    )
    os.makedirs(folder, exist_ok=True)
    path = f"{folder}/compare.yaml"
    with open(path, "w") as f:
        f.writelines(f"{key}: {json.dumps(value)}\n" for key, value in sections.items())
    return path


# --- measuring --------------------------------------------------------------------------------------------------------


def measure(command, folder, steps, threads):
    """Runs a command that logs to folder/trainer_log.jsonl; when each line came, and the largest resident set."""
    os.makedirs(folder, exist_ok=True)
    log, arrived, lines = f"{folder}/trainer_log.jsonl", [], 0
    if os.path.exists(log):
        os.remove(log)
    environment = os.environ | dict(OMP_NUM_THREADS=str(threads), TOKENIZERS_PARALLELISM="false")
    start = time.monotonic()
    with open(f"{folder}/output.txt", "w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
        status = 0
        while True:
            done, status, usage = os.wait4(process.pid, os.WNOHANG)
            if os.path.exists(log):
                with open(log, "rb") as f:
                    lines = f.read().count(b"\n")
                arrived += [time.monotonic()] * (lines - len(arrived))
            if done:
                break
            time.sleep(0.02)
    if os.waitstatus_to_exitcode(status) != 0 or len(arrived) < steps:
        tail = open(f"{folder}/output.txt").read()[-2000:]
        sys.exit(
            f"{' '.join(command)}\nended with {os.waitstatus_to_exitcode(status)} after {len(arrived)} steps:\n{tail}"
        )
    between = [b - a for a, b in zip(arrived, arrived[1:])]
    facts = dict(
        seconds_a_step=statistics.median(between),
        seconds_fastest_step=min(between),
        seconds_to_first_step=arrived[0] - start,
        seconds=time.monotonic() - start,
        peak_bytes=usage.ru_maxrss * 1024,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
    )
    json.dump(facts, open(f"{folder}/measured.json", "w"), indent=1)
    return facts


def read_log(folder):
    lines = [json.loads(line) for line in open(f"{folder}/trainer_log.jsonl")]
    return [line for line in lines if "loss" in line]


def run(o, who, precision, initial):
    folder = f"{o.output}/{who}-{precision}"
    if o.reuse and os.path.exists(f"{folder}/measured.json") and len(read_log(folder)) >= o.steps:
        facts = json.load(open(f"{folder}/measured.json"))
    elif who == "torch":
        facts = measure(
            [sys.executable, os.path.abspath(__file__), *sys.argv[1:], "--child", precision], folder, o.steps, o.threads
        )
    else:
        settings = [x for s in o.set for x in ("--set", s)]
        command = [o.lorad, "train", "--config", write_run_file(o, initial, folder, precision), *settings]
        facts = measure(command, folder, o.steps, o.threads)
    log = read_log(folder)[: o.steps]
    print(
        f"{who} {precision}: {facts['seconds_a_step']:.3f} s a step, {facts['peak_bytes'] / 1e9:.2f} GB, loss {log[0]['loss']:.4f} -> {log[-1]['loss']:.4f}",
        flush=True,
    )
    return dict(
        who=who,
        precision=precision,
        folder=folder,
        **facts,
        losses=[x["loss"] for x in log],
        grad_norms=[x.get("grad_norm") for x in log],
        supervised_tokens=[x["supervised_tokens"] for x in log],
    )


# --- the report -------------------------------------------------------------------------------------------------------


def compare(runs, initial):
    results = []
    by_name = {(r["who"], r["precision"]): r for r in runs}
    for precision in dict.fromkeys(r["precision"] for r in runs):
        ours, theirs = by_name.get(("lorad", precision)), by_name.get(("torch", precision))
        if not (ours and theirs):
            continue
        apart = [abs(a - b) / abs(b) for a, b in zip(ours["losses"], theirs["losses"])]
        results.append(
            dict(
                precision=precision,
                speed_ratio=theirs["seconds_a_step"] / ours["seconds_a_step"],
                memory_ratio=theirs["peak_bytes"] / ours["peak_bytes"],
                largest_loss_difference=max(apart),
                median_loss_difference=statistics.median(apart),
                same_tokens=ours["supervised_tokens"] == theirs["supervised_tokens"],
                adapter_distance=adapter_distance(theirs["folder"], ours["folder"], initial),
            )
        )
    return results


def table(runs, comparisons):
    lines = [
        "| run | precision | s/step | fastest | peak resident GB | first loss | last loss |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r['who']} | {r['precision']} | {r['seconds_a_step']:.3f} | {r['seconds_fastest_step']:.3f} | {r['peak_bytes'] / 1e9:.2f} | {r['losses'][0]:.5f} | {r['losses'][-1]:.5f} |"
        for r in runs
    ]
    if comparisons:
        lines += [
            "",
            "| precision | times faster | times less memory | loss: largest, median difference | same tokens | adapters apart |",
            "|---|---|---|---|---|---|",
        ]
    for c in comparisons:
        apart = ", ".join(
            f"{k} {v:.2g}" if isinstance(v, float) else f"{k}: {len(v)}" for k, v in c["adapter_distance"].items()
        )
        lines.append(
            f"| {c['precision']} | {c['speed_ratio']:.2f} | {c['memory_ratio']:.2f} | {c['largest_loss_difference']:.1e}, "
            f"{c['median_loss_difference']:.1e} | {'yes' if c['same_tokens'] else 'NO'} | {apart} |"
        )
    return "\n".join(lines) + "\n"


def draw(runs, output):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    matplotlib.rcParams["svg.hashsalt"] = "lorad"
    figure, axes = plt.subplots(figsize=(8, 4.5))
    colours = dict(zip(dict.fromkeys(r["precision"] for r in runs), ("tab:blue", "tab:orange", "tab:green")))
    for r in sorted(runs, key=lambda r: r["who"] == "lorad"):  # torch wide and pale below, lorad thin on top
        style = dict(linewidth=1.1) if r["who"] == "lorad" else dict(linewidth=4, alpha=0.35)
        steps = range(1, len(r["losses"]) + 1)
        axes.plot(steps, r["losses"], color=colours[r["precision"]], label=f"{r['who']} {r['precision']}", **style)
    axes.set(xlabel="step", ylabel="loss", title="The same rows, the same start")
    axes.set_yscale("log")
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    figure.tight_layout()
    figure.savefig(f"{output}/losses.svg", metadata={"Date": None})
    figure.savefig(f"{output}/losses.png", dpi=140)


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lorad", default="lorad")
    for name in ("--base", "--data", "--output"):
        parser.add_argument(name, required=True)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--lr", type=float, default=2e-4)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--template", default="chatml", choices=TEMPLATES)
    parser.add_argument("--precision", nargs="+", default=["fp32"], choices=["fp32", "bf16", "autocast"])
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--only", choices=["lorad", "torch"])
    parser.add_argument("--reuse", action="store_true")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    o = options()
    initial = f"{o.output}/initial"
    if o.child == "initial":
        return write_initial_adapter(o, initial)
    if o.child:
        return train_with_torch(o, initial, f"{o.output}/torch-{o.child}", o.child)
    if not os.path.exists(f"{initial}/adapter_model.safetensors"):
        subprocess.run([sys.executable, os.path.abspath(__file__), *sys.argv[1:], "--child", "initial"], check=True)
    runs = [
        run(o, who, precision, initial)
        for precision in o.precision
        for who in ("lorad", "torch")
        if o.only in (None, who)
    ]
    comparisons = compare(runs, initial)
    json.dump(
        dict(steps=o.steps, batch=o.batch, threads=o.threads, runs=runs, comparisons=comparisons),
        open(f"{o.output}/comparison.json", "w"),
        indent=1,
    )
    text = table(runs, comparisons)
    open(f"{o.output}/comparison.md", "w").write(text)
    print(text)
    draw(runs, o.output)


if __name__ == "__main__":
    main()
