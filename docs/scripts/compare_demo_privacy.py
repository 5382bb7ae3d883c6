"""Accuracy against epsilon on the bundled model and the pictures that `lorad demo` draws: minutes instead of hours.

What compare_privacy.py does on the real base, done on the demonstration's. Pictures at night, which the bundled model does not
know, are dealt out by answer (Dirichlet). The B factors of LoRA train (FFA-LoRA). Each worker bounds each row's gradient and
adds noise of its own. Learning rates are chosen on held-back pictures, with a seed that is not reported: one for the plain and
the masked run, one for all private runs, at the middle epsilon. The reported figures are on other pictures.

    python docs/scripts/compare_demo_privacy.py --lorad .build/release/lorad --output out/demo-privacy --epsilons 8 4 1

A run that has ended is not done again. Needs safetensors and torch, as the scripts that it shares code with.
"""
import argparse
import json
import pathlib
import shutil
import subprocess

from compare_aggregations import evaluate, federated
from compare_privacy import compare

RUN_FILE = """
run: {run}
model: {{ path: {merged} }}
adapter:
  r: {rank}
  lora_alpha: {alpha_of_rank}
  target_modules: [{targets}]
data: {{ images: {data}, max_length: 128 }}
training:
  learning_rate: {rate}
  lr_scheduler_type: constant
  per_device_train_batch_size: {batch}
  logging_steps: 1
  seed: {seed}
  output_dir: out
federation:
  mode: federated
  min_workers: {workers}
  rounds: {rounds}
  local_steps: {local}
  aggregation: ffa_lora
  server_optimizer: sgd
  server_learning_rate: 1
  server_momentum: {momentum}
"""


def draw(o, name, pictures, seed, questions=1):
    """Pictures with questions; the same options give the same bytes."""
    if not (o.data / f"{name}.json").exists():
        command = [o.lorad, "demo", "data", "--domain", "night", "--pictures", str(pictures), "--questions", str(questions)]
        subprocess.run(command + ["--seed", str(seed), "--name", name, "--output", o.data], check=True, stderr=subprocess.DEVNULL)


def bundled_base(o):
    """The model that a demonstration begins with."""
    if not o.merged.exists():
        demo = o.output / "demo"
        subprocess.run([o.lorad, "demo", "--fast", "--keep", demo], check=True, capture_output=True)
        (demo / "base").rename(o.merged)
        shutil.rmtree(demo)


def parts_of(o, seed):
    parts = o.output / f"parts-{seed}"
    if not parts.exists():
        split = [o.lorad, "partition", "--data", o.data / "train.json", "--parts", str(o.workers), "--by", "dirichlet"]
        split += ["--alpha", str(o.alpha), "--seed", str(seed), "--output", parts]
        subprocess.run(split, check=True, stderr=subprocess.DEVNULL)
    return parts


def measure(o, name, privacy, seed, rate, rows):
    """One federated run, and what its adapter answers on `rows`."""
    folder = o.output / f"{name.replace(' ', '-')}-rate-{rate}-seed-{seed}"
    result = folder / "result.json"
    if not result.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        values = dict(vars(o), run=folder.name, rate=rate, seed=seed)
        (folder / "run.yaml").write_text((RUN_FILE + privacy).format(**values))
        federated(o, folder, parts_of(o, seed))
        result.write_text(json.dumps(evaluate(o, folder / "out", rows, options=())))
    found = json.loads(result.read_text())
    print(f"{folder.name}: {found['token_exact_match']:.1%}, loss {found['loss']:.4f}", flush=True)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ["lorad", "output"]:
        parser.add_argument(f"--{name}", required=True, type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--epsilons", type=float, nargs="+", default=[8, 4, 1])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--clip", type=float, default=0.5)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--alpha", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--local", type=int, default=1, help="local steps a round")
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--momentum", default="0.5", help="the coordinator's")
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--targets", default="q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj, lm_head")
    parser.add_argument("--rates", nargs="+", default=["3e-3", "1e-2"], help="tried for the plain and the masked run")
    parser.add_argument("--noisy-rates", nargs="+", default=["3e-3", "1e-2"], help="tried for the private runs")
    parser.add_argument("--pictures", type=int, default=2_500, help="pictures that workers share out, each with up to 3 questions")
    parser.add_argument("--held-back", type=int, default=300, help="pictures that rates are chosen on")
    parser.add_argument("--test", type=int, default=600, help="pictures that the table is about")
    o = parser.parse_args()
    o.output.mkdir(parents=True, exist_ok=True)
    o.merged, o.data, o.alpha_of_rank = o.output / "base", o.output / "data", 2 * o.rank
    bundled_base(o)
    draw(o, "train", o.pictures, 10, questions=3)
    draw(o, "held-back", o.held_back, 11)
    draw(o, "test", o.test, 12)
    o.output.joinpath("held-back.json").write_bytes((o.data / "held-back.json").read_bytes())
    test = o.data / "test.json"
    compare(o, measure, evaluate(o, None, test, options=()), test, "the base")


if __name__ == "__main__":
    main()
