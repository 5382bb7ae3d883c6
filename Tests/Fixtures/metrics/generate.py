#!/usr/bin/env python3
"""Writes answers and captions with the scores that the reference implementations give them (docs/scripts/compare_metrics.py).

    python generate.py [--check]

    answers.jsonl    question_id, prediction, references, vqa_accuracy, rouge_l
    captions.jsonl   question_id, prediction, references, rouge_l, cider (of all of them together)
"""

import json, os, random, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, f"{HERE}/../../../docs/scripts")
import compare_metrics as reference


def main():
    rng = random.Random(3)
    process = reference.processor()
    answers = reference.answer_rows(rng, 120)
    for row, score in zip(answers, reference.rouge(answers)):
        row |= dict(vqa_accuracy=reference.accuracy(process, row["prediction"], row["references"]), rouge_l=score)
    captions = reference.caption_rows(rng, 40, reference.PLAIN, marks=False)
    for row, rouge, cider in zip(captions, reference.rouge(captions), reference.cider(captions)):
        row |= dict(rouge_l=rouge, cider=cider)
    for name, rows in (("answers", answers), ("captions", captions)):
        text = "".join(json.dumps(row) + "\n" for row in rows)
        path = f"{HERE}/{name}.jsonl"
        if "--check" not in sys.argv:
            open(path, "w").write(text)
        elif open(path).read() != text:
            sys.exit(f"{path} differs")


main()
