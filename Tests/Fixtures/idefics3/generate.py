#!/usr/bin/env python3
"""Writes the Idefics3 and SmolVLM goldens: small random checkpoints, PEFT adapters, what transformers + PEFT compute with them,
what transformers generates, and what its processor makes of texts and images.

    pip install torch transformers peft safetensors numpy pillow tokenizers jinja2 num2words
    python generate.py [OUT] [--check]

OUT defaults to this folder; --check writes to a temporary folder and fails where a tensor is more than 1e-4 away. Cases have the
files of ../llava, whose generate.py does the work; `pixel_values.N` are the tiles of row N. Besides:

    texts.json          as ../generation/texts.json, for the cases here
    processor/          a tokenizer, its chat template and an image processor; golden.json has conversations, their text and their
                        tokens by Idefics3Processor; golden.safetensors the tiles of images of several sizes and settings
"""

import importlib.util, json, os, shutil, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def module(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


golden = module("llava_generate", f"{HERE}/../llava/generate.py")
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForImageTextToText, GenerationConfig

DECODER = r".*text_model.*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)"
ALL_LINEAR = r".*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj|out_proj|fc1|fc2|proj)"
TEXT = dict(
    model_type="llama", vocab_size=71, hidden_size=24, intermediate_size=34, num_hidden_layers=2, num_attention_heads=6,
    num_key_value_heads=2, head_dim=4, hidden_act="silu", rms_norm_eps=1e-5, max_position_embeddings=128,
    rope_parameters=dict(rope_type="default", rope_theta=500.0), attention_bias=False, mlp_bias=False,
    tie_word_embeddings=False, pad_token_id=0)
VISION = dict(
    hidden_size=12, intermediate_size=22, num_hidden_layers=2, num_attention_heads=3, image_size=20, patch_size=5)
MATTERS = [
    ("vision_config.hidden_act", "relu"), ("vision_config.layer_norm_eps", 1e-2),
    ("text_config.rms_norm_eps", 1e-2),
]

# Rows: how many tiles each image has, tokens of the prompt and of the answer.
CASES = {
    "idefics3-one-tile": dict(
        keys="module", dtype="F32", lr=2e-3, rows=[([1], 6, 5), ([], 8, 4), ([1, 1], 4, 3)], seed=11_000,
        config=dict(
            architectures=["Idefics3ForConditionalGeneration"], model_type="idefics3", dtype="float32",
            image_token_id=69, scale_factor=2, tie_word_embeddings=False, text_config=TEXT,
            vision_config=dict(VISION, model_type="idefics3_vision", hidden_act="gelu_pytorch_tanh")),
        adapter=dict(r=3, lora_alpha=6, target_modules=DECODER), matters=MATTERS[1:]),
    "idefics3-all-linear": dict(
        keys="module", dtype="BF16", lr=1e-3, rows=[([5], 5, 5), ([], 7, 4), ([3, 7], 4, 3)], seed=12_000,
        config=dict(
            architectures=["Idefics3ForConditionalGeneration"], model_type="idefics3", dtype="bfloat16",
            image_token_id=69, scale_factor=2, tie_word_embeddings=False,
            text_config={k: v for k, v in TEXT.items() if k not in ("hidden_act", "head_dim")},
            vision_config=dict(VISION)),
        adapter=dict(r=2, lora_alpha=6, target_modules=ALL_LINEAR), matters=MATTERS),
    "smolvlm-tied-connector": dict(
        keys="module", dtype="F32", shards=2, lr=1e-3, rows=[([4], 6, 5), ([2], 5, 4), ([], 6, 4)], seed=13_000,
        config=dict(
            architectures=["SmolVLMForConditionalGeneration"], model_type="smolvlm", dtype="float32",
            image_token_id=3, scale_factor=4, tie_word_embeddings=True, text_config=dict(TEXT, tie_word_embeddings=True),
            vision_config=dict(VISION, model_type="smolvlm_vision")),
        adapter=dict(r=2, lora_alpha=4, target_modules=DECODER, modules_to_save=["connector"]), matters=MATTERS),
}


def make_rows(case, folder, seed):
    config = AutoConfig.from_pretrained(folder)
    rng, v = np.random.default_rng(seed), config.vision_config
    tokens = (v.image_size // v.patch_size // config.scale_factor) ** 2
    words = [i for i in range(4, config.text_config.vocab_size) if i != config.image_token_id]
    rows = []
    for images, prompt, answer in case["rows"]:
        text = rng.choice(words, prompt + answer).tolist()
        ids, labels = [1], [-100]
        for k in range(prompt):
            for _ in range(images[k] if k < len(images) else 0):  # a separator, and the tile behind it
                ids += [2] + [config.image_token_id] * tokens
                labels += [-100] * (tokens + 1)
            ids.append(text[k])
            labels.append(-100)
        ids += text[prompt:]
        labels += [-100 if k == answer // 2 and answer > 3 else t for k, t in enumerate(text[prompt:])]
        row = dict(input_ids=torch.tensor([ids]), labels=torch.tensor([labels]))
        if images:
            pixels = rng.normal(0, 1, (sum(images), 3, v.image_size, v.image_size)).astype(np.float32)
            row["pixel_values"] = torch.from_numpy(pixels)
        rows.append(row)
    return rows


def forward(model, row):
    dtype = next(model.parameters()).dtype
    pixels = row["pixel_values"].to(dtype)[None] if "pixel_values" in row else None
    return model(input_ids=row["input_ids"], pixel_values=pixels).logits


golden.CASES, golden.make_rows, golden.forward = CASES, make_rows, forward
golden.LlavaConfig, golden.LlavaForConditionalGeneration = AutoConfig, AutoModelForImageTextToText
# A model from its configuration, as the class of one family would be called.
golden.LlavaForConditionalGeneration = type(
    "Auto", (), {
        "__new__": lambda cls, config: AutoModelForImageTextToText.from_config(config),
        "from_pretrained": staticmethod(AutoModelForImageTextToText.from_pretrained)})


def generated_texts(out):
    texts = module("generation_generate", f"{HERE}/../generation/generate.py")
    cases = {}
    for name in CASES:
        cases[name] = []
        tensors = load_file(f"{out}/{name}/golden.safetensors")
        for adapted in (False, True):
            model = AutoModelForImageTextToText.from_pretrained(
                f"{out}/{name}", dtype=torch.float32, attn_implementation="eager")
            if adapted:
                model = golden.PeftModel.from_pretrained(model, f"{out}/{name}/adapter").get_base_model()
            model.eval()
            for row in range(len(CASES[name]["rows"])):
                end = int((tensors[f"labels.{row}"] != -100).nonzero()[0])
                ids, pixels = tensors[f"input_ids.{row}"][None, :end], tensors.get(f"pixel_values.{row}")
                for settings in texts.SETTINGS:
                    tokens = texts.generated(model, ids, None if pixels is None else pixels[None], settings)
                    cases[name].append(dict(adapter=adapted, row=row, settings=settings, tokens=tokens))
    json.dump(dict(length=texts.LENGTH, cases=cases), open(f"{out}/texts.json", "w"))


# --- the processor ----------------------------------------------------------------------------------------------------

TEMPLATE = (
    "<|im_start|>{% for message in messages %}{{message['role'] | capitalize}}"
    "{% if message['content'][0]['type'] == 'image' %}{{':'}}{% else %}{{': '}}{% endif %}"
    "{% for line in message['content'] %}{% if line['type'] == 'text' %}{{line['text']}}"
    "{% elif line['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}<end_of_utterance>\n{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}")
SPECIAL = ["<|im_start|>", "<|im_end|>", "<end_of_utterance>", "<fake_token_around_image>", "<global-img>", "<image>"]
CORPUS = ["User: What is shown here?\n\n", "Assistant: A red circle.\n", "System: Answer in one word.", " and the", "\n\n"] * 9
CONVERSATIONS = [
    dict(images=["scene.png"], turns=[("user", "<image>What is shown?"), ("assistant", "A scene.")]),
    dict(images=["420.jpg", "rgb-8.png"], turns=[
        ("system", "Answer in one word."), ("user", "<image> and <image>\nare they equal?"), ("assistant", "No."),
        ("user", "Why?"), ("assistant", "They are not.")]),
    dict(images=[], turns=[("user", "Hello"), ("assistant", "Hi.")]),
    dict(images=["grey.jpg"], turns=[("user", "Look at <image>, please."), ("assistant", "Yes.")]),
]
SETTINGS = {
    "plain": dict(size=dict(longest_edge=60), max_image_size=dict(longest_edge=20)),
    "whole": dict(size=dict(longest_edge=48), max_image_size=dict(longest_edge=16), do_image_splitting=False),
    "exact": dict(size=dict(height=20, width=33), max_image_size=dict(longest_edge=16), resample=3),
    "unsized": dict(do_resize=False, max_image_size=dict(longest_edge=24), image_mean=[0.1, 0.2, 0.3], image_std=[0.4, 0.5, 0.6]),
    "small": dict(size=dict(longest_edge=15), max_image_size=dict(longest_edge=16), do_normalize=False),
}
IMAGES = ["scene.png", "grey.jpg", "oriented-6.jpg"]


def byte_pairs(folder):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    places = [f"<row_{r + 1}_col_{c + 1}>" for r in range(6) for c in range(6)]
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=300, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False))
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<|im_start|>", eos_token="<end_of_utterance>", pad_token="<|im_end|>",
        additional_special_tokens=SPECIAL + places)
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    return fast


