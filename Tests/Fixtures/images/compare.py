#!/usr/bin/env python3
"""Compares decoding, resampling and image processors with Pillow and transformers on some 500 generated pictures.

    pip install numpy pillow torch torchvision transformers
    python compare.py [--keep DIR]

Runs `swift test` for the Swift side (the test "Pictures are processed for comparison", switched on by an environment
variable), and prints the largest absolute differences. The pictures live in a temporary folder.
"""
import argparse, collections, json, os, pathlib, subprocess, sys, tempfile, warnings
import numpy as np
from PIL import Image, ImageOps
from transformers import AutoImageProcessor
import pictures as make

warnings.filterwarnings("ignore")
ROOT = pathlib.Path(__file__).resolve().parents[3]
SIZES = [(1, 1), (1, 7), (9, 1), (1, 40), (33, 1), (2, 2), (3, 5), (8, 8), (16, 16), (17, 31), (31, 17), (64, 48),
         (97, 203), (203, 97), (224, 224), (336, 336), (335, 337), (640, 480), (480, 640), (500, 375), (1025, 77),
         (77, 1025), (1300, 900)]
PNG_KINDS = [(depth, 0) for depth in (1, 2, 4, 8, 16)] + [(depth, 3) for depth in (1, 2, 4, 8)] + [
    (depth, kind) for kind in (2, 4, 6) for depth in (8, 16)]
NORMAL = dict(image_mean=[0.48145466, 0.4578275, 0.40821073], image_std=[0.26862954, 0.26130258, 0.27577711])
RAW = dict(do_rescale=False, do_normalize=False)
PROCESSORS = {
    "clip-336": dict(image_processor_type="CLIPImageProcessor", size={"shortest_edge": 336},
                     crop_size={"height": 336, "width": 336}, resample=3, rescale_factor=0.00392156862745098, **NORMAL),
    "clip-old": dict(feature_extractor_type="CLIPFeatureExtractor", image_processor_type="CLIPImageProcessor", size=56,
                     crop_size=48, resample=3, do_resize=True, do_center_crop=True, do_normalize=True, **NORMAL),
    "clip-fast": dict(image_processor_type="CLIPImageProcessorFast", size={"shortest_edge": 64, "longest_edge": None},
                      crop_size={"height": 70, "width": 60}),
    "clip-edges": dict(image_processor_type="CLIPImageProcessor", size={"shortest_edge": 40, "longest_edge": 90},
                       do_center_crop=False),
    "clip-crop-only": dict(image_processor_type="CLIPImageProcessor", do_resize=False,
                           crop_size={"height": 51, "width": 64}),
    "clip-no-crop": dict(image_processor_type="CLIPImageProcessor", size={"shortest_edge": 30}, do_center_crop=False),
    "clip-rescale-only": dict(image_processor_type="CLIPImageProcessor", size={"height": 20, "width": 33},
                              do_center_crop=False, do_normalize=False, rescale_factor=0.0078125),
    "clip-normalize-only": dict(image_processor_type="CLIPImageProcessor", size={"height": 21, "width": 12},
                                do_center_crop=False, do_rescale=False, image_mean=127.5, image_std=63.0),
    "llava-pad": dict(image_processor_type="LlavaImageProcessor", do_pad=True, size={"shortest_edge": 56},
                      crop_size={"height": 56, "width": 56}, **NORMAL),
    "llava-plain": dict(image_processor_type="LlavaImageProcessorFast", size=48, crop_size=48),
    "siglip": dict(image_processor_type="SiglipImageProcessor", size={"height": 64, "width": 64}),
    "siglip-old": dict(image_processor_type="SiglipImageProcessor", size=50, resample=2),
    "blip": dict(image_processor_type="BlipImageProcessor", size={"height": 72, "width": 72}),
    "vit": dict(image_processor_type="ViTImageProcessor", size=[40, 60]),
    "deit": dict(image_processor_type="DeiTImageProcessor", size={"height": 60, "width": 60}, crop_size=45),
    **{f"filter-{code}": dict(image_processor_type="CLIPImageProcessor", size={"height": 61, "width": 83},
                              do_center_crop=False, resample=code, **RAW) for code in range(6)},
}


def generated():
    """Name and bytes of each picture."""
    for index, (width, height) in enumerate(SIZES):
        for position, (depth, kind) in enumerate(PNG_KINDS):
            if position % 3 == index % 3 or max(width, height) < 50:
                yield f"png-{width}x{height}-{depth}-{kind}.png", make.png_mode(
                    width, height, depth, kind, index * 31 + position, interlaced=(index + position) % 4 == 0)
        for mode, options in [("RGB", dict(subsampling=index % 3)), ("RGB", dict(subsampling=2)), ("L", {}),
                              ("RGB", dict(progressive=True, quality=75, subsampling=2)), ("CMYK", {})]:
            name = "-".join([mode] + [f"{k}{v}" for k, v in options.items()])
            yield f"jpeg-{width}x{height}-{name}.jpg", make.jpeg(width, height, mode, index * 17, **options)
        for mode, options in [("RGB", dict(quality=index * 4)), ("RGBA", dict(quality=90)), ("RGB", dict(lossless=True)),
                              ("RGBA", dict(lossless=True, exact=index % 2 == 0, quality=100)),
                              ("RGBA", dict(quality=60, alpha_quality=40, method=index % 7))]:
            name = "-".join([mode] + [f"{k}{v}" for k, v in options.items()])
            yield f"webp-{width}x{height}-{name}.webp", make.webp(width, height, mode, index * 13, **options)
        yield f"jpeg-{width}x{height}-YCCK.jpg", make.ycck(make.jpeg(width, height, "CMYK", index * 17))
        yield f"jpeg-{width}x{height}-keep-rgb.jpg", make.jpeg(width, height, "RGB", index * 17, keep_rgb=True)
    for orientation in range(0, 10):
        yield f"exif-{orientation}.webp", make.webp(29, 18, "RGB", orientation, exif=make.exif(orientation))
        yield f"xmp-{orientation}.webp", make.webp(
            19, 28, "RGBA", orientation, xmp=b'<x tiff:Orientation="%d"/>' % orientation)
        for order in "<>":
            block = make.exif(orientation, order)
            yield f"exif-{orientation}{'le' if order == '<' else 'be'}.jpg", make.jpeg(
                53, 38, "RGB", orientation, exif=block, subsampling=0)
        extra = make.chunk(b"eXIf", make.exif(orientation, ">", block_only=True))
        yield f"exif-{orientation}.png", make.png_mode(23, 41, 8, 2, orientation, extra=extra)
    for depth, kind in [(1, 3), (2, 3), (4, 3), (8, 3), (8, 0), (8, 2)]:
        yield f"transparent-{depth}-{kind}.png", make.png_mode(45, 32, depth, kind, depth, transparent=True)


