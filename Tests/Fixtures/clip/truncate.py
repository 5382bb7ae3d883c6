#!/usr/bin/env python3
"""Writes tokenizer/truncated.json: what transformers' CLIPTokenizer makes of texts that are longer than a model takes, with
`truncation=True`.

    pip install transformers
    python truncate.py
"""
import json, pathlib
from transformers import CLIPTokenizer

FOLDER = pathlib.Path(__file__).resolve().parent / "tokenizer"
TEXTS = [
    "a red coat " * 40, "word " * 75, "word " * 74, "word " * 76, "Ein grüner Mantel, 图 😀! " * 30, "short", "x" * 400,
    "a photo of <|endoftext|> things " * 20,
]
LENGTHS = [77, 16, 2]


def main():
    tokenizer = CLIPTokenizer.from_pretrained(FOLDER)
    cases = []
    for text in TEXTS:
        text = text.strip()
        for length in LENGTHS:
            ids = tokenizer(text, truncation=True, max_length=length)["input_ids"]
            cases.append(dict(text=text, length=length, ids=ids))
    (FOLDER / "truncated.json").write_text(json.dumps(cases, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
