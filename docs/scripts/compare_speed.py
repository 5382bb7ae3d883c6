#!/usr/bin/env python3
"""lorad beside transformers + PEFT (torch, CPU) on the same rows from the same start: tokens a second, memory, loss curves.

    pip install torch transformers peft safetensors pillow numpy matplotlib
    python make_workloads.py --tokenizer real/base --output workloads
    python compare_speed.py --lorad PATH/TO/lorad --workloads workloads --real real --output speed [--only PART ...]
        [--precision fp32 bf16] [--write-docs docs/benchmarks.md [--mark speed]] [--images docs/images]

Parts of --only:
  reference long large clip real     a workload: blocks of steps, lorad and torch in turn, each block a fresh process
  curves                             lorad train and torch on the real workload with a loss a step: wall time to the same loss
  lanes rank length shared           lorad alone: 1 and 2 lanes; rank 4 to 64; rows of 256 to 2,048 tokens; one process
                                     beside four on the same model, as Pss
--variant NAME=WORKLOAD,KEY=VALUE,... measures lorad with keys of the run file beside the same torch, for example
  --variant features=reference,data.feature_cache=/tmp/features

torch runs with every variant of --peers first, one block each; the fastest then alternates with lorad. What fails or takes
longer than --limit is listed as that. The first --warm-up steps of a block do not count; three more where torch compiles, and
then of lorad's blocks too, so that the same rows are compared.
Tokens are those of the rows; padding is not counted, but torch computes it. Memory is the largest resident set as the kernel
counts it (wait4), pages of a mapped checkpoint included. "Others" is what the machine did besides, as a share of its cores: a
block with more than --quiet is measured again, three times at most. Results gather in --output/results.json; a part that is run
again replaces its own. Without --only everything is run; with --only none the table is written from what there is.
"""

import argparse
import contextlib
import fcntl
import importlib.metadata
import itertools
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

from speed_report import draw_losses, draw_speed, report, smoothed

