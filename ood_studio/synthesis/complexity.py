"""How much there is in an image, by its JPEG bytes per pixel: SynOOD takes the most complex ones of each class."""

from __future__ import annotations

import io
from collections.abc import Hashable, Sequence

from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.data.dataset import Dataset

QUALITY = 75


def bytes_per_pixel(image: Image.Image) -> float:
    """JPEG bytes per pixel of an image.

    Every image is encoded anew at one quality, so that neither the format nor the quality of its file counts; the
    paper divides the sizes of ImageNet's own files, which this follows in order. The header's few hundred bytes are
    in it, which matters among images of several sizes alone.
    """
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=QUALITY)
    return len(buffer.getvalue()) / (image.width * image.height)


def most_complex(complexity: Sequence[float], labels: Sequence[Hashable], per_class: int) -> list[int]:
    """Indices of the most complex images of each class, the most complex first.

    Args:
        complexity: of each image, see `bytes_per_pixel`.
        labels: the class of each.
        per_class: how many of each class, or all where there are fewer; the paper takes 50.

    Returns:
        Indices, class after class in the order in which the classes first appear; equal ones in their own order.

    Raises:
        StudioError: for lists of two lengths, or less than one image a class.
    """
    if len(complexity) != len(labels):
        raise StudioError(f"there must be one class a picture: {len(complexity)}, not {len(labels)}")
    if per_class < 1:
        raise StudioError(f"at least 1 picture a class must be taken, not {per_class}")
    classes: dict[Hashable, list[int]] = {}
    for index, label in enumerate(labels):
        classes.setdefault(label, []).append(index)
    return [
        index
        for members in classes.values()
        for index in sorted(members, key=lambda each: -complexity[each])[:per_class]
    ]


def choose_sources(source: Dataset, *, per_class: int, count: int, progress: Progress = silent) -> list[int]:
    """Rows of the most complex images of each class; the classes take turns, so that any part of them is balanced.

    Args:
        source: images; those that cannot be read are left out. Without labels all are of one class.
        per_class: how many of each class at most.
        count: how many in all at most.
        progress: told the images measured.

    Raises:
        StudioError: if no image can be read.
    """
    source.prepare(progress)
    complexity = []
    for row in range(len(source)):
        if row % 64 == 0:
            progress("measuring complexity", row, len(source))
        try:
            complexity.append(bytes_per_pixel(source.load(row)))
        except (StudioError, OSError):
            complexity.append(-1.0)
    labels = [0] * len(source) if source.labels is None else source.labels.tolist()
    best = [row for row in most_complex(complexity, labels, per_class) if complexity[row] >= 0]
    if not best:
        raise StudioError(f"{source.name} has no picture that can be read")
    rank: dict[int, int] = {}
    seen: dict[int, int] = {}
    for row in best:
        rank[row] = seen[labels[row]] = seen.get(labels[row], -1) + 1
    return sorted(best, key=lambda row: (rank[row], row))[:count]
