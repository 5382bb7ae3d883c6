"""Accuracy of a federated easy-VQA run with secure aggregation and with differential privacy, beside the plain one.

Base and data are those of compare_aggregations.py, which lies beside this script; the rows are split by answer (Dirichlet)
over eight workers. What trains is small, for noise grows with the root of its numbers: the B factors (FFA-LoRA) of rank 4 of
the queries and values, from what `lorad train` learns of the first --public rows, which nobody else has. Noise hides each question with its picture: every worker bounds each row's gradient and adds
noise of its own, and secure aggregation hides the noisy update. Everything is encrypted and over loopback TCP.

    python docs/scripts/compare_privacy.py --lorad .build/release/lorad --base real/base --data real/data --tower out/easy-vqa \
        --output real/privacy --epsilons 8 4 1

A run that has ended is not done again.
"""
import argparse
import json
import pathlib
import shutil
import subprocess

from compare_aggregations import FEDERATION, RUN_FILE, base_with_tower, evaluate, federated

ADAPTER = dict(rank=4, alpha_of_rank=8, targets="q|v", method="ffa_lora")
MASKED = "privacy:\n  secure_aggregation: {{ enabled: true }}\n"
NOISY = MASKED + """
  differential_privacy: {{ enabled: true, unit: example, clip: {clip}, target_epsilon: EPSILON, delta: 1e-5 }}
"""


def warm_start(o):
    """An adapter trained on rows that need no protection; the others are the workers'."""
    rows = json.loads((o.data / "train.json").read_text())
    (o.output / "public.json").write_text(json.dumps(rows[: o.public]))
    (o.output / "private.json").write_text(json.dumps(rows[o.public :]))
    folder = o.output / "start"
    if not (folder / "out/adapter_model.safetensors").exists():
        folder.mkdir(exist_ok=True)
        values = dict(
            vars(o) | dict(batch=16, rate="1e-3"), **ADAPTER, run="start", base=o.merged,
            train=f"train: {o.output / 'public.json'}, ", seed=1, logging=8, steps=2 * o.public // 16)
        (folder / "run.yaml").write_text(RUN_FILE.format(**values))
        subprocess.run([o.lorad, "train", "--config", "run.yaml", "--overwrite"], cwd=folder, check=True, stderr=subprocess.DEVNULL)
    return folder / "out"


def measure(o, name, privacy):
    folder = o.output / name.replace(" ", "-")
    result = folder / "result.json"
    if not result.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        rate = o.noisy_rate if "epsilon" in privacy else o.rate
        values = dict(
            vars(o) | dict(rate=rate), **ADAPTER, run=folder.name, base=o.merged, train="", seed=1, logging=1,
            steps=o.rounds * o.local)
        text = (RUN_FILE + FEDERATION + privacy).format(**values)
        adapter = text[text.index("adapter:\n") : text.index("data:")]
        (folder / "run.yaml").write_text(text.replace(adapter, f"adapter: {{ path: {o.output / 'start/out'} }}\n"))
        parts = o.output / "parts"
        if not parts.exists():
            split = [o.lorad, "partition", "--data", o.output / "private.json", "--parts", str(o.workers), "--by", "dirichlet"]
            subprocess.run(split + ["--alpha", str(o.alpha), "--seed", "1", "--output", parts], check=True)
        federated(o, folder, parts)
        result.write_text(json.dumps(evaluate(o, folder / "out")))
    run = json.loads((folder / "run.json").read_text())
    # Under differential privacy a coordinator counts no bytes.
    keys = [key for key in ["bytes_in", "bytes_out", "seconds"] if key in run["rounds"][0]]
    sums = {key: sum(step[key] for step in run["rounds"]) / len(run["rounds"]) for key in keys}
    return json.loads(result.read_text()) | sums


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ["lorad", "base", "data", "tower", "output"]:
        parser.add_argument(f"--{name}", required=True, type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--epsilons", type=float, nargs="*", default=[8, 4, 1])
    parser.add_argument("--clip", type=float, default=0.1)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--alpha", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--local", type=int, default=1, help="local steps a round")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", default="1e-3")
    # Noise averages out over steps and workers, and what is left of a gradient is short: longer steps.
    parser.add_argument("--noisy-rate", default="1e-2")
    parser.add_argument("--public", type=int, default=160, help="rows that the start is trained on")
    o = parser.parse_args()
    o.output.mkdir(parents=True, exist_ok=True)
    o.merged = o.output / "base"
    base_with_tower(o.base, o.tower, o.merged)
    variants = {"plain": "", "masked": MASKED}
    variants |= {f"epsilon {e:g}": NOISY.replace("EPSILON", f"{e:g}") for e in o.epsilons}
    print("| | exact match | loss | seconds a round | MB in and out a round |\n|---|---|---|---|---|")
    start = evaluate(o, warm_start(o))
    print(f"| start | {start['token_exact_match']:.1%} | {start['loss']:.4f} | | |", flush=True)
    for name, privacy in variants.items():
        found = measure(o, name, privacy)
        megabytes = f"{(found['bytes_in'] + found['bytes_out']) / 1e6:.1f}" if "bytes_in" in found else "not counted"
        print(
            f"| {name} | {found['token_exact_match']:.1%} | {found['loss']:.4f} | {found['seconds']:.1f} | {megabytes} |", flush=True)


main()