DECODER = r".*language_model.*\.(q|k|v|o|gate|up|down)_proj"
# precision: what torch may compute in where lorad computes in the first.
PEERS = {"fp32": ["fp32"], "bf16": ["bf16", "bf16-autocast", "autocast"]}
FLAGS = ["avx2", "avx512f", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16"]
PARTS = ["reference", "long", "large", "clip", "real", "curves", "lanes", "rank", "length", "shared"]


class Workload:
    """A model, its rows, and what is trained of it."""

    def __init__(self, folder, batch, precisions=("fp32", "bf16"), **more):
        self.model, self.data, self.images = folder / "model", folder / "train.json", folder / "pictures"
        self.batch, self.precisions, self.kind, self.targets, self.saved = batch, precisions, "llava", DECODER, []
        self.at_once = [batch]  # rows that torch takes in a forward pass: it tries each
        self.__dict__.update(more)


def workloads(o):
    base, real = o.workloads, o.real
    easy = dict(model=real / "base", data=real / "data/train.json", images=real / "data")
    return {
        "reference": Workload(base / "reference", 4),
        # One row at a time is not padded; all at once are, and take more than 24 GB.
        "long": Workload(base / "long", 8, ["bf16"], at_once=[8, 4, 1]),
        "large": Workload(base / "large", 1, ["bf16"]),
        "real": Workload(real, 8, **easy),
        # The random tower and projector trained whole.
        "real-tower": Workload(real, 8, ["fp32"], saved=["vision_tower", "multi_modal_projector"], **easy),
        "clip": Workload(base / "clip", 64, kind="clip", targets=r".*\.(q|k|v|out)_proj"),
    }


# --- one process ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def locked(path):
    """Holds a lock that other measurements on this machine take too."""
    with open(path or os.devnull, "a") as file:
        if path:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def machine_seconds():
    """Processor seconds that this machine has worked, all cores together."""
    with open("/proc/stat") as file:
        ticks = [int(x) for x in file.readline().split()[1:]]
    return (sum(ticks[:3]) + sum(ticks[5:8])) / os.sysconf("SC_CLK_TCK")


def first_victim():
    pathlib.Path("/proc/self/oom_score_adj").write_text("1000")


def start(command, output, environment):
    return subprocess.Popen(
        [str(c) for c in command],
        stdout=open(output, "w"),
        stderr=open(f"{output}.err", "w"),
        env=os.environ | environment,
        preexec_fn=first_victim,
    )


def watch(process, limit, log=None):
    """Waits; the status, the usage, and when each line of the log came. Kills the process after the limit."""
    began, arrived = time.monotonic(), []
    while True:
        done, status, usage = os.wait4(process.pid, os.WNOHANG)
        if log and log.exists():
            arrived += [time.monotonic() - began] * (log.read_bytes().count(b"\n") - len(arrived))
        if done:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage, arrived
        if time.monotonic() - began > limit:
            process.kill()
            limit = float("inf")
        time.sleep(0.02)


class Failed(Exception):
    """What became of a process that gave no result."""


def measure(o, command, name, log=None):
    """Runs a command that ends with a JSON object on its output; that object, and what the kernel says."""
    output = o.output / f"{name}.out"
    output.parent.mkdir(parents=True, exist_ok=True)
    if log:
        log.unlink(missing_ok=True)
    environment = dict(
        OMP_NUM_THREADS=str(o.threads),
        TOKENIZERS_PARALLELISM="false",
        TORCHINDUCTOR_CACHE_DIR=str(o.output / "inductor"),
    )
    for _ in range(3):
        with locked(o.lock):
            worked, began = machine_seconds(), time.monotonic()
            code, usage, arrived = watch(start(command, output, environment), o.limit, log)
            seconds = time.monotonic() - began
            others = machine_seconds() - worked - usage.ru_utime - usage.ru_stime
        if code != 0 and seconds > o.limit:
            raise Failed(f"not done after {o.limit:.0f} s")
        if code != 0:
            error = pathlib.Path(f"{output}.err").read_text().strip().splitlines() or [""]
            raise Failed("out of memory" if code == -9 else f"exit {code}: {error[-1][:300]}")
        others = max(0, others / seconds / os.cpu_count())
        if others <= o.quiet:
            break
        print(f"  {name}: others took {others:.0%} of the machine", flush=True)
    text = output.read_text()
    result = json.loads(text[text.index("{") :]) if "{" in text else {}
    return result | dict(peak=usage.ru_maxrss * 1024, seconds=seconds, others=others, arrived=arrived)


# --- the two trainers -------------------------------------------------------------------------------------------------


def run_file(o, work, precision, folder, adapter, batch=None, data=None, steps=1):
    """Writes a run file for lorad."""
    sections = dict(
        run=folder.name,
        model=dict(path=str(work.model), precision=precision),
        adapter=adapter,
        data=dict(train=str(data or work.data), images=str(work.images), max_length=4096, shuffle=False),
        training=dict(
            learning_rate=o.learning_rate,
            lr_scheduler_type="constant",
            per_device_train_batch_size=batch or work.batch,
            max_grad_norm=0,
            weight_decay=0,
            max_steps=steps,
            logging_steps=1,
            output_dir=str(folder / "lorad"),
        ),
    )
    if work.kind == "llava":
        sections["data"]["template"] = "chatml"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{precision}.yaml"
    path.write_text("".join(f"{key}: {json.dumps(value)}\n" for key, value in sections.items()))
    return path


def settings(pairs):
    return [x for pair in pairs for x in ("--set", pair)]


def lorad_block(o, config, name, extra=(), warm_up=None):
    command = [o.lorad, "bench", "train", "--config", config, "--steps", o.steps, "--json"]
    command += ["--warm-up", o.warm_up if warm_up is None else warm_up]
    found = measure(o, command + settings([*o.set, *extra]), name)
    return dict(
        step=found["seconds_per_step"],
        fastest=found["fastest_step"],
        slowest=found["slowest_step"],
        rate=found["tokens_per_second"],
        tokens=found["tokens_per_step"],
        first_step=found["seconds_to_first_step"],
        trained=found["trained_numbers"],
        arithmetic=found["arithmetic"],
        **{key: found[key] for key in ("peak", "others", "losses", "lanes")},
    )


def peer_command(o, work, **more):
    facts = dict(
        model=work.model, data=work.data, images=work.images, kind=work.kind, batch=work.batch, template="chatml"
    )
    facts |= dict(threads=o.threads, learning_rate=o.learning_rate) | more
    return [sys.executable, pathlib.Path(__file__).with_name("peft_peer.py"), json.dumps(facts, default=str)]


def peer_options(o, variant):
    mode, precision, at_once = variant.split(" ")[:3]
    more = 3 * (mode == "compile")
    return dict(precision=precision, compile=mode == "compile", at_once=int(at_once), warm_up=o.warm_up + more)


def peer_block(o, work, initial, variant, name):
    options = peer_options(o, variant)
    found = measure(o, peer_command(o, work, initial=initial, steps=o.steps, **options), name)
    counted = found["steps"][options["warm_up"] :]
    seconds = [s["seconds"] for s in counted]
    return dict(
        step=statistics.median(seconds),
        fastest=min(seconds),
        slowest=max(seconds),
        rate=statistics.median(s["tokens"] / s["seconds"] for s in counted),
        tokens=int(statistics.median(s["tokens"] for s in counted)),
        first_step=found["steps"][0]["since_start"],
        losses=[s["loss"] for s in found["steps"]],
        **{key: found[key] for key in ("peak", "others", "trained")},
    )


def initial_adapter(o, name, work):
    """An adapter that PEFT writes, for both to start from."""
    folder = o.output / name / "initial"
    if not (folder / "adapter_model.safetensors").exists():
        make = dict(r=16, lora_alpha=32, target_modules=work.targets, modules_to_save=work.saved or None)
        measure(o, peer_command(o, work, initial=folder, make=make), f"{name}/initial")
    return folder


# --- parts ------------------------------------------------------------------------------------------------------------


def together(blocks):
    """Several blocks as one: medians, the extremes of their steps, the largest memory."""
    middle = {key: statistics.median(b[key] for b in blocks) for key in ("step", "rate", "tokens", "first_step")}
    return (
        blocks[0]
        | middle
        | dict(
            fastest=min(b["fastest"] for b in blocks),
            slowest=max(b["slowest"] for b in blocks),
            peak=max(b["peak"] for b in blocks),
            others=max(b["others"] for b in blocks),
            blocks=[b["step"] for b in blocks],
        )
    )


def say(name, who, block):
    print(
        f"{name}, {who}: {block['step']:.3f} s a step ({block['fastest']:.3f} to {block['slowest']:.3f}), "
        f"{block['rate']:.0f} tokens/s, {block['peak'] / 1e9:.2f} GB, first step after {block['first_step']:.1f} s, "
        f"others {block['others']:.0%}, loss {block['losses'][0]:.5f} to {block['losses'][-1]:.5f}",
        flush=True,
    )
    return block


def fastest_peer(o, name, work, precision, initial, known):
    """Tries every variant of torch for a block; the fastest, and what each gave."""
    trials = dict(known) if o.reuse_trials else {}
    for mode, numbers, rows in itertools.product(o.peers, PEERS[precision], work.at_once):
        variant = f"{mode} {numbers} {rows} at once"
        if variant in trials:
            continue
        try:
            label = f"{name}/torch-{variant.replace(' ', '-')}"
            trials[variant] = say(
                f"{name} {precision}", f"torch {variant}", peer_block(o, work, initial, variant, label)
            )
        except Failed as failure:
            trials[variant] = dict(failed=str(failure))
            print(f"{name} {precision}, torch {variant}: {failure}", flush=True)
    done = {variant: block for variant, block in trials.items() if "step" in block}
    return min(done, key=lambda v: done[v]["step"], default=None), trials


def alternate(o, name, work, precision, variants, known):
    """Blocks of lorad, of its variants and of the fastest torch, in turn."""
    initial = initial_adapter(o, name, work)
    config = run_file(o, work, precision, o.output / name, dict(path=str(initial)))
    peer, trials = fastest_peer(o, name, work, precision, initial, known)
    blocks = {"lorad": []} | {v: [] for v in variants} | ({"torch": []} if peer else {})
    warm_up = peer_options(o, peer)["warm_up"] if peer else o.warm_up  # the same rows count for both
    for who, extra in variants.items():  # what a variant keeps on disk is there before it is measured
        lorad_block(o, config, f"{name}/{who}-{precision}-before", extra, warm_up)
    for turn in range(o.blocks):
        for who, found in blocks.items():
            label = f"{name}/{who}-{precision}-{turn}"
            if who == "torch":
                block = peer_block(o, work, initial, peer, label)
            else:
                block = lorad_block(o, config, label, variants.get(who, []), warm_up)
            found.append(say(f"{name} {precision}", who, block))
    result = {who: together(found) for who, found in blocks.items()}
    if peer:
        ours, theirs = result["lorad"], result["torch"]
        result["apart"] = max(abs(a - b) / abs(b) for a, b in zip(ours["losses"], theirs["losses"]))
        if ours["tokens"] != theirs["tokens"]:  # a contrastive row's tokens are counted in more than one way
            print(f"{name}: {theirs['tokens']} tokens a step of torch count as lorad's {ours['tokens']}")
            theirs |= dict(rate=ours["tokens"] / theirs["step"], tokens=ours["tokens"])
    return result | dict(peer=peer, trials=trials)


def curves(o, name, work, precision, peer):
    """Both train with a loss a step: wall time from their start until the loss that the slower has at its end."""
    initial, folder = initial_adapter(o, name, work), o.output / f"{name}-curves"
    config = run_file(o, work, precision, folder, dict(path=str(initial)), steps=o.curve_steps)
    folder.joinpath("lorad").mkdir(exist_ok=True)
    logs = dict(lorad=folder / "lorad/trainer_log.jsonl", torch=folder / "torch.jsonl")
    more = peer_options(o, peer) | dict(warm_up=0, steps=o.curve_steps, log=logs["torch"], initial=initial)
    commands = dict(
        lorad=[o.lorad, "train", "--config", config, "--overwrite", *settings(o.set)],
        torch=peer_command(o, work, save=folder / "torch", **more),
    )
    found = {}
    for who, command in commands.items():
        times = measure(o, command, f"{name}-curves/{who}-{precision}", logs[who])["arrived"]
        lines = [json.loads(line) for line in logs[who].read_text().splitlines()]
        lines = [(line["loss"], at) for line, at in zip(lines, times) if "loss" in line]
        found[who] = dict(losses=[x for x, _ in lines], times=[t for _, t in lines])
    slower = max(found, key=lambda who: found[who]["times"][-1])
    goal = smoothed(found[slower]["losses"])[-1]
    for run in found.values():
        # A thousandth, or rounding would decide where both end at the same loss.
        reached = [t for x, t in zip(smoothed(run["losses"]), run["times"]) if x <= goal * 1.001]
        run["reached"] = reached[0] if reached else None
    return found | dict(goal=goal, peer=peer)


def lorad_alone(o, name, work, precision, cases):
    """Blocks of lorad in turn: cases give extra settings, adapter, batch and rows."""
    blocks = {case: [] for case in cases}
    for turn in range(o.blocks):
        for case, (extra, changes) in cases.items():
            label = f"{name}/{case}".replace(" ", "-")
            changes = dict(adapter=dict(r=16, lora_alpha=32, target_modules=work.targets)) | changes
            config = run_file(o, work, precision, o.output / label, **changes)
            blocks[case].append(say(name, case, lorad_block(o, config, f"{label}/{turn}", extra)))
    return {case: together(found) for case, found in blocks.items()}


def rows_of(o, tokens):
    """Eight rows without pictures of about so many tokens, half of each supervised."""
    words = " a" * (tokens // 2 - 6)
    turns = [{"from": "human", "value": "a" + words}, {"from": "gpt", "value": "a" + words}]
    path = o.output / f"length/{tokens}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([dict(id=str(i), conversations=turns) for i in range(8)]))
    return path


def resident(processes, key):
    """Sum of a field of smaps_rollup; Pss divides each page among those that map it."""
    total = 0
    for process in processes:
        with contextlib.suppress(OSError):
            rollup = pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text()
            total += sum(int(kb) for kb in re.findall(rf"^{key}:\s+(\d+) kB", rollup, re.M)) * 1024
    return total


def shared(o, name, work, precision):
    """One `lorad bench train` on one lane, and four side by side on the same model."""
    config = run_file(o, work, precision, o.output / "shared" / name, dict(path=str(initial_adapter(o, name, work))))
    command = [o.lorad, "bench", "train", "--config", config, "--steps", 1, "--warm-up", 1, "--json"]
    command += settings([*o.set, "training.lanes=1"])
    found = {}
    for count in (1, 4):
        with locked(o.lock):
            processes = [start(command, o.output / f"shared/{name}/{count}-{i}", {}) for i in range(count)]
            peaks, began = dict(Pss=0, Rss=0), time.monotonic()
            while any([p.poll() is None for p in processes]) and time.monotonic() - began < o.limit:
                # Only while all are there: a page that one has left is divided among fewer.
                if all(p.returncode is None for p in processes):
                    peaks = {key: max(peak, resident(processes, key)) for key, peak in peaks.items()}
                time.sleep(0.1)
            for process in processes:
                process.kill()
                process.wait()
        if any(p.returncode for p in processes):
            raise Failed(f"{count} at once did not end well within {o.limit:.0f} s")
        found[str(count)] = peaks
        print(f"shared {name}: {count}, Pss {peaks['Pss'] / 1e9:.2f} GB, sum of resident {peaks['Rss'] / 1e9:.2f} GB")
    return found


def measure_part(o, part, results):
    known, variants = workloads(o), {}
    for name, (work, *pairs) in o.variant.items():
        variants.setdefault(work, {})[name] = pairs
    reference, alone = known["reference"], lambda cases: lorad_alone(o, part, known["reference"], "bf16", cases)
    if part in known:
        for precision in [p for p in o.precision if p in known[part].precisions]:
            trials = results.get(f"{part} {precision}", {}).get("trials", {})
            results[f"{part} {precision}"] = alternate(o, part, known[part], precision, variants.get(part, {}), trials)
    elif part == "curves":
        for precision in o.precision:
            peer = results.get(f"real {precision}", {}).get("peer") or f"{o.peers[0]} {PEERS[precision][0]} 8 at once"
            results[f"curves {precision}"] = curves(o, "real", known["real"], precision, peer)
    elif part == "lanes":
        results[part] = alone({f"{n} lane" + "s" * (n > 1): ([f"training.lanes={n}"], {}) for n in (1, 2)})
    elif part == "rank":
        lora = lambda r: dict(adapter=dict(r=r, lora_alpha=2 * r, target_modules=reference.targets))
        results[part] = alone({f"rank {r}": ([], lora(r)) for r in (4, 16, 64)})
    elif part == "length":
        sizes = (256, 512, 1024, 2048)
        results[part] = alone({f"{n} tokens": ([], dict(batch=2048 // n, data=rows_of(o, n))) for n in sizes})
    elif part == "shared":
        for name, precision in (("reference", "fp32"), ("large", "bf16")):
            results[f"shared {name}"] = shared(o, name, known[name], precision)


# --- the whole --------------------------------------------------------------------------------------------------------


def machine(o):
    """The processor, its cores and the flags that matter, and versions."""
    text = pathlib.Path("/proc/cpuinfo").read_text()
    field = lambda name: next(iter(re.findall(rf"^{name}\s*: (.*)$", text, re.M)), "?")
    version = subprocess.run([o.lorad, "--version"], capture_output=True, text=True, check=True).stdout
    packages = {name: importlib.metadata.version(name) for name in ("torch", "transformers", "peft")}
    return dict(
        processor=field("model name"),
        cores=os.cpu_count(),
        threads=o.threads,
        flags=[flag for flag in FLAGS if flag in field("flags").split()],
        lorad=[line for line in version.splitlines() if line],
        **packages,
    )


def write_docs(path, mark, text, images):
    """Replaces what stands between the marks of a page: tables, and pictures where they were asked for."""
    begin, end = f"<!-- {mark}:begin -->", f"<!-- {mark}:end -->"
    titles = dict(speed="Tokens a second beside torch", loss="Loss by step and by time")
    there = {name: title for name, title in titles.items() if images and (images / f"{name}.svg").exists()}
    shown = [f"![{title}]({os.path.relpath(images, path.parent)}/{name}.svg)\n" for name, title in there.items()]
    head, rest = path.read_text().split(begin)
    path.write_text("\n".join([head + begin, *shown, text + end + rest.split(end)[1]]))


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    folder = lambda text: pathlib.Path(text).resolve()
    for name in ("lorad", "workloads", "real", "output"):
        parser.add_argument(f"--{name}", type=folder, required=True)
    parser.add_argument("--only", nargs="+", default=PARTS, choices=[*PARTS, "real-tower", "none"])
    parser.add_argument("--precision", nargs="+", default=list(PEERS), choices=PEERS)
    parser.add_argument("--peers", nargs="+", default=["eager", "compile"], choices=["eager", "compile"])
    parser.add_argument("--reuse-trials", action="store_true", help="try no variant of torch that was tried before")
    parser.add_argument("--blocks", type=int, default=3, help="of each, in turn")
    parser.add_argument("--steps", type=int, default=6, help="that count in a block")
    parser.add_argument("--warm-up", type=int, default=2)
    parser.add_argument("--curve-steps", type=int, default=300)
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--limit", type=float, default=900, help="seconds that a process may take")
    parser.add_argument("--quiet", type=float, default=0.05, help="share of the machine that others may use")
    parser.add_argument("--lock", type=folder, help="a file to lock while a process is measured")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="handed to every run of lorad")
    parser.add_argument("--variant", action="append", default=[], metavar="NAME=WORKLOAD,KEY=VALUE")
    parser.add_argument("--write-docs", type=folder)
    parser.add_argument("--mark", default="speed", help="of the place in the page: one for each machine")
    parser.add_argument("--images", type=folder)
    o = parser.parse_args()
    o.variant = {name: rest.split(",") for name, rest in (v.split("=", 1) for v in o.variant)}
    return o


def main():
    o = options()
    path = o.output / "results.json"
    facts = json.loads(path.read_text()) if path.exists() else dict(results={})
    o.output.mkdir(parents=True, exist_ok=True)
    for part in [p for p in o.only if p != "none"]:
        work = workloads(o).get(part)
        if work and not work.model.exists():
            print(f"{part}: there is no {work.model}")
            continue
        facts["machine"] = machine(o)
        try:
            measure_part(o, part, facts["results"])
        except Failed as failure:
            print(f"{part}: {failure}", flush=True)
        finally:
            path.write_text(json.dumps(facts, indent=1))
    text = report(facts)
    print(text)
    images = o.images or o.output
    draw_speed(facts["results"], images)
    draw_losses(facts["results"], images)
    if o.write_docs:
        write_docs(o.write_docs, o.mark, text, o.images)


if __name__ == "__main__":
    main()
