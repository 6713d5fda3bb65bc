"""Scores checked and put in order once: what every metric counts in.

Arguments are one-dimensional NumPy arrays, tensors or sequences; infinite scores are allowed, NaN is not.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ood_studio.core.errors import StudioError

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


class Ordered(NamedTuple):
    """The scores of two sets, each rising.

    Attributes:
        inside: (n_id,), of ID images.
        outside: (n_ood,), of OOD images.
    """

    inside: Floats
    outside: Floats


def score_vector(scores: Any, whose: str) -> Floats:
    """Scores as float64, (n,).

    Raises:
        StudioError: for scores that are empty, not one-dimensional, not real numbers, or NaN.
    """
    if hasattr(scores, "detach"):  # a tensor, possibly on another device or with gradients; torch need not be imported
        scores = scores.detach().cpu().double().numpy()
    try:
        values = np.asarray(scores)
    except ValueError as error:  # ragged
        raise StudioError(f"{whose} scores must be one-dimensional: {error}") from None
    if values.ndim != 1:
        raise StudioError(f"{whose} scores must be one-dimensional, not of shape {values.shape}")
    if values.size == 0:
        raise StudioError(f"{whose} scores must not be empty")
    if values.dtype.kind not in "fiub":
        raise StudioError(f"{whose} scores must be real numbers, not {values.dtype}")
    values = values.astype(np.float64)
    unusable = np.isnan(values)
    if unusable.any():
        raise StudioError(
            f"{unusable.sum()} of {values.size} {whose} scores are NaN, the first at index {unusable.argmax()}"
        )
    return values


def put_in_order(id_scores: Any, ood_scores: Any) -> Ordered:
    """Both sets checked and sorted.

    Raises:
        StudioError: see `score_vector`.
    """
    inside, outside = score_vector(id_scores, "ID"), score_vector(ood_scores, "OOD")
    inside.sort()
    outside.sort()
    return Ordered(inside, outside)


def below_and_not_above(ordered: Floats, scores: Floats) -> tuple[Counts, Counts]:
    """For each score, how many of rising ``ordered`` lie below it, and how many at or below it.

    Rising scores are looked up several times faster than others, as are few scores in many.
    """
    below = np.searchsorted(ordered, scores, side="left")
    not_above = below.copy()
    tied = np.flatnonzero(ordered[np.minimum(below, ordered.size - 1)] == scores)
    not_above[tied] = np.searchsorted(ordered, scores[tied], side="right")
    return below, not_above
