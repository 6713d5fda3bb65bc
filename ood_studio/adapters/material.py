"""What an adapter learns from: cached features, labels, and where a method needs them the images themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.data.dataset import Dataset

_CHUNK_VALUES = 2**22  # features looked at at a time: 32 MB in float64

_PARTS = {
    "joint": "joint features of ID images (joint); its backbone needs a text tower",
    "visual": "visual features of ID images (visual)",
    "targets": "the class of each ID image (targets); give images sorted into class folders",
    "class_text": "the text features of the ID labels (class_text)",
    "pseudo_text": "the text features that pseudo-labels are read off (pseudo_text)",
    "negative_text": "negative labels (negative_text); mine some from a corpus first",
    "synthetic": "a synthetic set (synthetic); make one first, as python -m ood_studio synthesize does",
    "images": "the ID images themselves (images), not features of them alone",
}


@dataclass(frozen=True, eq=False)
class Material:
    """What there is to learn from; any part may be None. Features may be memory-mapped, and are only read.

    Attributes:
        labels: the ID labels.
        key: of all of the content: equal keys, equal material.
        about: what it is, for people, and ``notes`` sentences about what was left out of it.
        class_text: (classes, dim) text features of the ID labels.
        pseudo_text: (classes, dim) text features that pseudo-labels are read off (PLP: five prompts).
        negative_labels: the negative labels, in the order of ``negative_text`` (negatives, dim).
        joint: (n, dim) features of ID images in the joint space, of unit length.
        visual: (n, width) features of the same images before the projection.
        targets: (n,) which ID label each image has, -1 for none.
        synthetic: (m, dim) joint features of near-boundary images, OOD by their making.
        images: the dataset of the ID images, and ``rows`` (n,) which image of it each row of the features is.

    Raises:
        StudioError: for parts that do not fit together, or rows without a direction.
    """

    labels: tuple[str, ...]
    key: str
    about: str = ""
    notes: tuple[str, ...] = ()
    class_text: Tensor | None = None
    pseudo_text: Tensor | None = None
    negative_labels: tuple[str, ...] = ()
    negative_text: Tensor | None = None
    joint: Tensor | None = None
    visual: Tensor | None = None
    targets: Tensor | None = None
    synthetic: Tensor | None = None
    images: Dataset | None = None
    rows: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        if len(self.labels) < 2:
            raise StudioError(f"an adapter tells ID labels apart, so it needs two or more, not {len(self.labels)}")
        for name, count in (
            ("class_text", len(self.labels)),
            ("pseudo_text", len(self.labels)),
            ("negative_text", len(self.negative_labels)),
        ):
            rows = getattr(self, name)
            if rows is not None and (rows.ndim != 2 or len(rows) != count):
                raise StudioError(f"{name} must have a row for each of {count} labels, not {tuple(rows.shape)}")
        counts = {name: len(getattr(self, name)) for name in _ROWS if getattr(self, name) is not None}
        if len(set(counts.values())) > 1:
            said = ", ".join(f"{count:,} {name}" for name, count in counts.items())
            raise StudioError(f"what is known of the ID images must be of the same images, not {said}")
        if self.targets is not None:
            _check_targets(self.targets, len(self.labels))
        widths = {getattr(self, name).shape[1] for name in _JOINT if getattr(self, name) is not None}
        if len(widths) > 1:
            raise StudioError(f"joint and text features must have one width, not {sorted(widths)}")

    @property
    def count(self) -> int:
        """How many ID images there are."""
        return next((len(part) for name in _ROWS if (part := getattr(self, name)) is not None), 0)

    def missing(self, needs: tuple[str, ...]) -> list[str]:
        """What is not there of what is needed, in words."""
        return [_PARTS[part] for part in needs if getattr(self, part) is None]

    def check(self) -> None:
        """Looks at every row of the features, a few at a time.

        Raises:
            StudioError: naming the first row that is zero, NaN or infinite, or features that are all the same.
        """
        for name in (*_JOINT, "visual"):
            rows = getattr(self, name)
            if rows is None:
                continue
            if not len(rows):
                raise StudioError(f"there is nothing to learn from: {name} has no row")
            first, differs = rows[0].double(), False
            for where, part in chunks(rows):
                lengths = torch.linalg.vector_norm(part, dim=1)
                bad = torch.nonzero(~(torch.isfinite(lengths) & (lengths > 0)))
                if len(bad):
                    fault = "zero" if float(lengths[bad[0, 0]]) == 0 else "NaN or infinite"
                    raise StudioError(f"row {where.start + int(bad[0, 0])} of {name} is {fault}; leave that image out")
                differs = differs or bool((part - first).abs().max() > 1e-7 * float(lengths[0]))
            if name in ("joint", "visual") and len(rows) > 1 and not differs:
                raise StudioError(
                    f"the features of all {len(rows):,} ID images are the same, so there is nothing to learn"
                )


_ROWS = ("joint", "visual", "targets")
_JOINT = ("joint", "class_text", "pseudo_text", "negative_text", "synthetic")


def chunks(rows: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Features a few at a time, in float64: which rows, and their values."""
    step = max(1, _CHUNK_VALUES // rows.shape[1])
    for start in range(0, len(rows), step):
        where = slice(start, min(start + step, len(rows)))
        yield where, rows[where].detach().double()


def _check_targets(targets: Tensor, classes: int) -> None:
    if targets.ndim != 1 or targets.is_floating_point() or targets.dtype == torch.bool:
        raise StudioError(f"targets must be whole numbers of shape (n,), not {targets.dtype} {tuple(targets.shape)}")
    if len(targets) and int(targets.max()) >= classes:
        raise StudioError(f"targets name class {int(targets.max())}, but there are only {classes} labels, from 0")
