#!/usr/bin/env python3
"""Scores random predictions with lorad and with the reference implementations, and says how far they are apart.

    pip install numpy
    pip install --no-deps rouge-score absl-py nltk six pycocoevalcap lmms-eval
    python compare_metrics.py --lorad PATH/TO/lorad [--rows 4000] [--seed 1] [--ptb]

VQA accuracy  the answers' normalisation is that of the VQA v2 evaluation code, whose functions lmms-eval carries; the accuracy
              is the published formula. The published script leaves references as they are where all agree, and never takes
              articles and number words out of them; lorad treats both sides alike. Rows where that matters are counted.
ROUGE-L       rouge_score.RougeScorer("rougeL").score_multi, without stemming
CIDEr-D       pycocoevalcap.cider.Cider, on captions of plain words; --ptb (needs java) also compares captions with
              punctuation, which the reference takes apart with Stanford's tokenizer
"""

import argparse, importlib.util, json, os, random, subprocess, sys, tempfile

WORDS = """a an the cat cats dog man woman street red blue sits sitting on in under with two 2 three 10 none zero yes no don't dont
it's its isnt can't wont theyre somebody'd ow's'at left-hand t-shirt u.s. mr. o'clock 1,000 3.5 12:30 café naïve zebra's Dog THE
what's 7 seven grass sky bench playing tennis racket ball holding large small group of people are is""".split()
MARKS = [",", ".", "!", "?", ";", "/", "-", " - ", "(", ")", '"', "'", "  ", "\n", "\t", "_", "@", "&", "..."]
PLAIN = [w.lower() for w in WORDS if w.isascii() and w.isalpha()]


def processor():
    """The class with the evaluation code's functions; importing lmms-eval itself would need all that it depends on."""
    folder = os.path.dirname(importlib.util.find_spec("lmms_eval").origin)
    spec = importlib.util.spec_from_file_location("vqa", f"{folder}/tasks/_task_utils/vqa_eval_metric.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.EvalAIAnswerProcessor()


def accuracy(process, prediction, references, published=False):
    flat = lambda text: text.replace("\n", " ").replace("\t", " ").strip()
    full = lambda text: process.process_digit_article(process.process_punctuation(flat(text)))
    answer = full(prediction)
    if not published:
        references = [full(r) for r in references]
    elif len(set(references)) > 1:
        references = [process.process_punctuation(r) for r in references]
    if len(references) == 1:
        return float(references[0] == answer)
    scores = []
    for i in range(len(references)):
        others = references[:i] + references[i + 1:]
        scores.append(min(1, sum(o == answer for o in others) / 3))
    return sum(scores) / len(scores)


def rouge(rows):
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    return [scorer.score_multi(r["references"], r["prediction"])["rougeL"].fmeasure for r in rows]


def cider(rows, tokenize=None):
    from pycocoevalcap.cider.cider import Cider

    references = {i: r["references"] for i, r in enumerate(rows)}
    predictions = {i: [r["prediction"]] for i, r in enumerate(rows)}
    if tokenize:
        references, predictions = tokenize(references), tokenize(predictions)
    return Cider().compute_score(references, predictions)[1].tolist()


def penn_treebank():
    from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

    tokenizer = PTBTokenizer()
    return lambda texts: tokenizer.tokenize({k: [dict(caption=c) for c in v] for k, v in texts.items()})


def answer(rng, words, length):
    text = " ".join(rng.choice(words) for _ in range(rng.randint(1, length)))
    for _ in range(rng.choice([0, 0, 1, 2])):
        position = rng.randint(0, len(text))
        text = text[:position] + rng.choice(MARKS) + text[position:]
    return text


def answer_rows(rng, count):
    """Short answers, of one or ten people who partly agree."""
    rows = []
    for i in range(count):
        pool = [answer(rng, WORDS, 3) for _ in range(rng.randint(1, 4))]
        references = [rng.choice(pool) for _ in range(rng.choice([1, 3, 10, 10]))]
        prediction = rng.choice(references) if rng.random() < 0.6 else answer(rng, WORDS, 3)
        rows.append(dict(question_id=i, prediction=prediction, references=references))
    return rows


def caption_rows(rng, count, words, marks):
    """Captions that share stretches with their references."""
    rows = []
    for i in range(count):
        base = [rng.choice(words) for _ in range(rng.randint(4, 14))]
        change = lambda: " ".join(w if rng.random() < 0.7 else rng.choice(words) for w in base[: rng.randint(1, len(base))])
        texts = [change() for _ in range(rng.randint(2, 6))]
        if marks:
            texts = [t.replace(" on ", ", on ").capitalize() + rng.choice([".", "", "!", " ."]) for t in texts]
        rows.append(dict(question_id=i, prediction=texts[0], references=texts[1:]))
    return rows


def scored(lorad, rows):
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/rows.jsonl", "w") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
        command = [lorad, "score", f"{folder}/rows.jsonl", "--predictions", f"{folder}/scored.jsonl", "--json"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return [json.loads(line) for line in open(f"{folder}/scored.jsonl")]


def report(name, ours, theirs, rows):
    apart = [abs(a - b) for a, b in zip(ours, theirs)]
    worst = max(range(len(apart)), key=apart.__getitem__)
    print(f"{name}: {len(rows)} rows, mean {sum(theirs) / len(theirs):.4f}, largest difference {apart[worst]:.2e}")
    if apart[worst] > 1e-9:
        print(f"  {sum(a > 1e-9 for a in apart)} rows differ, means by {abs(sum(ours) - sum(theirs)) / len(rows):.2e}; the worst:",
              json.dumps(rows[worst]), ours[worst], theirs[worst])
    return apart[worst]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lorad", required=True)
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ptb", action="store_true")
    o = parser.parse_args()
    rng = random.Random(o.seed)
    process = processor()

    rows = answer_rows(rng, o.rows)
    found = scored(o.lorad, rows)
    ours = [r["vqa_accuracy"] for r in found]
    worst = report("VQA accuracy", ours, [accuracy(process, r["prediction"], r["references"]) for r in rows], rows)
    published = [accuracy(process, r["prediction"], r["references"], published=True) for r in rows]
    print(f"  references as the published script leaves them: {sum(a != b for a, b in zip(ours, published))} rows differ")
    worst = max(worst, report("ROUGE-L", [r["rouge_l"] for r in found], rouge(rows), rows))

    rows = caption_rows(rng, o.rows // 4, PLAIN, marks=False)
    found = scored(o.lorad, rows)
    worst = max(worst, report("ROUGE-L of captions", [r["rouge_l"] for r in found], rouge(rows), rows))
    worst = max(worst, report("CIDEr-D", [r["cider"] for r in found], cider(rows), rows))
    if o.ptb:
        rows = caption_rows(rng, o.rows // 4, WORDS, marks=True)
        report("CIDEr-D with punctuation", [r["cider"] for r in scored(o.lorad, rows)], cider(rows, penn_treebank()), rows)
    sys.exit(worst > 1e-9)


if __name__ == "__main__":
    main()
