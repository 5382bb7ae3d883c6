#!/usr/bin/env python3
"""Writes what transformers' add_tokens makes of the tokenizer of ../tiny-llava/model: expected.json.

    pip install transformers
    python generate.py

`calls`: lists of tokens as a run file has them, each added to a fresh tokenizer: its length afterwards, the `added_tokens`
that save_pretrained writes, and the ids of some texts.
"""

import json, os, tempfile

from transformers import AddedToken, AutoTokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
MODEL = f"{HERE}/../tiny-llava/model"
CALLS = [
    ["<loc>", {"content": "<sep>", "special": True}],
    [
        {"content": "<w>", "single_word": True, "lstrip": True, "rstrip": True, "normalized": False},
        {"content": "<r>", "special": True, "rstrip": True},
        {"content": "<l>", "lstrip": True},
    ],
    ["<image>", "the", "<new>"],  # the first is an added token already, the second perhaps a word
]
TEXTS = ["a <loc> b<loc>", "x<sep> the <sep>y", "a <w> b<w>c <w>", "p <r>  q <l> r", "<image> the other <new>token"]


def token(value):
    return value if isinstance(value, str) else AddedToken(**value)


def call(values):
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    before = len(tokenizer)
    tokenizer.add_tokens([token(value) for value in values])
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        saved = json.load(open(f"{folder}/tokenizer.json"))["added_tokens"]
    ids = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in TEXTS]
    return dict(tokens=values, before=before, length=len(tokenizer), added_tokens=saved, ids=ids)


json.dump(dict(texts=TEXTS, calls=[call(c) for c in CALLS]), open(f"{HERE}/expected.json", "w"), indent=1)
