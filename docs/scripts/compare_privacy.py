"""Accuracy of a federated easy-VQA run with secure aggregation and with differential privacy, beside the plain one.

Base and data are those of make_real_base.py, the tower that of configs/easy-vqa.yaml (compare_aggregations.py, which lies beside
this script, puts it into the base). The rows are split by answer (Dirichlet) over the workers. What trains is small, because
noise grows with the square root of its size: the B factors (FFA-LoRA) of rank 4 of the queries and values, from what `lorad
train` learns of the first --public rows, which no worker has. Noise hides each question with its picture: every worker bounds
each row's gradient and adds noise of its own, and secure aggregation hides the noisy update. Everything is encrypted and over
loopback TCP.

Learning rates are chosen on --held-back rows of the training file, which no worker trains on, with a seed that is not reported:
one for the plain and the masked run, one for all private runs, at the middle ε. The reported figures are on test1000.json.

    python docs/scripts/compare_privacy.py --lorad .build/release/lorad --base real/base --data real/data --tower out/easy-vqa \
        --output real/privacy --epsilons 8 4 1

A run that has ended is not done again.
"""
import argparse
import json
import pathlib
import shutil
import statistics
import subprocess

from compare_aggregations import FEDERATION, RUN_FILE, base_with_tower, evaluate, federated

ADAPTER = dict(rank=4, alpha_of_rank=8, targets="q|v", method="ffa_lora")
MASKED = "privacy:\n  secure_aggregation: {{ enabled: true }}\n"
NOISY = MASKED + """
  differential_privacy: {{ enabled: true, unit: example, clip: {clip}, target_epsilon: EPSILON, delta: 1e-5 }}
"""


def split_rows(o):
    """The public rows, those that rates are chosen on, and the workers'."""
    rows = json.loads((o.data / "train.json").read_text())
    ends = [0, o.public, o.public + o.held_back, len(rows)]
    for name, start, end in zip(["public", "held-back", "private"], ends, ends[1:]):
        (o.output / f"{name}.json").write_text(json.dumps(rows[start:end]))


def warm_start(o):
    """An adapter trained on rows that need no protection."""
    folder = o.output / "start"
    if not (folder / "out/adapter_model.safetensors").exists():
        folder.mkdir(exist_ok=True)
        values = dict(
            vars(o) | dict(batch=16, rate="1e-3"), **ADAPTER, run="start", base=o.merged,
            train=f"train: {o.output / 'public.json'}, ", seed=1, logging=8, steps=2 * o.public // 16)
        (folder / "run.yaml").write_text(RUN_FILE.format(**values))
        subprocess.run([o.lorad, "train", "--config", "run.yaml", "--overwrite"], cwd=folder, check=True, stderr=subprocess.DEVNULL)
    return folder / "out"


def parts_of(o, seed):
    parts = o.output / f"parts-{seed}"
    if not parts.exists():
        split = [o.lorad, "partition", "--data", o.output / "private.json", "--parts", str(o.workers), "--by", "dirichlet"]
        subprocess.run(split + ["--alpha", str(o.alpha), "--seed", str(seed), "--output", parts], check=True)
    return parts


def measure(o, name, privacy, seed, rate, rows):
    """One federated run, and what its adapter answers on `rows`."""
    folder = o.output / f"{name.replace(' ', '-')}-rate-{rate}-seed-{seed}"
    result = folder / "result.json"
    if not result.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        values = dict(
            vars(o), **ADAPTER, rate=rate, run=folder.name, base=o.merged, train="", seed=seed, logging=1,
            steps=o.rounds * o.local)
        text = (RUN_FILE + FEDERATION + privacy).format(**values)
        adapter = text[text.index("adapter:\n") : text.index("data:")]
        (folder / "run.yaml").write_text(text.replace(adapter, f"adapter: {{ path: {o.output / 'start/out'} }}\n"))
        federated(o, folder, parts_of(o, seed))
        result.write_text(json.dumps(evaluate(o, folder / "out", rows)))
    found = json.loads(result.read_text())
    print(f"{folder.name}: {found['token_exact_match']:.1%}, loss {found['loss']:.4f}", flush=True)
    return found


def best_rate(o, measure, name, privacy, rates):
    """The rate with the lowest loss on the rows that are held back."""
    found = {rate: measure(o, name, privacy, 0, rate, o.output / "held-back.json")["loss"] for rate in rates}
    return min(found, key=found.get)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ["lorad", "base", "data", "tower", "output"]:
        parser.add_argument(f"--{name}", required=True, type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--epsilons", type=float, nargs="+", default=[8, 4, 1])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--clip", type=float, default=0.1)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--alpha", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--local", type=int, default=1, help="local steps a round")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rates", nargs="+", default=["1e-3", "3e-3"], help="tried for the plain and the masked run")
    # Noise averages out over steps and workers, and what is left of a gradient is short: longer steps.
    parser.add_argument("--noisy-rates", nargs="+", default=["3e-3", "1e-2", "3e-2"], help="tried for the private runs")
    parser.add_argument("--public", type=int, default=160, help="rows that the start is trained on")
    parser.add_argument("--held-back", type=int, default=500, help="rows that rates are chosen on")
    o = parser.parse_args()
    o.output.mkdir(parents=True, exist_ok=True)
    o.merged = o.output / "base"
    base_with_tower(o.base, o.tower, o.merged)
    split_rows(o)
    compare(o, measure, evaluate(o, warm_start(o)), o.data / "test1000.json")


def compare(o, measure, start, test, name="the start"):
    """Chooses rates on the held-back rows, and prints the table of all runs on the test's.

    What training begins with is called `name`, and has come to `start`.
    """
    variants = {f"epsilon {e:g}": NOISY.replace("EPSILON", f"{e:g}") for e in o.epsilons}
    middle = sorted(o.epsilons)[len(o.epsilons) // 2]
    noisy = best_rate(o, measure, f"epsilon {middle:g}", variants[f"epsilon {middle:g}"], o.noisy_rates)
    plain = best_rate(o, measure, "plain", "", o.rates)
    found = {
        variant: [measure(o, variant, privacy, seed, rate, test) for seed in o.seeds]
        for variant, privacy, rate in
        [("plain", "", plain), ("masked", MASKED, plain)] + [(name, privacy, noisy) for name, privacy in variants.items()]
    }
    print(f"rates: {plain} plain and masked, {noisy} private\n")
    seeds = " | ".join(f"seed {seed}: exact match, loss" for seed in o.seeds)
    print(f"| | {seeds} | mean |\n|---{'|---' * len(o.seeds)}|---|")
    print(f"| {name} | {' | '.join([cell(start)] * len(o.seeds))} | {start['token_exact_match']:.1%} |")
    for variant, results in found.items():
        mean = statistics.mean(result["token_exact_match"] for result in results)
        print(f"| {variant} | {' | '.join(map(cell, results))} | {mean:.1%} |")


def cell(found):
    return f"{found['token_exact_match']:.1%}, {found['loss']:.3f}"


if __name__ == "__main__":
    main()
