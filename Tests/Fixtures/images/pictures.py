"""Builds pictures of every mode that JPEG, PNG and WebP have, for generate.py and compare.py."""
import io, struct, zlib
import numpy as np
from PIL import Image


def scene(width, height, channels, seed):
    """Smooth colours, edges and noise: what resampling and chroma upsampling are sensitive to."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    planes = []
    for _ in range(channels):
        fx, fy, phase = random.uniform(0.02, 0.6), random.uniform(0.02, 0.6), random.uniform(0, 6)
        plane = 127.5 + 110 * np.sin(x * fx + y * fy + phase)
        plane[(x // 5 + y // 7) % 4 == 0] *= random.uniform(0.1, 1.0)
        planes.append(plane + random.normal(0, 12, plane.shape))
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def scanlines(samples, depth):
    """Filter byte 0 and packed samples for each row."""
    rows = []
    for row in samples.reshape(samples.shape[0], -1):
        if depth == 16:
            packed = row.astype(">u2").tobytes()
        elif depth == 8:
            packed = row.astype(np.uint8).tobytes()
        else:
            bits = ((row[:, None] >> np.arange(depth - 1, -1, -1)) & 1).astype(np.uint8)
            packed = np.packbits(bits.reshape(-1)).tobytes()
        rows.append(b"\0" + packed)
    return b"".join(rows)


def png(samples, depth, colour_type, interlaced=False, palette=None, transparency=None, extra=b""):
    """A PNG of raw samples (height, width, channels): every depth and colour type, which Pillow cannot write."""
    height, width = samples.shape[:2]
    if interlaced:
        passes = [samples[y::dy, x::dx] for x, y, dx, dy in ADAM7]
        data = b"".join(scanlines(p, depth) for p in passes if p.size)
    else:
        data = scanlines(samples, depth)
    out = b"\x89PNG\r\n\x1a\n"
    out += chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, int(interlaced))) + extra
    if palette is not None:
        out += chunk(b"PLTE", palette.astype(np.uint8).tobytes())
    if transparency is not None:
        out += chunk(b"tRNS", transparency)
    return out + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def png_mode(width, height, depth, colour_type, seed, interlaced=False, transparent=False, extra=b""):
    """A PNG of a depth and colour type, its samples spread over the depth's whole range."""
    samples = scene(width, height, CHANNELS[colour_type], seed).astype(np.int64)
    samples = samples * 257 + seed % 200 if depth == 16 else samples >> (8 - depth)
    samples = np.minimum(samples, (1 << depth) - 1)
    random = np.random.default_rng(seed + 1)
    palette = random.integers(0, 256, (1 << depth, 3)) if colour_type == 3 else None
    transparency = None
    if transparent and colour_type == 3:
        transparency = random.integers(0, 256, max(1, (1 << depth) // 2)).astype(np.uint8).tobytes()
    elif transparent:
        transparency = struct.pack(">%dH" % CHANNELS[colour_type], *samples[height // 2, width // 2])
    return png(samples, depth, colour_type, interlaced, palette, transparency, extra)


def exif(orientation, order="<", block_only=False):
    """An EXIF block that holds only the orientation."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    tiff = mark + struct.pack(order + "IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    return tiff if block_only else b"Exif\0\0" + tiff


def jpeg(width, height, mode, seed, **options):
    """A JPEG of a Pillow mode: L, RGB or CMYK."""
    samples = scene(width, height, {"L": 1, "RGB": 3, "CMYK": 4}[mode], seed)
    picture = Image.fromarray(samples[..., 0] if mode == "L" else samples, mode)
    out = io.BytesIO()
    picture.save(out, "JPEG", **{"quality": 90, **options})
    return out.getvalue()


def ycck(data):
    """A CMYK JPEG of Pillow's whose Adobe marker says YCCK: the same samples mean other colours."""
    at = data.index(b"Adobe\0") + 11
    assert data[at] == 0
    return data[:at] + b"\2" + data[at + 1:]


def webp(width, height, mode, seed, **options):
    """A WebP of a Pillow mode: RGB or RGBA."""
    out = io.BytesIO()
    Image.fromarray(scene(width, height, len(mode), seed), mode).save(out, "WEBP", **{"quality": 80, **options})
    return out.getvalue()


def animation(width, height, seed):
    """An animated WebP of two frames."""
    first, second = (Image.fromarray(scene(width, height, 3, seed + i), "RGB") for i in range(2))
    out = io.BytesIO()
    first.save(out, "WEBP", save_all=True, append_images=[second], lossless=True)
    return out.getvalue()
