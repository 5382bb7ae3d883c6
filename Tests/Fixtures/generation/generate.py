#!/usr/bin/env python3
"""Writes what transformers generates with the small checkpoints of ../llava, and what its logits processors make of scores.

    pip install torch transformers peft safetensors numpy
    python generate.py [OUT] [--check]

OUT defaults to this folder; --check writes nothing and fails where the stored files differ.

    texts.json    prompts are rows of ../llava/CASE, up to where their answer begins; for each case, with and without its
                  adapter, the tokens that `generate` appends, for several settings that leave nothing to chance. All in fp32;
                  no two best scores of a step are closer than MARGIN.
    scores.json   scores of a small vocabulary, the tokens before, settings, and the scores after transformers' processors
                  (null: -infinity)
"""

import argparse, json, os, sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np
import torch, transformers
from peft import PeftModel
from safetensors.torch import load_file
from transformers import GenerationConfig, LlavaForConditionalGeneration

HERE = os.path.dirname(os.path.abspath(__file__))
LLAVA = os.path.join(HERE, "../llava")
LENGTH, MARGIN = 20, 2e-4
SETTINGS = [
    dict(),
    dict(repetition_penalty=1.4),
    dict(repetition_penalty=0.8),
    dict(do_sample=True, top_k=1, temperature=0.6),
    dict(do_sample=True, top_k=0, top_p=0.0, repetition_penalty=1.2),
]
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
torch.set_num_threads(1)


def prompts(case):
    """(tokens, pictures) of each row, up to its answer."""
    tensors = load_file(f"{LLAVA}/{case}/golden.safetensors")
    found = []
    for row in range(json.load(open(f"{LLAVA}/{case}/golden.json"))["rows"]):
        labels = tensors[f"labels.{row}"]
        end = int((labels != -100).nonzero()[0])
        found.append((tensors[f"input_ids.{row}"][None, :end], tensors.get(f"pixel_values.{row}")))
    return found


def generated(model, ids, pixels, settings):
    model.generation_config = GenerationConfig(eos_token_id=settings.get("eos_token_id"), pad_token_id=0)
    options = {k: v for k, v in settings.items() if k != "eos_token_id"}
    pictures = {} if pixels is None else dict(pixel_values=pixels)
    output = model.generate(
        input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=LENGTH, output_scores=True,
        return_dict_in_generate=True, **pictures, **options)
    for score in output.scores:
        best = score[0].topk(2).values
        if best[1] - best[0] > -MARGIN:
            print("too close:", settings, float(best[0] - best[1]), file=sys.stderr)
    return output.sequences[0, ids.shape[1]:].tolist()


def texts():
    cases = {}
    for case in sorted(os.listdir(LLAVA)):
        if not os.path.exists(f"{LLAVA}/{case}/config.json"):
            continue
        cases[case] = []
        for adapted in (False, True):
            model = LlavaForConditionalGeneration.from_pretrained(
                f"{LLAVA}/{case}", dtype=torch.float32, attn_implementation="eager")
            if adapted:
                model = PeftModel.from_pretrained(model, f"{LLAVA}/{case}/adapter").get_base_model()
            model.eval()
            for row, (ids, pixels) in enumerate(prompts(case)):
                for settings in SETTINGS:
                    tokens = generated(model, ids, pixels, settings)
                    cases[case].append(dict(adapter=adapted, row=row, settings=settings, tokens=tokens))
                ends = dict(eos_token_id=[cases[case][-len(SETTINGS)]["tokens"][LENGTH // 2], 1])
                tokens = generated(model, ids, pixels, ends)
                cases[case].append(dict(adapter=adapted, row=row, settings=ends, tokens=tokens))
    return dict(length=LENGTH, cases=cases)


def processed(scores, tokens, settings):
    config = GenerationConfig(do_sample=True, num_beams=1, **settings)
    model = LlavaForConditionalGeneration.from_pretrained(f"{LLAVA}/llama-gqa", dtype=torch.float32)
    config.update(**model.generation_config._get_default_generation_params(), defaults_only=True)
    ids = torch.tensor([tokens])
    chain = model._get_logits_processor(config, input_ids_seq_length=len(tokens), device="cpu", model_kwargs={})
    return chain(ids, torch.tensor([scores], dtype=torch.float32))[0].tolist()


def scores():
    rng = np.random.default_rng(5)
    cases = []
    for settings in [
        dict(temperature=0.7), dict(temperature=1.9, top_k=0), dict(top_k=7), dict(top_k=0, top_p=0.9),
        dict(top_k=0, top_p=0.35), dict(top_k=12, top_p=0.6, temperature=1.3), dict(repetition_penalty=1.3),
        dict(repetition_penalty=0.7, temperature=0.5, top_k=20, top_p=0.8), dict(top_k=0, top_p=1.0),
        dict(top_k=0, top_p=0.999), dict(top_k=5, repetition_penalty=2.5),
    ]:
        values = [round(float(x), 3) for x in rng.normal(0, 3, 80)]  # rounded: some are equal
        tokens = [int(x) for x in rng.integers(0, 80, 12)]
        after = [None if x == float("-inf") else x for x in processed(values, tokens, settings)]
        cases.append(dict(settings=settings, scores=values, tokens=tokens, processed=after))
    return cases


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", nargs="?", default=HERE)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    for name, value in (("texts", texts()), ("scores", scores())):
        path, text = f"{options.out}/{name}.json", json.dumps(value) + "\n"
        if not options.check:
            open(path, "w").write(text)
        elif open(path).read() != text:
            sys.exit(f"{path} differs")


if __name__ == "__main__":
    main()
