"""Thresholds by predicted class: the promise holds within each (Mondrian conformal prediction, Vovk et al. 2005)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ood_studio.core.errors import StudioError
from ood_studio.detectors.conformal import Calibration, Promise


@dataclass(frozen=True, eq=False)
class Classwise:
    """Calibration scores by predicted class; classes with too few images share theirs.

    Attributes:
        groups: calibration scores of each group of classes.
        group_of: (classes,) which group each class belongs to.
        merged: the classes that share the last group; empty where every class has images enough.
    """

    groups: tuple[Calibration, ...]
    group_of: NDArray[np.int64]
    merged: tuple[int, ...]

    def p_values(self, scores: ArrayLike, classes: ArrayLike) -> NDArray[np.float64]:
        """As `Calibration.p_values`, among calibration images of the same group.

        Args:
            scores: (m,) of images.
            classes: (m,) their predicted classes: the true one of an image is not known when it is judged.
        """
        values, group = np.asarray(scores, dtype=np.float64), self.group_of[np.asarray(classes, dtype=np.int64)]
        found = np.empty(values.shape)
        for place, calibration in enumerate(self.groups):
            found[group == place] = calibration.p_values(values[group == place])
        return found

    def thresholds(self, promise: Promise) -> NDArray[np.float64]:
        """(classes,) the threshold of each class.

        Raises:
            StudioError: `Promise.lacking`, for a promise that asks for more images than a group has.
        """
        return np.array([each.threshold(promise) for each in self.groups])[self.group_of]

    def note(self, labels: Sequence[str]) -> str:
        """What was merged, as a sentence; "" for nothing."""
        if not self.merged:
            return ""
        named = ", ".join(labels[each] for each in self.merged[:5]) + ("…" if len(self.merged) > 5 else "")
        return f"{len(self.merged):,} classes with too few calibration images share one threshold: {named}"


def classwise(scores: ArrayLike, classes: ArrayLike, count: int, promise: Promise) -> Classwise:
    """Groups calibration images so that each group can keep a promise.

    Classes that cannot keep it alone share one group; where that is still too small, the smallest of the others join.

    Args:
        scores: (n,) of calibration images.
        classes: (n,) their predicted classes, in [0, count).
        count: how many classes there are.
        promise: what each group is to keep.

    Raises:
        StudioError: as `Calibration.of`, and `Promise.lacking` where all images together are too few.
    """
    values, predicted = np.asarray(scores, dtype=np.float64), np.asarray(classes, dtype=np.int64)
    if values.shape != predicted.shape or values.ndim != 1:
        raise StudioError(f"calibration needs one class a score, not {predicted.shape} for {values.shape}")
    if predicted.size and (predicted.min() < 0 or predicted.max() >= count):
        raise StudioError(f"predicted classes lie between 0 and {count - 1}")
    if reason := promise.lacking(len(Calibration.of(values))):
        raise StudioError(reason)
    held = np.bincount(predicted, minlength=count)
    order = np.argsort(held, kind="stable")  # the smallest first
    alone = np.array([bool(promise.rank(int(each))) for each in held])
    shared = int((~alone).sum())
    while shared and not promise.rank(int(held[order[:shared]].sum())):
        shared += 1
    merged, single = np.sort(order[:shared]), np.sort(order[shared:])
    group_of = np.empty(count, dtype=np.int64)
    group_of[single], group_of[merged] = np.arange(len(single)), len(single)
    # Within a class all scores may be the same, such as 1 where they cannot be higher.
    groups = [Calibration(np.sort(values[predicted == each])) for each in single]
    if shared:
        groups.append(Calibration(np.sort(values[np.isin(predicted, merged)])))
    return Classwise(tuple(groups), group_of, tuple(int(each) for each in merged))
