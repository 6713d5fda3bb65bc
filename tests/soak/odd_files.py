"""Files that are broken, odd, or not what their names say, drawn from a seed."""

from __future__ import annotations

import io
import random
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors.numpy import save

Maker = Callable[[random.Random], tuple[str, bytes]]
"""A suffix, and the content of a file that should have it."""

MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F")
FORMATS = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".tif": "TIFF",
    ".webp": "WEBP",
    ".gif": "GIF",
    ".bmp": "BMP",
    ".ppm": "PPM",
    ".ico": "ICO",
    ".tga": "TGA",
}
SIZES = ((1, 1), (1, 2000), (3000, 1), (2, 2), (7, 5), (64, 64), (257, 129))
STEMS = (
    "cat",
    "a b  c",
    "Grüße",
    "e\u0301te\u0301",
    "猫",
    "🐕🐕",
    "100% #1 & more?",
    "<b>bold<b>",
    'it\'s "so"',
    "-rf",
    ".hidden",
    "x" * 180,
    "a.tar.b",
    "\u202egnp",
    "CON",
    "name.",
    "a;b=c",
    "%2e%2e%2fetc",
)


def odd_file(seed: int, folder: Path) -> Path:
    """One file in a folder of its own; equal seeds, equal files."""
    rng = random.Random(seed)
    suffix, content = rng.choice(MAKERS)(rng)
    if rng.random() < 0.3:
        content = _hurt(rng, content)
    if rng.random() < 0.25:  # another's suffix, none, or in capitals
        suffix = rng.choice([*FORMATS, ".zip", ".txt", ".npy", ".safetensors", ".parquet", "", ".jfif", suffix.upper()])
    stem = rng.choice(STEMS) if rng.random() < 0.5 else f"file{seed}"
    path = folder / str(seed) / f"{stem}{suffix}"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def image_bytes(rng: random.Random, mode: str, size: tuple[int, int], kind: str, **how: object) -> bytes:
    """An image of noise; in RGB where its format has not got the mode."""
    noise = np.random.default_rng(rng.getrandbits(32)).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    image: Image.Image = Image.fromarray(noise)
    if mode in ("I;16", "I", "F"):
        grey = np.asarray(image.convert("L")).astype({"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode])
        scale = rng.choice([1, 257 if mode == "I;16" else 1.001 / 255 if mode == "F" else 1000])
        image = Image.fromarray((grey * scale).astype(grey.dtype))
    else:
        image = image.convert(mode)
    out = io.BytesIO()
    try:
        image.save(out, kind, **how)
    except (OSError, ValueError, KeyError):
        out = io.BytesIO()
        image.convert("RGB").save(out, kind)
    return out.getvalue()


def plain(rng: random.Random) -> bytes:
    """A small picture in order."""
    return image_bytes(rng, "RGB", (16, 16), "PNG")


def _hurt(rng: random.Random, content: bytes) -> bytes:
    how = rng.randrange(4)
    if how == 0 or not content:
        return content[: rng.randrange(len(content) + 1)]
    if how == 1:
        changed = bytearray(content)
        for _ in range(rng.randint(1, 20)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        return bytes(changed)
    at = rng.randrange(len(content))
    return content[:at] + (rng.randbytes(50) if how == 2 else b"") + content[at + (0 if how == 2 else 20) :]


def _image(rng: random.Random) -> tuple[str, bytes]:
    suffix = rng.choice([*FORMATS])
    return suffix, image_bytes(rng, rng.choice(MODES), rng.choice(SIZES), FORMATS[suffix])


def _animation(rng: random.Random) -> tuple[str, bytes]:
    suffix = rng.choice([".gif", ".tif", ".webp", ".png"])
    more = [Image.new("RGB", (9, 9), (i, 2 * i, 90)) for i in range(5)]
    return suffix, image_bytes(rng, "RGB", (9, 9), FORMATS[suffix], save_all=True, append_images=more)


def _rotated(rng: random.Random) -> tuple[str, bytes]:
    exif = Image.Exif()
    exif[0x0112] = rng.choice([1, 3, 6, 8, 0, 99])
    return ".jpg", image_bytes(rng, "RGB", (20, 30), "JPEG", exif=exif, icc_profile=rng.randbytes(80))


def _bomb(rng: random.Random) -> tuple[str, bytes]:
    """Megapixels by its header alone."""
    wide, high = rng.choice([(60_000, 60_000), (2**31 - 1, 2**31 - 1), (0, 5), (200_000, 9_000), (1, 2**31 - 1)])
    kind = rng.randrange(3)
    if kind == 0:
        head = b"IHDR" + struct.pack(">IIBBBBB", wide, high, 8, 2, 0, 0, 0)
        start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
        data = zlib.compress(bytes(1000))
        chunk = b"IDAT" + data
        return ".png", start + struct.pack(">I", len(data)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    if kind == 1:
        return ".bmp", b"BM" + struct.pack("<IIIIiiHHIIiiII", 90, 0, 54, 40, wide, high, 1, 24, 0, 0, 0, 0, 0, 0)
    return ".gif", b"GIF89a" + struct.pack("<HHBBB", wide & 0xFFFF, high & 0xFFFF, 0xF7, 0, 0) + bytes(30)


def _other(rng: random.Random) -> tuple[str, bytes]:
    return rng.choice(
        [
            (".png", b""),
            (".jpg", rng.randbytes(rng.randint(1, 5000))),
            (".png", bytes(rng.randint(1, 5000))),
            (".svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
            (".html", b"<html><script>alert(1)</script>"),
            (".pdf", b"%PDF-1.7\n"),
            (".heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
            (".avif", b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + rng.randbytes(60)),
            (".jpg", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
            ("", b"\xd0\xcf\x11\xe0" + rng.randbytes(100)),
            (".csv", b"path,label\na.png,cat\n"),
            (".pt", b"\x80\x02cos\nsystem\nX\x02\0\0\0lsq\0."),
        ]
    )


def _archive(rng: random.Random) -> tuple[str, bytes]:
    out, kind = io.BytesIO(), rng.randrange(12)
    how = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
    names = {
        1: ["/etc/a.png"],
        2: ["../../a.png"],
        3: ["C:\\a.png", "cat\\b.png"],
        4: ["a.png", "a.png", "A.PNG"],
        5: ["notes.md", "Thumbs.db"],
        6: ["__MACOSX/._a.png", "cat/a.png"],
        7: ["cat/" * 60 + "a.png"],
        8: [],
    }.get(kind, [f"{rng.choice(['cat', 'dog', 'train/cat'])}/{i}.png" for i in range(3)])
    with zipfile.ZipFile(out, "w", how) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that come twice
        for name in names:
            entry = zipfile.ZipInfo(name)
            entry.filename, entry.compress_type = name, how
            if kind == 9:
                entry.external_attr = 0o120777 << 16  # a link
            archive.writestr(entry, plain(rng))
        if kind == 10:
            archive.writestr("zeros.png", bytes(30_000_000))
        if kind == 11:
            archive.writestr("inner.zip", out.getvalue())
    content = out.getvalue()
    if kind == 0:  # encrypted, says its flag
        content = content.replace(b"PK\1\2\x14\x03\x14\0\0\0", b"PK\1\2\x14\x03\x14\0\1\0")
    if rng.random() < 0.1:
        return rng.choice(
            [(".tar.gz", b"\x1f\x8b\x08" + rng.randbytes(90)), (".7z", b"7z\xbc\xaf\x27\x1c" + bytes(30))]
        )
    return ".zip", content


def _list(rng: random.Random) -> tuple[str, bytes]:
    lines = rng.choice(
        [
            "a.png 0\nb.png 1\n",
            "/etc/passwd 0\n/etc/hostname 1\n",
            "../../../../etc/passwd 0\n",
            "a.png 99999999999999999999\n",
            "a.png -3\n",
            "a.png\n",
            "\n\n \n",
            "a.png cat\n",
            "a.png 0\r",
            "\ufeffa.png 0\n",
            "a\0b.png 0\n",
            "x" * 100_000 + " 0\n",
            "file:///etc/passwd 0\n",
            "http://localhost/a.png 0\n",
            "word\n" * 2000,
            "<script>alert(1)</script>\n",
        ]
    )
    return ".txt", lines.encode(rng.choice(["utf-8", "utf-8", "utf-16", "latin-1"]), errors="replace")


def _array(rng: random.Random) -> tuple[str, bytes]:
    made = rng.choice(
        [
            np.ones((12, 128), np.float32),
            np.random.default_rng(0).normal(size=(12, 128)),
            np.ones((12, 128), ">f4"),
            np.asfortranarray(np.ones((12, 5), np.float16)),
            np.ones(12),
            np.ones((2, 3, 4, 5)),
            np.ones((0, 128)),
            np.full((12, 128), np.nan),
            np.full((12, 128), 1e38, np.float32),
            np.ones((12, 128), int),
            np.ones((12, 128), complex),
            np.array([["a", "b"]]),
            np.array([{}], object),
            np.array(3.0),
        ]
    )
    out = io.BytesIO()
    if rng.random() < 0.2:
        np.savez(out, features=np.ones((3, 3)), labels=np.ones(3))
    else:
        np.save(out, made, allow_pickle=True)
    content = out.getvalue()
    if rng.random() < 0.15:  # more rows than bytes
        content = content.replace(b"(12, 128), }      ", b"(12, 1280000), }  ")
    return ".npy", content


def _tensors(rng: random.Random) -> tuple[str, bytes]:
    rows = np.ones((12, 128), np.float32)
    return ".safetensors", rng.choice(
        [
            save({"joint": rows}),
            save({"visual": rows, "labels": np.arange(12)}),
            save({"joint": rows, "visual": rows[:5]}),
            save({"a": rows, "b": rows}),
            save({"labels": np.arange(12)}),
            save({"patches": rows}),
            struct.pack("<Q", 2**62) + b"{}",
            struct.pack("<Q", 9) + b"not json!",
            struct.pack("<Q", 2) + b"{}",
            b"",
        ]
    )


def _table(rng: random.Random) -> tuple[str, bytes]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        return ".parquet", b"PAR1" + rng.randbytes(100) + b"PAR1"
    picture = plain(rng)
    columns = rng.choice(
        [
            {"joint": [[1.0] * 128] * 12, "label": ["cat", "dog"] * 6},
            {"joint": [[1.0] * 128, [1.0]] * 6},
            {"id": [1, 2], "name": ["a", "b"]},
            {"x": [1.0, None], "y": [2.0, 3.0]},
            {"image": [{"bytes": picture, "path": "a.png"}] * 3, "label": [0, 1, 0]},
            {"image": [picture] * 3},
            {"x": []},
        ]
    )
    out = io.BytesIO()
    parquet.write_table(pa.table(columns), out)
    return ".parquet", out.getvalue()


MAKERS: tuple[Maker, ...] = (
    *(_image,) * 4,
    _animation,
    _rotated,
    *(_bomb,) * 2,
    *(_other,) * 3,
    *(_archive,) * 4,
    *(_list,) * 3,
    *(_array,) * 2,
    _tensors,
    _table,
)
