"""Accuracy of a federated easy-VQA run with secure aggregation and with differential privacy, beside the plain one.

Base, adapter and data are those of compare_aggregations.py, which lies beside this script; the rows are split by answer (Dirichlet)
over eight workers. Everything is encrypted and over loopback TCP.

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

MASKED = "privacy: {{ secure_aggregation: {{ enabled: true }} }}\n"
NOISY = """
privacy:
  secure_aggregation: {{ enabled: true }}
  differential_privacy: {{ enabled: true, mechanism: skellam, clip: {clip}, target_epsilon: {epsilon}, delta: 1e-5 }}
"""


def measure(o, name, privacy):
    folder = o.output / name.replace(" ", "-")
    result = folder / "result.json"
    if not result.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        values = dict(
            vars(o), run=folder.name, base=o.merged, train="", seed=1, logging=1, method="mean", steps=o.rounds * o.local)
        (folder / "run.yaml").write_text((RUN_FILE + FEDERATION + privacy).format(**values))
        parts = o.output / "parts"
        if not parts.exists():
            split = [o.lorad, "partition", "--data", o.data / "train.json", "--parts", str(o.workers), "--by", "dirichlet"]
            subprocess.run(split + ["--alpha", str(o.alpha), "--seed", "1", "--output", parts], check=True)
        federated(o, folder, parts)
        result.write_text(json.dumps(evaluate(o, folder / "out")))
    return json.loads(result.read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ["lorad", "base", "data", "tower", "output"]:
        parser.add_argument(f"--{name}", required=True, type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--epsilons", type=float, nargs="*", default=[8, 4, 1])
    parser.add_argument("--clip", type=float, default=0.5)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--alpha", type=float, default=0.3)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--local", type=int, default=8, help="local steps a round")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", default="3e-4")
    o = parser.parse_args()
    o.output.mkdir(parents=True, exist_ok=True)
    o.merged = o.output / "base"
    base_with_tower(o.base, o.tower, o.merged)
    variants = {"plain": "", "masked": MASKED}
    for epsilon in o.epsilons:
        variants[f"epsilon {epsilon:g}"] = NOISY.replace("{epsilon}", f"{epsilon:g}")
    print("| | exact match | loss |\n|---|---|---|")
    for name, privacy in variants.items():
        found = measure(o, name, privacy)
        print(f"| {name} | {found['exact_match']:.1%} | {found['loss']:.4f} |", flush=True)


main()
