"""Accuracy on the pictures of each visual factor against that on all (Idrissi et al., 2023, section 4)."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.flip_rates import wilson


@dataclass(frozen=True)
class FactorAccuracy:
    """Accuracy where a factor holds.

    Attributes:
        n: pictures with the factor; ``correct`` of them are recognised.
        overall: the accuracy on all annotated pictures.
    """

    n: int
    correct: int
    overall: float

    @property
    def accuracy(self) -> float:
        """In [0, 1]; NaN without pictures."""
        return self.correct / self.n if self.n else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval; NaN without pictures."""
        return wilson(self.correct, self.n)

    @property
    def error_ratio(self) -> float:
        """Error with the factor over error overall: above 1 the factor is harder; NaN where there is no error."""
        error = 1 - self.overall
        return (1 - self.accuracy) / error if error > 0 else math.nan


def factor_accuracies(
    correct: ArrayLike,
    names: Sequence[str],
    annotations: Mapping[str, Collection[str]],
    factors: Collection[str] = (),
) -> dict[str, FactorAccuracy]:
    """Accuracy on each factor that the annotations name; of pictures without an annotation nothing is asked.

    Args:
        correct: (n,) bool, whether each picture is recognised.
        names: (n,) the pictures' file names.
        annotations: factors by file name, see `ood_studio.data.imagenet_x.read_imagenet_x`.
        factors: further factors, which no image need have.

    Raises:
        StudioError: where there is not one name a picture, or no picture is annotated.
    """
    right = np.asarray(correct, dtype=bool)
    if right.shape != (len(names),):
        raise StudioError(f"{right.size} pictures come with {len(names)} names")
    known = [i for i, name in enumerate(names) if name in annotations]
    if not known:
        raise StudioError(f"none of {len(names):,} pictures is annotated; the names must be those of the files")
    overall = float(right[known].mean())
    found = {}
    for factor in sorted({*factors, *(factor for held in annotations.values() for factor in held)}):
        rows = [i for i in known if factor in annotations[names[i]]]
        found[factor] = FactorAccuracy(len(rows), int(right[rows].sum()) if rows else 0, overall)
    return found