def contents(text):
    """A row's text as blocks: each marker is an image, and a line break right behind it is part of the marker."""
    blocks = []
    for index, piece in enumerate(text.split("<image>")):
        if index:
            blocks.append(dict(type="image"))
            piece = piece.removeprefix("\n")
        if piece:
            blocks.append(dict(type="text", text=piece))
    return blocks


def processor(out):
    from PIL import Image, ImageOps
    from transformers import Idefics3ImageProcessorPil, Idefics3Processor

    folder = f"{out}/processor"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    tokenizer = byte_pairs(folder)
    images = lambda name: ImageOps.exif_transpose(Image.open(f"{HERE}/../images/{name}")).convert("RGB")
    pixels = Idefics3ImageProcessorPil(**SETTINGS["plain"])
    whole = Idefics3Processor(pixels, tokenizer, image_seq_len=4, chat_template=TEMPLATE)
    written = dict(pixels.to_dict(), image_processor_type="Idefics3ImageProcessor")
    json.dump({k: v for k, v in written.items() if v is not None}, open(f"{folder}/preprocessor_config.json", "w"), indent=1, default=str)
    json.dump(dict(image_seq_len=4, processor_class="Idefics3Processor"), open(f"{folder}/processor_config.json", "w"))
    found = []
    for row in CONVERSATIONS:
        messages = [dict(role=role, content=contents(text)) for role, text in row["turns"]]
        answered = whole.apply_chat_template(messages)
        asked = whole.apply_chat_template(messages[:-1], add_generation_prompt=True)
        opened = [images(name) for name in row["images"]]
        ids = lambda text: whole(text=text, images=opened or None, add_special_tokens=False)["input_ids"][0]
        found.append(dict(row, text=answered, prompt=asked, ids=ids(answered), prompt_ids=ids(asked)))
    tensors, grids = {}, {}
    for name, settings in SETTINGS.items():
        one = Idefics3ImageProcessorPil(**settings)
        for image in IMAGES:
            made = one(images(image), return_row_col_info=True, return_tensors="pt")
            tensors[f"{name}.{image}"] = made["pixel_values"][0].float().contiguous()
            grids[f"{name}.{image}"] = [made["rows"][0][0], made["cols"][0][0]]
    sizes = [[w, h] for w, h in [(1, 1), (640, 480), (480, 640), (5000, 31), (31, 5000), (1457, 1456), (9, 4096), (333, 1000), (2, 3000)]]
    plans = {}
    for edge, tile in [(1456, 364), (2048, 512), (5000, 364), (48, 16)]:
        one = Idefics3ImageProcessorPil(size=dict(longest_edge=edge), max_image_size=dict(longest_edge=tile))
        for width, height in sizes:
            blank = Image.new("RGB", (width, height))
            made = one(blank, return_row_col_info=True)
            plans[f"{edge}/{tile}/{width}x{height}"] = [made["rows"][0][0], made["cols"][0][0]]
    save_file(tensors, f"{folder}/golden.safetensors")
    json.dump(dict(conversations=found, settings=SETTINGS, grids=grids, plans=plans), open(f"{folder}/golden.json", "w"), indent=1)


def main():
    check = "--check" in sys.argv
    out = ([a for a in sys.argv[1:] if not a.startswith("--")] or [HERE])[0]
    apart = 0.0
    with tempfile.TemporaryDirectory() as scratch:
        target = scratch if check else out
        for name, case in CASES.items():
            shutil.rmtree(f"{target}/{name}", ignore_errors=True)
            golden.write_case(name, json.loads(json.dumps(case)), f"{target}/{name}", case["seed"])
            if check:
                apart = max(apart, golden.compare(f"{out}/{name}", f"{target}/{name}"))
        generated_texts(target)
        processor(target)
        if check:
            for path in ("texts.json", "processor/golden.json"):
                assert open(f"{out}/{path}").read() == open(f"{target}/{path}").read(), path
            print(f"largest relative difference from the stored goldens {apart:.2g}")
    return int(apart > 1e-4)


if __name__ == "__main__":
    sys.exit(main())
