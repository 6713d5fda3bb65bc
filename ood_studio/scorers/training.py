"""What the scores share that learn from the features of ID training images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ood_studio.scorers.base import Reference, Scorer, VectorSpace
from ood_studio.scorers.vectors import Space

_CHUNK_VALUES = 2**22  # a chunk of training features in float64: 32 MB


@dataclass(frozen=True)
class FeatureScorer(Scorer):
    """A score that compares an image with ID training images; no text takes part.

    Attributes:
        space: "visual" (taken as they are) or "joint" (given unit length); the training images in the same space.
    """

    needs: ClassVar[tuple[str, ...]] = ("images",)

    space: VectorSpace = "visual"

    def _dim(self, reference: Reference) -> int:
        assert reference.images is not None
        return reference.images.shape[1]


def image_chunks(reference: Reference, space: Space) -> Iterator[tuple[slice, Tensor]]:
    """The training images a few at a time: which rows, and their features in float64, of unit length if joint.

    Args:
        reference: with images (n, d), in memory or memory-mapped.
        space: the space they live in.
    """
    images = reference.images
    assert images is not None
    step = max(1, _CHUNK_VALUES // images.shape[1])
    for start in range(0, len(images), step):
        where = slice(start, min(start + step, len(images)))
        rows = images[where].detach().double()
        yield where, rows if space == "visual" else rows / torch.linalg.vector_norm(rows, dim=1, keepdim=True)
