"""The pipelines of the tokenizer families, as their tokenizer.json files describe them."""

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace("{1,3}", "")
CLIP = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
O200K = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def sequence(kind, *parts):
    key = {"normalizer": "normalizers", "pre_tokenizer": "pretokenizers", "post_processor": "processors",
           "decoder": "decoders"}[kind]
    return {"type": "Sequence", key: list(parts)}


def byte_level(add_prefix_space=False, trim_offsets=True, use_regex=True):
    return {"type": "ByteLevel", "add_prefix_space": add_prefix_space, "trim_offsets": trim_offsets,
            "use_regex": use_regex}


def split(pattern, behavior="Isolated", invert=False):
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": behavior, "invert": invert}


def template(*tokens):
    """A post-processor that puts the first token before the text and the second, if any, after it."""
    pieces = [{"Sequence": {"id": "A", "type_id": 0}}]
    special = [{"SpecialToken": {"id": token, "type_id": 0}} for token in tokens]
    return {"type": "TemplateProcessing", "single": special[:1] + pieces + special[1:],
            "pair": pieces + [{"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {token: {"id": token, "ids": [token], "tokens": [token]} for token in tokens}}


def metaspace(scheme, split=False):
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split}


SPACES_TO_MARKS = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
MARKS_TO_SPACES = {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}
SENTENCEPIECE_DECODER = sequence("decoder", MARKS_TO_SPACES, {"type": "ByteFallback"}, {"type": "Fuse"},
                                 {"type": "Strip", "content": " ", "start": 1, "stop": 0})
SENTENCEPIECE = {"unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True}

# For each kind: the four sections, the model's options, whether merges are strings, and the tokens it adds
# (special ones first; the others exercise the flags of added tokens).
KINDS = {
    "gpt2": dict(
        pre_tokenizer=byte_level(), post_processor=byte_level(trim_offsets=True), decoder=byte_level(),
        legacy_merges=True, special=["<|endoftext|>"]),
    "roberta": dict(
        pre_tokenizer=byte_level(add_prefix_space=True), decoder=byte_level(),
        post_processor={"type": "RobertaProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0], "trim_offsets": True,
                        "add_prefix_space": True},
        special=["<s>", "</s>"], mask="<mask>"),
    "llama3": dict(
        pre_tokenizer=sequence("pre_tokenizer", split(LLAMA3), byte_level(use_regex=False)),
        post_processor=sequence("post_processor", byte_level(True, False), template("<|begin_of_text|>")),
        decoder=byte_level(), model={"ignore_merges": True}, special=["<|begin_of_text|>", "<|end_of_text|>"]),
    "qwen2": dict(
        normalizer={"type": "NFC"},
        pre_tokenizer=sequence("pre_tokenizer", split(QWEN2), byte_level(use_regex=False)),
        post_processor=byte_level(trim_offsets=False), decoder=byte_level(),
        special=["<|endoftext|>", "<|im_start|>", "<|im_end|>"]),
    "smollm": dict(
        pre_tokenizer=sequence("pre_tokenizer", {"type": "Digits", "individual_digits": True}, byte_level()),
        post_processor=None, decoder=byte_level(), special=["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<image>"]),
    "o200k": dict(
        pre_tokenizer=sequence("pre_tokenizer", split(O200K), byte_level(use_regex=False)),
        post_processor=byte_level(trim_offsets=True), decoder=byte_level(), special=["<|endoftext|>"]),
    "llama2-normalizer": dict(
        normalizer=sequence("normalizer", {"type": "Prepend", "prepend": "▁"}, SPACES_TO_MARKS),
        post_processor=template("<s>"), decoder=SENTENCEPIECE_DECODER, model=SENTENCEPIECE, legacy_merges=True,
        special=["<unk>", "<s>", "</s>"]),
    "llama2-metaspace": dict(
        pre_tokenizer=metaspace("first"), post_processor=template("<s>", "</s>"), decoder=SENTENCEPIECE_DECODER,
        model=SENTENCEPIECE, special=["<unk>", "<s>", "</s>"]),
    "gemma": dict(
        normalizer=SPACES_TO_MARKS,
        pre_tokenizer={"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False},
        post_processor=template("<s>"), model=SENTENCEPIECE,
        decoder=sequence("decoder", MARKS_TO_SPACES, {"type": "ByteFallback"}, {"type": "Fuse"}),
        special=["<unk>", "<s>", "</s>"]),
    "metaspace-split": dict(
        normalizer=sequence("normalizer", {"type": "NFKC"}, {"type": "Strip", "strip_left": True, "strip_right": True},
                            {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}),
        pre_tokenizer=metaspace("always", True), post_processor=template("<s>", "</s>"),
        decoder=metaspace("always", True), model={"unk_token": "<unk>"}, special=["<unk>", "<s>", "</s>"]),
    "clip": dict(
        normalizer=sequence("normalizer", {"type": "NFC"},
                            {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "}, {"type": "Lowercase"}),
        pre_tokenizer=sequence("pre_tokenizer", split(CLIP, "Removed", True), byte_level()),
        post_processor={"type": "RobertaProcessing", "sep": ["<|endoftext|>", 1], "cls": ["<|startoftext|>", 0],
                        "trim_offsets": False, "add_prefix_space": False},
        decoder=byte_level(), model={"unk_token": "<|endoftext|>", "end_of_word_suffix": "</w>"},
        special=["<|startoftext|>", "<|endoftext|>"]),
    "accents": dict(
        normalizer=sequence("normalizer", {"type": "NFD"}, {"type": "StripAccents"}, {"type": "Lowercase"}),
        pre_tokenizer=sequence("pre_tokenizer", {"type": "Whitespace"},
                               {"type": "Punctuation", "behavior": "Contiguous"},
                               {"type": "Digits", "individual_digits": False}),
        post_processor={"type": "BertProcessing", "sep": ["</s>", 2], "cls": ["<s>", 1]},
        decoder={"type": "BPEDecoder", "suffix": "</w>"},
        model={"unk_token": "<unk>", "end_of_word_suffix": "</w>", "continuing_subword_prefix": "##"},
        special=["<unk>", "<s>", "</s>"]),
}


def overlay(kind, model, added, ids):
    """A tokenizer.json with the pipeline of a kind around a model (its vocab and merges) and added tokens.

    ids: maps a special token to its id; those of the kind that the vocabulary lacks are looked up there."""
    import copy
    spec = copy.deepcopy(KINDS[kind])
    processor = spec.get("post_processor")
    for part in (processor or {}).get("processors", [processor] if processor else []):
        for token in part.get("special_tokens", {}).values():
            token["ids"] = [ids(name) for name in token["tokens"]]
        for role in ("sep", "cls"):
            if role in part:
                part[role] = [part[role][0], ids(part[role][0])]
    options = dict(type="BPE", dropout=None, unk_token=None, continuing_subword_prefix=None, end_of_word_suffix=None,
                   fuse_unk=False, byte_fallback=False, ignore_merges=False)
    options.update(spec.get("model", {}))
    merges = [m.split(" ") if isinstance(m, str) else m for m in model["merges"]]
    if spec.get("legacy_merges") and all(" " not in part for m in merges for part in m):
        merges = [" ".join(m) for m in merges]
    return dict(version="1.0", truncation=None, padding=None, added_tokens=added, normalizer=spec.get("normalizer"),
                pre_tokenizer=spec.get("pre_tokenizer"), post_processor=processor, decoder=spec.get("decoder"),
                model=dict(options, vocab=model["vocab"], merges=merges))
