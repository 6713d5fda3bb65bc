"""Pictures in a row with words under each, as a picture for papers and slides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

_PICTURE = 320  # pixels a side
_SMALL = 120
_GAP = 28
_LINE = 30
_INK, _GREY = "#1f2937", "#5b6472"


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a strip.

    Attributes:
        title: over it.
        picture: any size; small ones keep their pixels square.
        lines: under it, each with its colour, or None for that of text.
        small: a picture beside the lines, such as a gradient.
    """

    title: str
    picture: Image.Image
    lines: tuple[tuple[str, str | None], ...] = ()
    small: Image.Image | None = None


def filmstrip(frames: Sequence[Frame], note: str = "") -> Image.Image:
    """The frames from left to right on white, with a note below."""
    deepest = max((len(frame.lines) for frame in frames), default=0)
    smaller = any(frame.small is not None for frame in frames)
    height = _GAP + 40 + _PICTURE + 12 + _LINE * deepest + (_SMALL + 12 if smaller else 0) + (44 if note else 0) + _GAP
    strip = Image.new("RGB", (_GAP + len(frames) * (_PICTURE + _GAP), height), "white")
    draw = ImageDraw.Draw(strip)
    heading, words = ImageFont.load_default(27), ImageFont.load_default(22)
    for i, frame in enumerate(frames):
        left, top = _GAP + i * (_PICTURE + _GAP), _GAP
        draw.text((left, top), frame.title, fill=_INK, font=heading)
        top += 40
        strip.paste(fitted(frame.picture, _PICTURE), (left, top))
        top += _PICTURE + 12
        for text, colour in frame.lines:
            draw.text((left, top), text, fill=colour or _INK, font=words)
            top += _LINE
        if frame.small is not None:
            strip.paste(fitted(frame.small, _SMALL), (left, height - _GAP - (44 if note else 0) - _SMALL))
    if note:
        draw.text((_GAP, height - _GAP - 22), note, fill=_GREY, font=words)
    return strip


def fitted(picture: Image.Image, side: int) -> Image.Image:
    """A picture in the middle of a white square; small ones are enlarged without blurring them."""
    picture = picture.convert("RGB")
    scale = side / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    how = Image.Resampling.NEAREST if scale >= 2 else Image.Resampling.LANCZOS
    square = Image.new("RGB", (side, side), "white")
    square.paste(picture.resize(size, how), ((side - size[0]) // 2, (side - size[1]) // 2))
    return square
