"""How good a model's contexts are, where the right ones are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ood_studio.synthesis.contexts import Contexts

_RESAMPLES = 1000


@dataclass(frozen=True)
class ContextScores:
    """Figures over images; shares in [0, 1].

    Attributes:
        count: images.
        f1: 2·TP / (2·TP + FP + FN), with TP, FP and FN counted over all elements of all images (micro-averaged).
        interval: 95 % bootstrap interval of ``f1`` over images.
        precision, recall: the same way.
        place: images whose place is right.
        exact: images whose place and set of elements are right.
        well_formed: answers that were a list as asked for.
    """

    count: int
    f1: float
    interval: tuple[float, float]
    precision: float
    recall: float
    place: float
    exact: float
    well_formed: float


def score_contexts(found: Sequence[Contexts], right: Sequence[Contexts], seed: int = 0) -> ContextScores:
    """Compares contexts with the right ones, image by image.

    Raises:
        ValueError: for no images or lists of different lengths.
    """
    if not found or len(found) != len(right):
        raise ValueError(f"expected contexts of at least one image, one for each, not {len(found)} for {len(right)}")
    pairs = [(set(mine.elements), set(theirs.elements)) for mine, theirs in zip(found, right, strict=True)]
    # (images, 3): right ones named, wrong ones named, not named
    counts = np.array([(len(mine & theirs), len(mine - theirs), len(theirs - mine)) for mine, theirs in pairs])
    hits, wrong, missed = counts.sum(axis=0).tolist()
    rng = np.random.default_rng(seed)
    drawn = [_f1(*counts[rng.integers(0, len(counts), len(counts))].sum(axis=0)) for _ in range(_RESAMPLES)]
    low, high = np.percentile(drawn, (2.5, 97.5)).tolist()
    places = [mine.place == theirs.place for mine, theirs in zip(found, right, strict=True)]
    return ContextScores(
        count=len(found),
        f1=_f1(hits, wrong, missed),
        interval=(low, high),
        precision=hits / max(1, hits + wrong),
        recall=hits / max(1, hits + missed),
        place=float(np.mean(places)),
        exact=float(np.mean([place and mine == theirs for place, (mine, theirs) in zip(places, pairs, strict=True)])),
        well_formed=float(np.mean([each.well_formed for each in found])),
    )


def _f1(hits: float, wrong: float, missed: float) -> float:
    """1 where there was nothing to name and nothing named."""
    return 2 * hits / (2 * hits + wrong + missed) if hits + wrong + missed else 1.0
