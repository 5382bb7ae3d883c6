#!/usr/bin/env python3
"""Writes transparent.json: PNGs and WebPs with transparency of every kind, and what `load_image` and an image processor's
`do_convert_rgb` make of each. `kept` is the image as `load_image` reads it, `converted` what the processor then gets.

    pip install numpy pillow torch torchvision transformers
    python transparent.py
"""
import base64, json, pathlib, struct, tempfile, warnings
import numpy as np
import pictures as make
from transformers.image_transforms import convert_to_rgb
from transformers.image_utils import load_image

warnings.filterwarnings("ignore")
HERE = pathlib.Path(__file__).resolve().parent
PALETTE = np.array([[1, 2, 3], [9, 9, 9], [1, 2, 3], [0, 0, 0], [200, 100, 50], [255, 255, 255], [7, 8, 9]])
OPACITIES = {
    "first": b"\0", "second": b"\xff\0", "last": b"\xff" * 6 + b"\0", "newline": b"\xff\0\n", "newline-only": b"\n",
    "opaque": b"\xff\xff", "half": b"\x80", "two": b"\0\xff\0", "many": bytes(range(0, 105, 15)),
    "too-many": b"\xff\0" + b"\xff" * 9, "beyond": b"\xff" * 9 + b"\0"}


def cases():
    ramp = np.arange(70).reshape(10, 7, 1)
    for depth in (1, 2, 4, 8):
        samples = ramp % (1 << depth) if depth < 8 else ramp * 3
        for key in (0, 1, 3, 85, 207, 255, 256, 259):
            for interlaced in (False, True):
                yield f"grey-{depth} key {key}{' interlaced' * interlaced}", make.png(
                    samples, depth, 0, interlaced, transparency=struct.pack(">H", key))
    eight = np.concatenate([ramp * 3, ramp * 3, ramp * 3], -1)
    for key in [(3, 3, 3), (0, 0, 0), (259, 259, 259), (3, 3, 4)]:
        yield f"rgb-8 key {key}", make.png(eight, 8, 2, transparency=struct.pack(">HHH", *key))
        yield f"rgb-16 key {key}", make.png(eight * 257, 16, 2, transparency=struct.pack(">HHH", *key))
    yield "rgb-16 key of its own sample", make.png(eight * 257, 16, 2, transparency=struct.pack(">HHH", *[9 * 257] * 3))
    for name, opacities in OPACITIES.items():
        yield f"palette {name}", make.png(ramp % 10, 4, 3, palette=PALETTE, transparency=opacities)
        yield f"palette {name} interlaced", make.png(ramp % 7, 8, 3, True, palette=PALETTE, transparency=opacities)
    orientation = make.chunk(b"eXIf", make.exif(6, ">", block_only=True))
    yield "rgb-8 turned", make.png(eight, 8, 2, transparency=struct.pack(">HHH", 3, 3, 3), extra=orientation)
    for depth in (8, 16):
        for kind in (4, 6):
            yield f"alpha {depth} {kind}", make.png_mode(9, 8, depth, kind, depth + kind)
    yield "lossy alpha", make.webp(11, 9, "RGBA", 3)
    yield "lossless alpha", make.webp(11, 9, "RGBA", 4, lossless=True, exact=True)


def encoded(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def main():
    found = []
    for name, data in cases():
        with tempfile.NamedTemporaryFile() as file:
            pathlib.Path(file.name).write_bytes(data)
            image = load_image(file.name)
        kept, converted = np.array(image), convert_to_rgb(image, return_numpy=True)
        golden = dict(name=name, file=base64.b64encode(data).decode(), kept=encoded(kept))
        if (kept != converted).any():
            golden["converted"] = encoded(converted)
        found.append(golden)
    (HERE / "transparent.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
