"""Figures that are shares of images, and means over sets, with the intervals of resamples of the images."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ood_studio.data.imagenet_x import NAMES
from ood_studio.evaluation.bootstrap import intervals, resample
from ood_studio.evaluation.factor_accuracy import factor_accuracies
from ood_studio.evaluation.metrics import summary
from ood_studio.evaluation.zoo.figures import Figure

_LEVEL = (0.025, 0.975)


def share(hits: int, n: int, *, resamples: int, seed: int) -> Figure:
    """A share of images: the hits of a resample are binomial."""
    return mean_share([(hits, n)], resamples=resamples, seed=seed)


def mean_share(parts: Sequence[tuple[int, int]], *, resamples: int, seed: int) -> Figure:
    """The mean of the shares of several sets, each set with the same weight and resampled on its own.

    Args:
        parts: hits and images of each.
        resamples: of the interval; 0 for none.
        seed: of the resamples.
    """
    value, n = sum(hits / n for hits, n in parts) / len(parts), sum(n for _, n in parts)
    if not resamples:
        return Figure(value, n=n)
    rng = np.random.default_rng(seed)
    drawn = sum(rng.binomial(n, hits / n, resamples) / n for hits, n in parts) / len(parts)
    low, high = np.quantile(drawn, _LEVEL)
    return Figure(value, float(low), float(high), n)


def rates(inside: Any, outside: Any, *, resamples: int, seed: int) -> dict[str, Figure]:
    """``auroc`` and ``fpr95`` of one OOD set.

    Args:
        inside, outside: (n_id,) and (n_ood,) scores, higher = more in-distribution.
        resamples, seed: as in `mean_share`.

    Raises:
        StudioError: for unusable scores.
    """
    here = summary(inside, outside)
    ends: dict[str, tuple[float | None, float | None]] = {"auroc": (None, None), "fpr95": (None, None)}
    if resamples:
        around = intervals(inside, outside, resamples=resamples, seed=seed)
        ends = {"auroc": around.auroc, "fpr95": around.fpr95}
    return {kind: Figure(getattr(here, kind), *ends[kind], n=len(outside)) for kind in ends}


def mean_rates(inside: Any, outside: Sequence[Any], *, resamples: int, seed: int) -> dict[str, Figure]:
    """``auroc`` and ``fpr95`` as means over OOD sets: in each resample the ID images are the same for all sets.

    Args:
        inside: (n_id,) scores, higher = more in-distribution.
        outside: (n_ood,) scores of each set.
        resamples: of the intervals; 0 for none.
        seed: of the resamples.

    Raises:
        StudioError: for unusable scores.
    """
    n = sum(len(scores) for scores in outside)
    each = [summary(inside, scores) for scores in outside]
    drawn = [
        resample(inside, scores, resamples=resamples, seed=seed, outside=i)
        for i, scores in enumerate(outside)
        if resamples
    ]
    found = {}
    for kind in ("auroc", "fpr95"):
        value = sum(getattr(one, kind) for one in each) / len(each)
        low = high = None
        if drawn:
            low, high = map(float, np.quantile(np.mean([getattr(one, kind) for one in drawn], axis=0), _LEVEL))
        found[kind] = Figure(value, low, high, n)
    return found


@dataclass(frozen=True)
class Annotated:
    """Accuracy on factors that annotations name.

    Attributes:
        figures: ``factor NAME`` with Wilson's intervals, ``mean factor`` where every factor has an image, and
            ``accuracy annotated`` of all annotated images, which factors are held against.
        skipped: factors without an image, and why they are not there.
    """

    figures: dict[str, Figure]
    skipped: dict[str, str]


def annotated_shares(
    right: ArrayLike, names: Sequence[str], annotations: Mapping[str, Collection[str]], resamples: int, seed: int
) -> Annotated:
    """Accuracy on the images of each factor.

    Args:
        right: (n,) bool, whether each image is recognised.
        names: (n,) file names of the images.
        annotations: factors by file name.
        resamples: of the images, for the mean over factors, whose images are partly the same; 0 for no intervals.
        seed: of the resamples.

    Raises:
        StudioError: where no image is annotated.
    """
    hits = np.asarray(right, dtype=bool)
    found = factor_accuracies(hits, names, annotations, NAMES)
    known = np.array([name in annotations for name in names])
    figures = {"accuracy annotated": share(int(hits[known].sum()), int(known.sum()), resamples=resamples, seed=seed)}
    for name, each in found.items():
        if each.n:
            low, high = each.interval if resamples else (None, None)
            figures[f"factor {name}"] = Figure(each.accuracy, low, high, each.n)
    skipped = {f"factor {name}": "no annotated picture has this factor" for name, each in found.items() if not each.n}
    if skipped:
        return Annotated(figures, skipped)
    held = np.array([[factor in annotations.get(name, ()) for factor in found] for name in names], np.float64)
    value = float(np.mean([each.accuracy for each in found.values()]))
    low = high = None
    if resamples:
        rng = np.random.default_rng(seed)
        drawn = []
        for _ in range(resamples):
            counts = np.bincount(rng.integers(0, len(hits), len(hits)), minlength=len(hits))
            there = counts @ held
            drawn.append(np.mean(((counts * hits) @ held / np.maximum(there, 1))[there > 0]))
        low, high = map(float, np.quantile(drawn, _LEVEL))
    figures["mean factor"] = Figure(value, low, high, int(known.sum()))
    return Annotated(figures, skipped)
