"""How well scores separate ID from OOD: AUROC, FPR at a true positive rate, average precision, thresholds.

Scores are higher = more in-distribution; everything is computed in float64 from counts, exact under ties. Arguments
are one-dimensional NumPy arrays, tensors or sequences; infinite scores are allowed, NaN is not. Every function raises
`StudioError` for scores that are empty, not one-dimensional, not real numbers, or NaN. Rates are fractions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from ood_studio.errors import StudioError

Floats = NDArray[np.float64]

FprDefinition = Literal["exact", "openood", "interpolated", "nearest", "strict"]
"""How FPR at a true positive rate is read off; see `fpr_at_tpr`."""

FPR_DEFINITIONS: tuple[FprDefinition, ...] = get_args(FprDefinition)


class Roc(NamedTuple):
    """The ROC curve with ID as the positive class: one point per distinct score, from (0, 0) to (1, 1).

    Attributes:
        fpr: (points,), share of OOD scored at or above the threshold, non-decreasing.
        tpr: (points,), share of ID scored at or above the threshold, non-decreasing.
        thresholds: (points,), decreasing; the first is infinite and accepts nothing.
    """

    fpr: Floats
    tpr: Floats
    thresholds: Floats


@dataclass(frozen=True)
class Metrics:
    """The usual figures of one detector on one pair of sets, as fractions.

    Attributes:
        auroc: probability that an ID image scores above an OOD image, ties counted half.
        fpr95: share of OOD accepted when at least 95 % of ID are; see `fpr_definition`.
        aupr_in, aupr_out: average precision with ID, with OOD as the positive class.
        fpr_definition: which of the five definitions `fpr95` follows; shown beside the number.
    """

    auroc: float
    fpr95: float
    aupr_in: float
    aupr_out: float
    fpr_definition: FprDefinition = "exact"


def auroc(id_scores: Any, ood_scores: Any) -> float:
    """P(ID > OOD) + ½ P(ID = OOD) over all pairs (Mann-Whitney), in [0, 1]."""
    positive, negative = _scores(id_scores, "ID"), np.sort(_scores(ood_scores, "OOD"))
    below = np.searchsorted(negative, positive, side="left").sum(dtype=np.int64)
    not_above = np.searchsorted(negative, positive, side="right").sum(dtype=np.int64)
    return float(int(below) + int(not_above)) / (2 * positive.size * negative.size)


def threshold_at_tpr(id_scores: Any, tpr: float = 0.95) -> float:
    """The largest threshold t with at least `tpr` of the ID scores ≥ t: one of the scores.

    Raises:
        StudioError: also when tpr is not in (0, 1].
    """
    ordered = np.sort(_scores(id_scores, "ID"))
    return float(ordered[ordered.size - _kept(ordered.size, tpr)])


def fpr_at_tpr(id_scores: Any, ood_scores: Any, tpr: float = 0.95, definition: FprDefinition = "exact") -> float:
    """The false positive rate at a true positive rate: by default the share of OOD scored ≥ `threshold_at_tpr`.

    Five definitions circulate and can differ by ten points on the same scores; the others reproduce published tables:

    - "exact": ID is positive; t is the largest threshold keeping at least `tpr` of ID; OOD ≥ t. Ties count against us.
    - "strict": as exact, with OOD > t (SynOOD's code): a constant score gets 0.
    - "openood": OOD is positive: at the lowest threshold that rejects at least `tpr` of OOD (score ≤ t), the share of
      ID rejected with it (OpenOOD). Where scikit-learn thins a curve with tied ID and OOD scores, ours is not thinned.
    - "interpolated": the ROC curve is interpolated linearly at `tpr` (PLP); where several points have just that rate,
      the one with the highest FPR.
    - "nearest": the ROC point whose true positive rate is nearest to `tpr`, be it below (NegLabel's code): of equally
      near ones the higher rate, then the higher FPR.

    Raises:
        StudioError: also when tpr is not in (0, 1] or the definition is unknown.
    """
    positive, negative = _scores(id_scores, "ID"), _scores(ood_scores, "OOD")
    if definition not in FPR_DEFINITIONS:
        raise StudioError(f"the definition of FPR must be one of {', '.join(FPR_DEFINITIONS)}, not {definition!r}")
    _kept(1, tpr)
    if definition == "exact":
        return float(np.mean(negative >= threshold_at_tpr(positive, tpr)))
    if definition == "strict":
        return float(np.mean(negative > threshold_at_tpr(positive, tpr)))
    if definition == "openood":
        return float(np.mean(-positive >= threshold_at_tpr(-negative, tpr)))
    curve = roc_curve(positive, negative)
    if definition == "interpolated":
        return float(np.interp(tpr, curve.tpr, curve.fpr))
    # NegLabel's code drops the origin and what lies beyond the first point with every ID image accepted.
    last = int(np.searchsorted(curve.tpr, 1.0, side="left"))
    falling, rates = curve.tpr[last:0:-1], curve.fpr[last:0:-1]
    return float(rates[np.argmin(np.abs(falling - tpr))])


def aupr_in(id_scores: Any, ood_scores: Any) -> float:
    """Average precision Σ (R_n − R_{n−1}) P_n with ID as the positive class, in (0, 1]; no interpolation."""
    return _average_precision(_scores(id_scores, "ID"), _scores(ood_scores, "OOD"))


def aupr_out(id_scores: Any, ood_scores: Any) -> float:
    """Average precision with OOD as the positive class, over falling scores, in (0, 1]."""
    return _average_precision(-_scores(ood_scores, "OOD"), -_scores(id_scores, "ID"))


def roc_curve(id_scores: Any, ood_scores: Any) -> Roc:
    """The ROC curve with ID as the positive class, a point per distinct score and the origin; not thinned."""
    positive, negative = _scores(id_scores, "ID"), _scores(ood_scores, "OOD")
    thresholds, true, false = _counts(positive, negative)
    return Roc(
        fpr=np.concatenate([[0.0], false / negative.size]),
        tpr=np.concatenate([[0.0], true / positive.size]),
        thresholds=np.concatenate([[np.inf], thresholds]),
    )


def summary(id_scores: Any, ood_scores: Any, definition: FprDefinition = "exact") -> Metrics:
    """AUROC, FPR95, AUPR-in and AUPR-out of ID scores against OOD scores, as fractions."""
    positive, negative = _scores(id_scores, "ID"), _scores(ood_scores, "OOD")
    return Metrics(
        auroc=auroc(positive, negative),
        fpr95=fpr_at_tpr(positive, negative, 0.95, definition),
        aupr_in=aupr_in(positive, negative),
        aupr_out=aupr_out(positive, negative),
        fpr_definition=definition,
    )


def _scores(scores: Any, whose: str) -> Floats:
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
    unusable = np.flatnonzero(np.isnan(values))
    if unusable.size:
        raise StudioError(f"{unusable.size} of {values.size} {whose} scores are NaN, the first at index {unusable[0]}")
    return values


def _kept(count: int, tpr: float) -> int:
    """The fewest k of `count` with k / count ≥ tpr; decided by that very quotient, since 0.95 · 60 need not be 57."""
    if isinstance(tpr, bool) or not 0 < tpr <= 1:
        raise StudioError(f"the true positive rate must lie above 0 and at most at 1, not {tpr!r}")
    kept = min(count, max(1, math.ceil(tpr * count)))
    while kept > 1 and (kept - 1) / count >= tpr:
        kept -= 1
    while kept / count < tpr:
        kept += 1
    return kept


def _counts(positive: Floats, negative: Floats) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Distinct scores, falling, and how many positives and negatives score at or above each."""
    everything = np.concatenate([positive, negative])
    order = np.argsort(-everything, kind="stable")
    ordered = everything[order]
    ends = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), ordered.size - 1)
    true = np.cumsum(order < positive.size, dtype=np.int64)[ends]
    return ordered[ends], true, ends.astype(np.int64) + 1 - true


def _average_precision(positive: Floats, negative: Floats) -> float:
    _, true, false = _counts(positive, negative)
    gained = np.diff(true, prepend=0)
    return float(np.sum(gained * (true / (true + false))) / positive.size)
