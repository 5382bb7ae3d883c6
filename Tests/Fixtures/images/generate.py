#!/usr/bin/env python3
"""Writes the small pictures beside this file and goldens.json, what Pillow and transformers make of them.

    pip install numpy pillow torch torchvision transformers
    python generate.py
"""
import base64, json, pathlib, tempfile
import numpy as np
from PIL import Image
from transformers import AutoImageProcessor
import pictures as make
from compare import pillow_on_white, pillow_rgb

HERE = pathlib.Path(__file__).resolve().parent
NORMAL = dict(image_mean=[0.48145466, 0.4578275, 0.40821073], image_std=[0.26862954, 0.26130258, 0.27577711])
PROCESSORS = {
    "LLaVA 1.5": dict(
        crop_size={"height": 18, "width": 18}, do_center_crop=True, do_convert_rgb=True, do_normalize=True,
        do_rescale=True, do_resize=True, image_processor_type="CLIPImageProcessor",
        processor_class="LlavaProcessor", resample=3, rescale_factor=0.00392156862745098,
        size={"shortest_edge": 18}, **NORMAL),
    "oldest CLIP": dict(
        crop_size=16, do_center_crop=True, do_normalize=True, do_resize=True,
        feature_extractor_type="CLIPFeatureExtractor", resample=3, size=16, **NORMAL),
    "fast, nulls": dict(
        crop_size={"height": 20, "width": 13}, size={"shortest_edge": 15, "longest_edge": None}, do_pad=None,
        data_format="channels_first", device=None, image_processor_type="CLIPImageProcessorFast"),
    "padded LLaVA": dict(
        do_pad=True, image_processor_type="LlavaImageProcessor", size={"shortest_edge": 17}, crop_size=17),
    "SigLIP": dict(image_processor_type="SiglipImageProcessor", size={"height": 14, "width": 19}),
    "edges": dict(
        image_processor_type="CLIPImageProcessor", size={"shortest_edge": 12, "longest_edge": 15},
        do_center_crop=False, do_normalize=False),
}


def encoded(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def files():
    """Name and bytes of each picture: every kind that the readers tell apart, at odd sizes."""
    for depth, kind in [(1, 0), (2, 0), (4, 0), (8, 0), (16, 0), (1, 3), (2, 3), (4, 3), (8, 3), (8, 2), (16, 2), (8, 4),
                        (16, 4), (8, 6), (16, 6)]:
        name = {0: "grey", 2: "rgb", 3: "palette", 4: "grey-alpha", 6: "rgba"}[kind]
        yield f"{name}-{depth}.png", make.png_mode(13, 7, depth, kind, depth + kind, transparent=kind == 3)
    yield "interlaced.png", make.png_mode(11, 13, 8, 6, 1, interlaced=True)
    yield "key.png", make.png_mode(9, 6, 8, 2, 2, transparent=True)
    yield "oriented.png", make.png_mode(
        5, 9, 8, 2, 3, extra=make.chunk(b"eXIf", make.exif(6, ">", block_only=True)))
    for subsampling, name in enumerate(["444", "422", "420"]):
        yield f"{name}.jpg", make.jpeg(21, 15, "RGB", subsampling, subsampling=subsampling)
    yield "progressive.jpg", make.jpeg(19, 23, "RGB", 5, progressive=True)
    yield "grey.jpg", make.jpeg(17, 9, "L", 6)
    yield "cmyk.jpg", make.jpeg(10, 12, "CMYK", 7)
    for orientation in range(1, 9):
        block = make.exif(orientation, "<>"[orientation % 2])
        yield f"oriented-{orientation}.jpg", make.jpeg(12, 8, "L", 8, exif=block, quality=70)
    yield "ycck.jpg", make.ycck(make.jpeg(9, 14, "CMYK", 10))
    yield "keep-rgb.jpg", make.jpeg(18, 11, "RGB", 11, keep_rgb=True)
    for name, mode, options in [("lossy", "RGB", {}), ("lossy-alpha", "RGBA", {}), ("lossless", "RGB", dict(lossless=True)),
                                ("lossless-alpha", "RGBA", dict(lossless=True, exact=True))]:
        yield f"{name}.webp", make.webp(23, 17, mode, 12, **options)
    yield "oriented-exif.webp", make.webp(14, 9, "RGB", 13, exif=make.exif(6, ">"))
    yield "oriented-xmp.webp", make.webp(13, 8, "RGB", 14, xmp=b'<x tiff:Orientation="8"/>')
    yield "animated.webp", make.animation(6, 5, 15)
    yield "scene.png", make.png(make.scene(37, 23, 3, 9), 8, 2)


def decoded(path):
    rgb = pillow_rgb(path)
    golden = dict(height=rgb.shape[0], width=rgb.shape[1], rgb=encoded(rgb))
    if Image.open(path).mode != "I;16" and path.suffix in (".png", ".webp"):
        white = pillow_on_white(path)
        if (white != rgb).any():
            golden["onWhite"] = encoded(white)
    return golden


def resized(scene):
    for code in range(6):
        for width, height in [(12, 31), (37, 9), (50, 23), (20, 2)]:
            result = np.array(scene.resize((width, height), code))
            yield dict(filter=code, width=width, height=height, rgb=encoded(result))


def processed(scene):
    for name, configuration in PROCESSORS.items():
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "preprocessor_config.json").write_text(json.dumps(configuration))
            processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
        values = processor(scene, return_tensors="np")["pixel_values"][0].astype(np.float32)
        yield dict(name=name, configuration=json.dumps(configuration), height=values.shape[1], width=values.shape[2],
                   values=encoded(values))


def main():
    for name, data in files():
        (HERE / name).write_bytes(data)
    names = [name for name, _ in files()]
    scene = Image.open(HERE / "scene.png").convert("RGB")
    goldens = dict(files={name: decoded(HERE / name) for name in names if name != "animated.webp"}, resized=list(resized(scene)),
                   processed=list(processed(scene)))
    (HERE / "goldens.json").write_text(json.dumps(goldens, indent=1) + "\n")


if __name__ == "__main__":
    main()
