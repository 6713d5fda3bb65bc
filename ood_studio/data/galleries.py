"""Galleries of images for notebooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.html import MOST, Html, gallery
from ood_studio.data.images import decode_image


def file_gallery(files: Sequence[Path]) -> Html:
    """The first of many image files with their names; of one that cannot be read it is said why."""
    return image_gallery(len(files), lambda index: (decode_image(files[index]), files[index].stem))


def image_gallery(count: int, image: Callable[[int], tuple[Image.Image, str]]) -> Html:
    """The first `MOST` of ``count`` images with their captions, told by their places.

    Args:
        count: how many there are.
        image: gives one and its caption; for one that cannot be read it raises `StudioError`, which is its caption.
    """
    shown: list[tuple[Image.Image | None, str]] = []
    for index in range(min(count, MOST)):
        try:
            shown.append(image(index))
        except StudioError as error:
            shown.append((None, str(error)))
    return gallery(shown, count - len(shown))
