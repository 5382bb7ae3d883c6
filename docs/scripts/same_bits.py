"""Whether two binaries of lorad write the same bytes: adapters, checkpoints and logs of small runs.

    git stash; make build; cp .build/release/lorad old; git stash pop; make build
    python docs/scripts/same_bits.py --old old --new .build/release/lorad --output out/same-bits

Needs Python alone. Runs the bundled configurations in fp32 and bf16, alone, distributed and federated, with each binary on one
machine, and compares what they write; times, speeds and paths are left out. Then each checkpoint that the old binary leaves half-way
is resumed by the new one. Exits with 1 where anything differs, and names it.
"""
import argparse, json, os, pathlib, shutil, signal, subprocess, sys, time

DATA = "Tests/Fixtures/tiny-llava/data"
ALONE = ["tiny-vqa", "tiny-clip", "tiny-full-tower"]
AGGREGATIONS = ["mean", "flora", "fedex_lora", "flexlora"]
TIMES = ("seconds", "time", "per_second", "runtime", "bytes", "elapsed", "memory")


def run(binary, *words, **options):
    done = subprocess.run([binary, *map(str, words)], capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"{binary} {' '.join(map(str, words))}\n{done.stderr[-2000:]}")
    return done.stdout


def settings(folder, precision, *more):
    words = [f"model.precision={precision}", f"training.output_dir={folder}", "training.save_steps=5", "training.logging_steps=1", *more]
    return [word for setting in words for word in ("--set", setting)]


def alone(binary, folder, config, precision):
    run(binary, "train", "--config", f"configs/{config}.yaml", "--overwrite", *settings(folder, precision, "training.max_steps=12"))


def resumed(old, new, folder, config, precision):
    """The old binary is stopped half-way, and the new one goes on from its checkpoint."""
    words = ["train", "--config", f"configs/{config}.yaml", *settings(folder, precision, "training.max_steps=12")]
    process = subprocess.Popen([old, *words, "--overwrite"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while process.poll() is None and not (folder / "checkpoints/step-5").exists():
        time.sleep(0.001)
    process.kill()
    process.wait()
    run(new, *words, "--resume")


def shared(binary, folder, keys, config, workers, parts, *more):
    """Shares a run; workers are sorted by their keys, so both binaries' have the same ones."""
    state, join = folder / "state", folder / "join"
    folder.mkdir(parents=True)
    words = ["coordinator", "--config", f"configs/{config}.yaml", "--listen", "tcp://127.0.0.1:0", "--state", state, "--join-file", join]
    if "--token-uses" in run(binary, "coordinator", "--help"):
        words += ["--token-uses", workers]
    log = open(folder / "log", "w")
    start = lambda *words: subprocess.Popen([binary, *map(str, words)], stderr=log, stdout=log)
    processes = [start(*words, *settings(folder / "out", "fp32", f"federation.min_workers={workers}", *more))]
    while not join.exists():
        if processes[0].poll() is not None:
            sys.exit(f"{folder}/log: the coordinator ended")
        time.sleep(0.05)
    for index in range(workers):
        key = pathlib.Path(f"w{index}/workers/w{index}/worker.key")
        if (keys / key).exists():
            (folder / key).parent.mkdir(parents=True, mode=0o700)
            shutil.copy(keys / key, folder / key)
        own = ["--data", parts / f"part-{index + 1}.json", "--images", f"{DATA}/pictures"] if parts else []
        processes.append(start("worker", "--join-file", join, "--name", f"w{index}", "--state", folder / f"w{index}", "--lanes", 1, *own))
    for process in processes:
        if process.wait(timeout=300):
            sys.exit(f"{folder}/log: a process ended with {process.returncode}")


def plain(value):
    """A log's value without what depends on the machine's speed and on paths."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if not any(word in k for word in TIMES) and not str(v).startswith("/")}
    return [plain(item) for item in value] if isinstance(value, list) else value


def content(file):
    if file.name.endswith(".jsonl"):
        return [plain(json.loads(line)) for line in file.read_text().splitlines()]
    return json.loads(file.read_text()) if file.name.endswith(".json") else file.read_bytes()


def compare(old, new, name, failures, ignored=("resume.json",)):
    kinds = (".safetensors", ".jsonl", ".json")
    names = lambda folder: {f.relative_to(folder) for f in folder.rglob("*") if f.name.endswith(kinds) and f.name not in ignored}
    common = names(old) & names(new)
    odd = [str(n) for n in names(old) - names(new)] + [str(n) for n in sorted(common) if content(old / n) != content(new / n)]
    if not any(n.name == "adapter_model.safetensors" for n in common):
        odd.append("no adapter")
    print(f"{name:40} {len(common):3} files  {'same' if not odd else 'DIFFERENT: ' + ', '.join(odd)}", flush=True)
    if odd:
        failures.append(name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("old", "new", "output"):
        parser.add_argument(f"--{name}", required=True, type=pathlib.Path)
    o = parser.parse_args()
    shutil.rmtree(o.output, ignore_errors=True)
    o.output.mkdir(parents=True)
    parts = o.output / "parts"
    run(o.old, "partition", "--data", f"{DATA}/train.json", "--parts", "3", "--output", parts)
    failures, pair = [], {"old": o.old.resolve(), "new": o.new.resolve()}
    for precision in ("fp32", "bf16"):
        for config in ALONE:
            name = f"{config}-{precision}"
            folders = {which: o.output / which / name for which in pair}
            for which, binary in pair.items():
                alone(binary, folders[which], config, precision)
            compare(folders["old"], folders["new"], name, failures)
            again = o.output / "resumed" / name
            resumed(pair["old"], pair["new"], again, config, precision)
            compare(folders["old"], again, f"{name}, resumed", failures, ignored=("trainer_log.jsonl", "resume.json"))
    runs = [("distributed", "tiny-distributed", 2, None, [])]
    runs += [(f"federated-{a}", "tiny-federated", 3, parts, [f"federation.aggregation={a}"]) for a in AGGREGATIONS]
    for name, config, workers, own, more in runs:
        for which, binary in pair.items():
            shared(binary, o.output / which / name, o.output / "old" / name, config, workers, own, *more)
        compare(*(o.output / which / name / "out" for which in pair), name, failures)
    sys.exit(f"{len(failures)} of the runs differ: {', '.join(failures)}" if failures else 0)


if __name__ == "__main__":
    main()
