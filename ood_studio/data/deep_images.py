"""Grey images deeper than 8 bits: which values are black and white, and how they become 8 bits.

One rule. What the file says comes first: its least and greatest sample (TIFF tags 280, 281, 340, 341), else the bits a
sample of whole numbers has (12 bits: 0 to 4,095). Where it says nothing (numbers with a sign, of 32 bits or floating
point), the range that holds all but the outermost 0.1 % at either end: a single hot pixel decides nothing, and a value
a little larger than another moves the range a little, never by a step.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from ood_studio.core.parameters import number

NOTE = "note"
"""Key of a decoded image's ``info`` under which a sentence for people may stand."""

_WIDTH, _BITS, _PHOTOMETRIC, _LEAST, _GREATEST, _FORMAT, _LEAST_NUMBER, _GREATEST_NUMBER = (
    256,
    258,
    262,
    280,
    281,
    339,
    340,
    341,
)
_KINDS = {1: "whole", 2: "signed whole", 3: "floating-point", 5: "complex", 6: "complex"}
_OUTER = 0.1  # percent left out at either end
_SAMPLES = 1_000_000  # looked at for a range
_STRIPE = 2**20  # samples converted at a time


@dataclass(frozen=True)
class _Range:
    black: float
    white: float
    note: str


def note_of(image: Image.Image) -> str:
    """The sentence about how a decoded image's samples are shown; empty where there is nothing to say."""
    return str(image.info.get(NOTE, ""))


def is_deep(image: Image.Image) -> bool:
    """Whether an image's samples have more than 8 bits."""
    return image.mode.startswith("I") or image.mode == "F"


def to_eight_bits(image: Image.Image) -> Image.Image:
    """A deep grey image as 8 bits of grey, transparent samples white; `NOTE` says which range was shown, where chosen.

    Memory: one byte a pixel beside the image itself.
    """
    tags = _tags(image)
    shown = _declared(image, tags) or _robust(image, tags)
    span = shown.white - shown.black
    clear = image.info.get("transparency")
    small = Image.new("L", image.size)
    for top, values in _stripes(image, tags):
        part = np.nan_to_num(values.astype(np.float32), nan=shown.black)
        part = (part - shown.black) * (255 / span) if span > 0 else np.full_like(part, 128)
        grey = np.rint(part.clip(0, 255)).astype(np.uint8)
        if tags.get(_PHOTOMETRIC) == 0:  # white is zero
            np.subtract(255, grey, out=grey)
        if isinstance(clear, int):
            grey[values == clear] = 255
        small.paste(Image.fromarray(grey), (0, top))
    if shown.note:
        small.info[NOTE] = shown.note
    return small


def why_not_read(data: bytes) -> str:
    """What kind of samples a TIFF has that cannot be read, for use in a sentence; empty where it is no such file."""
    try:
        directory = TiffImagePlugin.ImageFileDirectory_v2(data[:8])
        file = io.BytesIO(data)
        file.seek(directory.next)
        directory.load(file)
        bits = directory[_BITS]
        kind = _KINDS.get(directory.get(_FORMAT, (1,))[0], "unknown")
        return f"a TIFF of {max(bits)}-bit {kind} numbers" if _WIDTH in directory else ""
    except Exception:  # no TIFF, or a broken one: parsers raise anything
        return ""


def _tags(image: Image.Image) -> dict[int, float]:
    """The TIFF tags that matter, each its first value; none of other files."""
    found = getattr(image, "tag_v2", None)
    tags: dict[int, float] = {}
    for tag in (_BITS, _PHOTOMETRIC, _LEAST, _GREATEST, _FORMAT, _LEAST_NUMBER, _GREATEST_NUMBER):
        value = found.get(tag) if found is not None else None
        value = value[0] if isinstance(value, tuple) and value else value
        if isinstance(value, (int, float)):
            tags[tag] = float(value)
    return tags


def _stripes(image: Image.Image, tags: dict[int, float]) -> Iterator[tuple[int, NDArray[np.generic]]]:
    """The samples in stripes of rows, each with its first row; a whole image of them would take its memory twice."""
    width, height = image.size
    rows = max(1, _STRIPE // width)
    for top in range(0, height, rows):
        values = np.asarray(image.crop((0, top, width, min(top + rows, height))))
        # Pillow holds 32 bits without a sign in a type that has one.
        if values.dtype == np.int32 and tags.get(_BITS) == 32 and tags.get(_FORMAT, 1) == 1:
            values = values.view(np.uint32)
        yield top, values


def _declared(image: Image.Image, tags: dict[int, float]) -> _Range | None:
    for least, greatest in ((_LEAST_NUMBER, _GREATEST_NUMBER), (_LEAST, _GREATEST)):
        black, white = tags.get(least, 0.0), tags.get(greatest)
        if white is not None and np.isfinite([black, white]).all() and white > black:
            return _Range(black, white, _note(black, white, "as the file says"))
    bits = tags.get(_BITS, 16 if image.format in ("PNG", "PPM") else 0)
    if image.mode != "F" and 8 < bits <= 16 and tags.get(_FORMAT, 1) == 1:
        white = 2**bits - 1
        return _Range(0, white, "" if bits == 16 else _note(0, white, f"{bits:g} bits a sample"))
    return None


def _robust(image: Image.Image, tags: dict[int, float]) -> _Range:
    width, height = image.size
    step = max(1, width * height // _SAMPLES)
    parts = [part.reshape(-1)[-top * width % step :: step] for top, part in _stripes(image, tags)]
    some = np.concatenate(parts).astype(np.float64)
    some = some[np.isfinite(some)]
    if not some.size:
        return _Range(0.0, 0.0, "no sample is a finite number")
    black, white = (float(each) for each in np.percentile(some, (_OUTER, 100 - _OUTER)))
    return _Range(black, white, _note(black, white, f"all but the outermost {_OUTER:g} % of the samples"))


def _note(black: float, white: float, why: str) -> str:
    low, high = (number(each) if each == int(each) else f"{each:.4g}" for each in (black, white))
    return f"samples from {low} to {high} are shown as black to white ({why})"
