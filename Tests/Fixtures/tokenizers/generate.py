#!/usr/bin/env python3
"""Writes the small tokenizers and the golden encodings beside it, with the reference implementation.

    pip install tokenizers
    python generate.py
"""
import json, os, random
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from kinds import KINDS, overlay
from texts import CORPUS, WORDS, texts

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLES, VOCABULARY = 36, 300


def added_token(id, content, **flags):
    return dict(dict(id=id, content=content, single_word=False, lstrip=False, rstrip=False, normalized=False,
                     special=False), **flags)


def train(kind, spec):
    """A model for a kind, trained on the corpus."""
    options = spec.get("model", {})
    is_bytes = "ByteLevel" in json.dumps(spec.get("pre_tokenizer") or {})
    special = list(spec["special"])
    if options.get("byte_fallback"):
        special += [f"<0x{byte:02X}>" for byte in range(256)]
    tokenizer = Tokenizer(models.BPE(unk_token=options.get("unk_token")))
    if is_bytes:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    elif "end_of_word_suffix" in options:
        tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.BpeTrainer(
        vocab_size=(VOCABULARY + 256 if "end_of_word_suffix" in options and is_bytes else VOCABULARY) + len(special),
        special_tokens=special, show_progress=False, limit_alphabet=256 if is_bytes else 110,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if is_bytes else [],
        **{key: options[key] for key in ("end_of_word_suffix", "continuing_subword_prefix") if key in options})
    lines = CORPUS.split("\n") * 3
    tokenizer.train_from_iterator(lines + [line.lower() for line in lines] if kind in ("clip", "accents") else lines, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    if "end_of_word_suffix" in options and is_bytes:
        for c in pre_tokenizers.ByteLevel.alphabet():
            model["vocab"].setdefault(c + options["end_of_word_suffix"], len(model["vocab"]))
    return model


def build(kind):
    spec = KINDS[kind]
    model = train(kind, spec)
    vocab = model["vocab"]
    added = [added_token(vocab[t], t, special=True) for t in spec["special"]]
    extra = [added_token(0, "[LEFT]", lstrip=True), added_token(0, "[RIGHT]", rstrip=True, special=True),
             added_token(0, "[WORD]", single_word=True), added_token(0, "[Café]", normalized=True),
             added_token(0, "[LEFT][LEFT]", normalized=False), added_token(0, "<image>", special=True)]
    if spec.get("mask"):
        extra.append(added_token(0, spec["mask"], lstrip=True, special=True))
    for token in extra:
        if token["content"] not in {t["content"] for t in added}:
            added.append(dict(token, id=len(vocab) + len(added) - len(spec["special"])))
    ids = {t["content"]: t["id"] for t in added}
    return overlay(kind, model, added, lambda name: ids[name])


def golden(tokenizer, seed):
    added = [t.content for t in tokenizer.get_added_tokens_decoder().values()]
    generator, rows = random.Random(seed), []
    chosen = generator.sample(texts(600, seed, added)[25:], SAMPLES) + ["", " ", "e\u0301 é", "<image>" * 3, "'ſ don't"]
    for text in (t for t in chosen if len(t) < 100):
        special = generator.random() < .8
        encoding = tokenizer.encode(text, add_special_tokens=special)
        rows.append(dict(text=text, special=special, ids=encoding.ids, offsets=sum(map(list, encoding.offsets), []),
                         decoded=tokenizer.decode(encoding.ids, skip_special_tokens=special)))
    for _ in range(6):
        ids = [generator.randrange(tokenizer.get_vocab_size()) for _ in range(12)]
        rows.append(dict(ids=ids, special=False, decoded=tokenizer.decode(ids, skip_special_tokens=False)))
    return rows


def write(path, value):
    with open(path, "w") as file:
        json.dump(value, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")


# Kinds that differ from others only in ways the comparison covers are not kept as fixtures.
KEPT = [kind for kind in KINDS if kind not in ("gemma", "o200k", "roberta")]

if __name__ == "__main__":
    for seed, kind in enumerate(KEPT):
        document = build(kind)
        os.makedirs(f"{HERE}/{kind}", exist_ok=True)
        write(f"{HERE}/{kind}/tokenizer.json", document)
        tokenizer = Tokenizer.from_str(json.dumps(document))
        size = tokenizer.get_vocab_size()
        write(f"{HERE}/{kind}/golden.json", dict(vocabulary_size=size, samples=golden(tokenizer, seed)))
        print(kind, size, sum(os.path.getsize(f"{HERE}/{kind}/{f}") for f in os.listdir(f"{HERE}/{kind}")))