def pillow_rgb(path):
    """What the picture should be; 16-bit greyscale, which Pillow clips to white, by its high byte."""
    picture = Image.open(path)
    if picture.mode == "I;16":
        grey = (np.array(picture) >> 8).astype(np.uint8)
        return np.repeat(grey[..., None], 3, -1)
    return np.array(ImageOps.exif_transpose(picture).convert("RGB"))


def pillow_on_white(path):
    """What transformers' do_convert_rgb makes of an opened picture."""
    from transformers.image_transforms import convert_to_rgb
    return np.array(convert_to_rgb(ImageOps.exif_transpose(Image.open(path)), return_numpy=True))


def read(path):
    """What the Swift side wrote: two int32 and the values; None where it refused."""
    if path.with_suffix(".error").exists():
        return None
    raw = path.read_bytes()
    height, width = np.frombuffer(raw, np.int32, 2)
    if path.suffix == ".rgb":
        return np.frombuffer(raw, np.uint8, offset=8).reshape(height, width, 3)
    return np.frombuffer(raw, np.float32, offset=8).reshape(3, height, width)


class Largest:
    """The largest difference of each kind, and where."""

    def __init__(self):
        self.values, self.counts = {}, collections.Counter()

    def add(self, kind, ours, theirs, where):
        self.counts[kind] += 1
        if ours is None or ours.shape != theirs.shape:
            difference = float("inf")
            where += f" (ours {None if ours is None else ours.shape}, theirs {theirs.shape})"
        else:
            difference = float(np.abs(ours.astype(np.float64) - theirs.astype(np.float64)).max())
        if difference >= self.values.get(kind, (-1, ""))[0]:
            self.values[kind] = (difference, where)

    def show(self):
        for kind, (difference, where) in sorted(self.values.items()):
            print(f"{kind:44} {self.counts[kind]:6}  largest {difference:.3g}" + (f"  {where}" if difference else ""))


def prepare(folder):
    for name, data in generated():
        (folder / "in" / name).write_bytes(data)
    for name, configuration in PROCESSORS.items():
        directory = folder / "processors" / name
        directory.mkdir(parents=True)
        if name.startswith("clip"):
            (directory / "preprocessor_config.json").write_text(json.dumps(configuration))
        else:
            (directory / "processor_config.json").write_text(json.dumps({"image_processor": configuration}))


def compare(folder, largest):
    processors = {name: AutoImageProcessor.from_pretrained(folder / "processors" / name, backend="pil")
                  for name in PROCESSORS}
    files = sorted((folder / "in").iterdir())
    for path in files:
        ours = read(folder / "out" / (path.name + ".rgb"))
        theirs = pillow_rgb(path)
        kind = path.suffix[1:]
        largest.add(f"decode {kind}", ours, theirs, path.name)
        opened = Image.open(path)
        if opened.mode != "I;16" and (opened.info.get("transparency") is not None or "A" in opened.getbands()):
            white = read(folder / "out" / (path.name + ".white.rgb"))
            largest.add("decode on white", white, pillow_on_white(path), path.name)
        if ours is None:
            continue
        for name, processor in processors.items():
            values = read(folder / "out" / f"{path.name}.{name}.f32")
            stage = "uint8" if name.startswith("filter") else "pixels"
            same = processor(Image.fromarray(ours), return_tensors="np")["pixel_values"][0]
            largest.add(f"{stage} {name}, same picture", values, same, path.name)
            if (ours != theirs).any():
                through = processor(Image.fromarray(theirs), return_tensors="np")["pixel_values"][0]
                largest.add(f"end to end {stage}, {kind}", values, through, f"{path.name} {name}")
    return len(files)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=pathlib.Path, help="write the pictures and values here and keep them")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or pathlib.Path(temporary)
        for name in ("in", "out", "processors"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        prepare(folder)
        subprocess.run(["swift", "test", "-c", "release", "-Xswiftc", "-enable-testing", "--filter", "ImageComparison"],
                       cwd=ROOT, env={**os.environ, "LORAD_IMAGE_COMPARISON": str(folder)}, check=True,
                       stdout=sys.stderr)
        largest = Largest()
        print(f"{compare(folder, largest)} pictures, {len(PROCESSORS)} processors")
        largest.show()


if __name__ == "__main__":
    main()
