#!/usr/bin/env python3
"""Writes the goldens of adapter methods: a PEFT adapter on one of the LLaVA checkpoints, and what PEFT computes with it.

    pip install torch transformers peft safetensors numpy
    python generate.py [OUT] [--case NAME ...] [--check]

Each folder holds `adapter/`, `golden.safetensors` and `golden.json` as those of ../llava do; the checkpoint is that of the
LLaVA case which golden.json calls `base`.
"""

import argparse, json, os, shutil, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
LLAVA = os.path.join(HERE, "..", "llava")
sys.path.insert(0, LLAVA)
from generate import compare, write_golden
import importlib.util


def cases():
    spec = importlib.util.spec_from_file_location("method_cases", os.path.join(HERE, "cases.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.CASES


def write_case(name, case, folder, seed):
    base = os.path.join(LLAVA, case["base"])
    os.makedirs(folder)
    stored = [f for f in os.listdir(base) if f == "config.json" or f.startswith("model")]
    for file in stored:
        shutil.copy(f"{base}/{file}", folder)
    write_golden(name, case, folder, seed)
    for file in stored:
        os.remove(f"{folder}/{file}")
    facts = json.load(open(f"{folder}/golden.json"))
    json.dump(facts | dict(base=case["base"]), open(f"{folder}/golden.json", "w"), indent=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?", default=HERE)
    parser.add_argument("--case", action="append")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    apart = 0.0
    for number, (name, case) in enumerate(cases().items()):
        if options.case and name not in options.case:
            continue
        target = f"{options.out}/{name}"
        with tempfile.TemporaryDirectory() as scratch:
            write_case(name, case, f"{scratch}/{name}", case.get("seed", 1000 * (number + 101)))
            if options.check:
                apart = max(apart, compare(target, f"{scratch}/{name}"))
                continue
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(f"{scratch}/{name}", target)
        facts = json.load(open(f"{target}/golden.json"))
        print(f"{name}: {facts['trainable_parameters']} trainable, {facts['loss']:.4f} -> {facts['losses'][-1]:.4f}")
    if options.check:
        print(f"largest relative difference from the stored goldens: {apart:.2g}")
    return int(apart > 1e-4)


if __name__ == "__main__":
    sys.exit(main())
