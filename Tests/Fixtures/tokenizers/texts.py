"""Strings that tokenizers find hard."""
import random, sys

CORPUS = """The quick brown fox jumps over the lazy dog. What color is the triangle? It's green, isn't it? We'll see.
USER: <image>\nDescribe the image. ASSISTANT: A red circle on a white background, with 3 blue squares and 12 yellow lines.
def train(model, rows):\n    for step, row in enumerate(rows):\n        loss = model(row) / 2.5\n        print(f"{step}: {loss:.4f}")
Le café était fermé à midi; señor Núñez trinkt Öl für 1234567890 Straßen. ΑΒΓ αβγ Русский язык, украïнська мова.
今天天气很好，我们去公园散步吧。日本語のテキストも少しあります。한국어 문장도 있습니다. मैं हिन्दी लिखता हूँ। ภาษาไทย
שלום עולם مرحبا بالعالم كيف حالك 😀 👍🏽 👨‍👩‍👧‍👦 🇫🇷 naïve coöperate ﬁne x² ½ Ⅷ №5 ™
I've, you're, he'd, SHE'LL, they'VE, don't stop; I'm done.   Three spaces,\ttabs\t\tand\r\nlines.\n\n\nEnd"""

WORDS = CORPUS.split() + [
    "'s", "'S", "'ſ", "'ll", "'LL", "'Ve", "…", "——", "“quoted”", "<s>", "</s>", "<unk>", "<image>", "<image><image>",
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|begin_of_text|>", "<|eot_id|>", "[MASK]", "[LEFT]", "[WORD]",
    "[Café]", "<0x41>", "<0xE2>", "▁", "▁▁", "Ġ", "Ċ", "http://a.b/c?d=e&f=g#h", "{\"a\": [1, 2.0e-3]}", "x=-1;", "=>",
    "!==", "1234567", "٣٤٥", "၁၂", "१२३", "¹²³", "Ⅻ", "㊿", "e\u0301", "e\u0323\u0301", "é\u0323", "\u0301", "\u0315\u0300",
    "가", "\u1100\u1161\u11a8", "Å", "Å", "ﬁ", "ſ", "İ", "ẞ", "Σας", "Ǆ", "ǅ", "K", "①", "Ａ", "ｶﾞ", "㌔", "\u1e9b\u0323",
    "👨‍👩‍👧", "👩🏿‍🚀", "🏳️‍🌈", "🇺🇸🇬", "\u200d", "\ufe0f", "\U0001f3ff", "ที่", "ക്ഷ", "ཀྵ", "ગુજ", "\u0ddc", "שׁ", "\ufb2a", "لا", "\u202e",
]
SPACES = [" ", " ", " ", " ", "", "", "  ", "   ", "\n", "\n\n", "\t", "\r\n", " \n", "\n ", " \t ", "\u00a0", "\u2003", "\u3000",
          "\u2028", "\u0085", "\u200b", "\u180e", "\x1c", "\x0b", "        ", "\n\n\n   "]
CONTROLS = [chr(c) for c in range(0x20)] + ["\x7f", "\x80", "\x9f", "\xad", "\ufeff", "\ufffd", "\uffff", "\ue000", "\U0010ffff"]
BLOCKS = [(0x20, 0x7f), (0xa0, 0x250), (0x250, 0x370), (0x370, 0x530), (0x530, 0x800), (0x900, 0x1100), (0x1100, 0x1200),
          (0x1e00, 0x2000), (0x2000, 0x2c00), (0x3000, 0x3400), (0x4e00, 0xa000), (0xac00, 0xd7a4), (0xf900, 0x10000),
          (0x10000, 0x11000), (0x1d000, 0x1f000), (0x1f000, 0x20000), (0x0, 0xd800), (0x0, 0x110000)]


def scalar(random):
    while True:
        low, high = random.choice(BLOCKS)
        value = random.randrange(low, high)
        if not 0xd800 <= value < 0xe000:
            return chr(value)


def text(random, added):
    """One string: words, spaces, added tokens and odd scalars in a random mixture."""
    words = random.choice([WORDS, WORDS, added or WORDS, WORDS + added * 3])
    odd = random.choice([0, 0, 0, .05, .3, 1])
    parts = []
    for _ in range(random.choice([1, 1, 2, 3, 5, 8, 13, 40])):
        choice = random.random()
        parts.append(scalar(random) * random.choice([1, 1, 1, 2, 5]) if choice < odd
                     else random.choice(CONTROLS) if choice < odd + .02 else random.choice(words))
        parts.append(random.choice(SPACES))
    return "".join(parts)


def texts(count, seed=0, added=()):
    """Count strings, the awkward ones first; added: tokens to be found in them."""
    generator = random.Random(seed)
    added = [t for t in added if t]
    fixed = ["", " ", "  ", "\n", "\t\n ", "a", " a", "a ", "▁", "▁a", " ▁", "\x00", "😀", "é", "e\u0301", CORPUS, CORPUS.upper(),
             "1" * 300, "a" * 300, " " * 300, "\n" * 100, "ab" * 200, "<image>" * 576, "é" * 100, "👍🏽" * 50] + WORDS + CONTROLS
    fixed += CORPUS.split("\n") + [" " + line for line in CORPUS.split("\n")] + added[:50] + [f"x {t} y{t}z" for t in added[:50]]
    return (fixed + [text(generator, added) for _ in range(max(0, count - len(fixed)))])[:count]


def every_scalar():
    """Strings that together hold every Unicode scalar, alone, in words and in runs."""
    scalars = [chr(c) for c in range(0x110000) if not 0xd800 <= c < 0xe000]
    return ["".join(f"a{c}b {c}1{c}{c}" for c in scalars[i:i + 32]) for i in range(0, len(scalars), 32)]
