"""The accuracy of aggregations on easy-VQA split unevenly over workers, beside centralised training at equal samples.

The base is that of make_real_base.py with the vision tower and projector that configs/easy-vqa.yaml trained, so that LoRA has
something to look through; LoRA goes on the decoder alone. The rows are split by answer (Dirichlet). Each method gets the same
rounds of the same local steps; centralised training as many steps of the same batch as all workers together take. All runs are
the real binary's: a coordinator and workers over loopback TCP, encrypted.

    python docs/scripts/compare_aggregations.py --lorad .build/release/lorad --base real/base --data real/data \
        --tower out/easy-vqa --output real/aggregations

Needs safetensors and torch. A run that has ended is not done again.
"""
import argparse, json, os, pathlib, shutil, statistics, subprocess, time

from safetensors import safe_open
from safetensors.torch import save_file

METHODS = ["mean", "ffa_lora", "flora", "flexlora", "fedex_lora"]
PREFIX = "base_model.model.model."

RUN_FILE = """
run: {run}
model: {{ path: {base}, precision: bf16 }}
adapter:
  r: {rank}
  lora_alpha: {alpha_of_rank}
  target_modules: '.*language_model.*\\.({targets})_proj'
data: {{ {train}images: {data}, max_length: 512, template: chatml }}
training:
  learning_rate: {rate}
  lr_scheduler_type: constant
  per_device_train_batch_size: {batch}
  max_steps: {steps}
  logging_steps: {logging}
  seed: {seed}
  output_dir: out
"""
ADAPTER = dict(rank=16, alpha_of_rank=32, targets="q|k|v|o|gate|up|down")
FEDERATION = """
federation:
  mode: federated
  min_workers: {workers}
  rounds: {rounds}
  local_steps: {local}
  aggregation: {method}
"""


def base_with_tower(base, tower, output):
    """The base with the modules that an adapter saved whole in place of its own."""
    if output.exists():
        return
    partial = output.with_suffix(".partial")
    shutil.copytree(base, partial, dirs_exist_ok=True)
    saved = safe_open(tower / "adapter_model.safetensors", "pt")
    trained = {key.removeprefix(PREFIX): key for key in saved.keys() if "lora_" not in key}
    with safe_open(base / "model.safetensors", "pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}
    replaced = 0
    for key, tensor in tensors.items():
        if key in trained:
            tensors[key] = saved.get_tensor(trained[key]).to(tensor.dtype)
            replaced += 1
    assert replaced == len(trained), f"{len(trained) - replaced} trained tensors have no place in {base}"
    save_file(tensors, partial / "model.safetensors", metadata={"format": "pt"})
    partial.rename(output)


def evaluate(o, adapter, rows=None, options=("--template", "chatml", "--precision", "bf16")):
    command = [o.lorad, "eval", "--model", o.merged, "--data", rows or o.data / "test1000.json", "--images", o.data]
    command += [*options, "--json"]
    command += ["--adapter", adapter] if adapter else []
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def run_file(o, folder, seed, method):
    train = "" if method else f"train: {o.data / 'train.json'}, "
    values = dict(
        vars(o), **ADAPTER, run=folder.name, base=o.merged, train=train, seed=seed, logging=o.local, method=method,
        steps=o.rounds * o.local * (1 if method else o.workers))
    text = RUN_FILE.format(**values) + (FEDERATION.format(**values) if method else "")
    (folder / "run.yaml").write_text(text)


def centralised(o, folder):
    with open(folder / "train.log", "w") as log:
        subprocess.run([o.lorad, "train", "--config", "run.yaml", "--overwrite"], cwd=folder, stderr=log, check=True)


def federated(o, folder, parts):
    coordinator = [o.lorad, "coordinator", "--config", "run.yaml", "--listen", "tcp://127.0.0.1:0", "--join-file", "join"]
    coordinator += ["--token-uses", "100"]
    processes = []
    with open(folder / "coordinator.log", "w") as log:
        processes.append(subprocess.Popen(
            coordinator + ["--state", "state", "--overwrite"], cwd=folder, stdout=log, stderr=log))
    while not (folder / "join").exists():
        assert processes[0].poll() is None, f"{folder}/coordinator.log"
        time.sleep(0.2)
    for index in range(o.workers):
        worker = [o.lorad, "worker", "--join", (folder / "join").read_text().strip(), "--name", f"worker-{index + 1}"]
        worker += ["--model", o.merged, "--data", parts / f"part-{index + 1}.json", "--images", o.data, "--lanes", "1"]
        with open(folder / f"worker-{index + 1}.log", "w") as log:
            processes.append(subprocess.Popen(
                worker + ["--state", folder / f"worker-{index + 1}"], cwd=folder, stdout=log, stderr=log))
    for process in processes:
        assert process.wait() == 0, f"a process of {folder} failed"
    shown = subprocess.run(
        [o.lorad, "runs", "show", folder.name, "--state", folder / "state", "--json"], check=True, capture_output=True)
    (folder / "run.json").write_bytes(shown.stdout)
    shutil.rmtree(folder / "state")


def measure(o, seed, method):
    """Trains and evaluates once."""
    folder = o.output / f"{method or 'centralised'}-{seed}"
    result = folder / "result.json"
    if not result.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        run_file(o, folder, seed, method)
        if method:
            parts = o.output / f"parts-{seed}"
            split = [o.lorad, "partition", "--data", o.data / "train.json", "--parts", str(o.workers), "--by", "dirichlet"]
            split += ["--alpha", str(o.alpha), "--seed", str(seed), "--output", parts]
            if not parts.exists():
                subprocess.run(split, check=True, stderr=subprocess.DEVNULL)
            federated(o, folder, parts)
        else:
            centralised(o, folder)
        result.write_text(json.dumps(evaluate(o, folder / "out")))
    return json.loads(result.read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ["lorad", "base", "data", "tower", "output"]:
        parser.add_argument(f"--{name}", required=True, type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--alpha", type=float, default=0.3)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--local", type=int, default=8, help="local steps a round")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", default="3e-4")
    o = parser.parse_args()
    o.output.mkdir(parents=True, exist_ok=True)
    o.merged = o.output / "base"
    base_with_tower(o.base, o.tower, o.merged)

    before = evaluate(o, None)
    print(f"untrained LoRA: {before['token_exact_match']:.1%}, loss {before['loss']:.3f}", flush=True)
    results = {}
    for seed in o.seeds:
        for method in [None] + METHODS:
            results[seed, method] = measure(o, seed, method)
            found = results[seed, method]
            print(f"seed {seed} {method or 'centralised'}: {found['token_exact_match']:.1%}, loss {found['loss']:.3f}", flush=True)
    print("| | " + " | ".join(f"seed {seed}" for seed in o.seeds) + " | mean |\n|---" + "|---" * (len(o.seeds) + 1) + "|")
    for method in [None] + METHODS:
        found = [results[seed, method] for seed in o.seeds]
        cells = [f"{item['token_exact_match']:.1%} ({item['loss']:.3f})" for item in found]
        cells.append(f"**{statistics.mean(item['token_exact_match'] for item in found):.1%}**")
        print(f"| {method or 'centralised'} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
