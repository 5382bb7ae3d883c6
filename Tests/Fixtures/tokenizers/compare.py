#!/usr/bin/env python3
"""Compares lorad's tokenizer with the reference implementation: ids, offsets and decoded text of thousands of strings.

    pip install tokenizers
    python compare.py                              the small tokenizers beside this file
    python compare.py --tokenizer DIR …            any folders with a tokenizer.json
    python compare.py --kind llama3 --vocabulary DIR   the pipeline of a family around the vocabulary of a folder

--every-scalar adds strings that hold every Unicode scalar; --speed times both on long rows with runs of image tokens.
"""
import argparse, json, os, random, subprocess, sys, tempfile, time
from tokenizers import Tokenizer
from kinds import KINDS, overlay
from texts import CORPUS, every_scalar, texts

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "..")
ROWS = 40_000


def document(folder, kind):
    with open(f"{folder}/tokenizer.json") as file:
        source = json.load(file)
    if not kind:
        return source
    vocab, added = source["model"]["vocab"], list(source["added_tokens"])
    names = {t["content"]: t["id"] for t in added}

    def identity(name):
        if name not in names and name not in vocab:
            names[name] = max(max(vocab.values()), *names.values()) + 1
            added.append(dict(id=names[name], content=name, single_word=False, lstrip=False, rstrip=False,
                              normalized=False, special=True))
        return names.get(name, vocab.get(name))

    for name in KINDS[kind]["special"]:
        identity(name)
    return overlay(kind, source["model"], added, identity)


def run(jobs):
    """Lorad's encodings of the jobs."""
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/in.json", "w") as file:
            json.dump(jobs, file)
        environment = dict(os.environ, LORAD_TOKENIZER_INPUT=f"{folder}/in.json", LORAD_TOKENIZER_OUTPUT=f"{folder}/out.json")
        command = ["swift", "test", "-c", "release", "-Xswiftc", "-enable-testing", "--filter", "TokenizerComparison"]
        result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        if not os.path.exists(f"{folder}/out.json"):
            sys.exit(result.stdout[-4000:] + result.stderr[-4000:])
        with open(f"{folder}/out.json") as file:
            return json.load(file)


def check(name, tokenizer, job, answer):
    differences = []
    for index, text in enumerate(job["texts"]):
        special = index % 4 != 0
        expected = tokenizer.encode(text, add_special_tokens=special)
        got = answer["encodings"][index]
        offsets = [x for pair in expected.offsets for x in pair]
        decoded = [tokenizer.decode(expected.ids, skip_special_tokens=s) for s in (True, False)]
        for what, a, b in (("ids", expected.ids, got["ids"]), ("offsets", offsets, got["offsets"]), ("decoded", decoded, got["decoded"])):
            if a != b:
                differences.append((what, text, a, b))
    for ids, text in zip(job["ids"], answer["decoded"]):
        if (expected := tokenizer.decode(ids, skip_special_tokens=False)) != text:
            differences.append(("decoded ids", ids, expected, text))
    for what in ("ids", "offsets", "decoded", "decoded ids"):
        found = [d for d in differences if d[0] == what]
        for _, text, a, b in found[:3]:
            first = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
            print(f"  {what}: {text!r:.300}\n    expected {a[max(0, first - 2):first + 6]!r}\n    found    {b[max(0, first - 2):first + 6]!r}")
    counts = {what: sum(d[0] == what for d in differences) for what in ("ids", "offsets", "decoded", "decoded ids")}
    print(f"{name}: {len(job['texts'])} strings, {len(job['ids'])} id sequences; differences {counts}; load {answer['load_seconds']:.2f} s", flush=True)
    return len(differences)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", nargs="*", default=[]); parser.add_argument("--kind", nargs="*", default=[])
    parser.add_argument("--vocabulary", nargs="*", default=[]); parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1); parser.add_argument("--every-scalar", action="store_true")
    parser.add_argument("--speed", action="store_true"); arguments = parser.parse_args()
    chosen = [(folder, None) for folder in arguments.tokenizer] + list(zip(arguments.vocabulary, arguments.kind))
    chosen = chosen or [(f"{HERE}/{kind}", None) for kind in sorted(os.listdir(HERE)) if os.path.exists(f"{HERE}/{kind}/tokenizer.json")]
    jobs, tokenizers = [], []
    for folder, kind in chosen:
        content = json.dumps(document(folder, kind))
        tokenizer = Tokenizer.from_str(content)
        tokenizer.no_truncation(); tokenizer.no_padding()
        added = [t.content for t in tokenizer.get_added_tokens_decoder().values()]
        generator = random.Random(arguments.seed)
        ids = [[generator.randrange(tokenizer.get_vocab_size()) for _ in range(20)] for _ in range(500)]
        rows = texts(arguments.count, arguments.seed, added) + (every_scalar() if arguments.every_scalar else [])
        jobs.append(dict(name=os.path.basename(folder) + (f" as {kind}" if kind else ""), json=content, texts=rows, ids=ids,
                         speed=speed_rows(generator) if arguments.speed else []))
        tokenizers.append(tokenizer)
    answers = run(jobs)
    total = 0
    for tokenizer, job, answer in zip(tokenizers, jobs, answers):
        total += check(job["name"], tokenizer, job, answer)
        if job["speed"]:
            start = time.perf_counter()
            for text in job["speed"]:
                tokenizer.encode(text)
            theirs = time.perf_counter() - start
            print(f"  {len(job['speed'])} rows of 300 characters: {answer['speed_seconds']:.2f} s, reference {theirs:.2f} s; "
                  f"with 576 image tokens each: {answer['image_seconds']:.2f} s")
    sys.exit(1 if total else 0)


def speed_rows(generator, rows=ROWS):
    words = [w for w in CORPUS.split() if w.isascii()]
    return [" ".join(generator.choice(words) + (str(generator.randrange(1000)) if generator.random() < .1 else "") for _ in range(57))[:300] for _ in range(rows)]


if __name__ == "__main__":
    main()
