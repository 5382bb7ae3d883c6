"""What the tiny model is about: drawn shapes, and short conversations about them."""

from PIL import Image, ImageDraw

PICTURES = {  # name: width, height, background, shape, colour; sizes are odd so that resizing and cropping matter
    "red-circle.jpg": (45, 37, "white", "circle", "red"),
    "blue-square.png": (31, 19, "white", "square", "blue"),
    "green-circle.png": (27, 53, "lightgrey", "circle", "green"),
    "yellow-square.jpg": (61, 33, "black", "square", "yellow"),
    "red-square.png": (24, 24, "white", "square", "red"),
}

SHAPE = "<image>\nWhat is in the picture?"
COLOUR = "<image>\nWhich colour is it?"


def row(name, *texts, pictures=(), system=None):
    """A row as LLaVA's format has it; questions and answers take turns."""
    turns = [{"from": ("human", "gpt")[i % 2], "value": text} for i, text in enumerate(texts)]
    if system:
        turns.insert(0, {"from": "system", "value": system})
    entry = {"id": name, "conversations": turns}
    if len(pictures) == 1:
        entry["image"] = pictures[0]
    elif pictures:
        entry["images"] = list(pictures)
    return entry


TRAIN = [
    row("circle", SHAPE, "A red circle.", pictures=["red-circle.jpg"]),
    row("square", SHAPE, "A blue square.", pictures=["blue-square.png"]),
    row("sum", "How much is two and three?", "Five."),
    row("colour", COLOUR, "Green.", pictures=["green-circle.png"]),
    row("turns", SHAPE, "A yellow square.", "And the ground?", "It is black.", pictures=["yellow-square.jpg"]),
    row("greeting", "Hello!", "Hello, how are you?", "Fine, thanks.", "I am glad to hear it."),
    row(
        "two",
        "Here is <image> and here is <image>. What do they share?",
        "Both are red.",
        pictures=["red-circle.jpg", "red-square.png"],
    ),
    row("system", "Who are you?", "A tiny model.", system="Answer in a few words."),
    row("accents", "Où est le café ?", "À côté de l’école. ☕"),
    row("after", "Which colour is it?\n<image>", "Blue.", pictures=["blue-square.png"]),
    row("red", SHAPE, "A red square.", pictures=["red-square.png"]),
    row("list", "Count to three.", "1, 2, 3\nThat is all."),
]

VALIDATION = [
    row("circle", SHAPE, "A red circle.", pictures=["red-circle.jpg"]),
    row("unseen", SHAPE, "A green circle.", pictures=["green-circle.png"]),
    row("colour", COLOUR, "Green.", pictures=["green-circle.png"]),
    row("sum", "How much is two and two?", "Four."),
    row("turns", COLOUR, "Red.", "And the shape?", "A square.", pictures=["red-square.png"]),
]


def draw(folder):
    for name, (width, height, background, shape, colour) in PICTURES.items():
        picture = Image.new("RGB", (width, height), background)
        box = [width // 4, height // 4, 3 * width // 4, 3 * height // 4]
        pen = ImageDraw.Draw(picture)
        (pen.ellipse if shape == "circle" else pen.rectangle)(box, fill=colour)
        picture.save(f"{folder}/{name}", **({"quality": 90} if name.endswith(".jpg") else {"optimize": True}))


def texts():
    """Every text in the data, for the tokenizer."""
    for entry in TRAIN + VALIDATION:
        for turn in entry["conversations"]:
            yield turn["value"].replace("<image>", "")
