"""How well scores separate ID from OOD: AUROC, FPR at a true positive rate, average precision, detection error.

Scores are higher = more in-distribution; everything is computed in float64 from counts, exact under ties. Arguments
are one-dimensional NumPy arrays, tensors or sequences; infinite scores are allowed, NaN is not. Every function raises
`StudioError` for scores that are empty, not one-dimensional, not real numbers, or NaN. Rates are fractions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ood_studio.evaluation.fpr import FPR_DEFINITIONS, Cut, FprDefinition, check_fpr, fewest_kept, kept_by, read_fpr
from ood_studio.evaluation.ordered import Counts, Floats, Ordered, below_and_not_above, put_in_order, score_vector

__all__ = [
    "FPR_DEFINITIONS",
    "FprDefinition",
    "Metrics",
    "Roc",
    "aupr_in",
    "aupr_out",
    "auroc",
    "auroc_and_fpr",
    "detection_error",
    "fpr_at_tpr",
    "roc_curve",
    "summary",
    "threshold_at_tpr",
]


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
        detection_error: the lowest error at equal shares of ID and OOD; see `detection_error`.
        fpr_definition: which of the five definitions `fpr95` follows; shown beside the number.
    """

    auroc: float
    fpr95: float
    aupr_in: float
    aupr_out: float
    detection_error: float
    fpr_definition: FprDefinition = "exact"


def auroc(id_scores: Any, ood_scores: Any) -> float:
    """P(ID > OOD) + ½ P(ID = OOD) over all pairs (Mann-Whitney), in [0, 1]."""
    return _auroc(put_in_order(id_scores, ood_scores))


def threshold_at_tpr(id_scores: Any, tpr: float = 0.95) -> float:
    """The largest threshold t with at least `tpr` of the ID scores ≥ t: one of the scores.

    Raises:
        StudioError: also when tpr is not in (0, 1].
    """
    scores = score_vector(id_scores, "ID")
    check_fpr(tpr, "exact")
    place = scores.size - fewest_kept(scores.size, tpr)
    return float(np.partition(scores, place)[place])


def fpr_at_tpr(id_scores: Any, ood_scores: Any, tpr: float = 0.95, definition: FprDefinition = "exact") -> float:
    """The false positive rate at a true positive rate: by default the share of OOD scored ≥ `threshold_at_tpr`.

    Five definitions circulate and differ on the same scores, by ten points and more (measured: 13 on ordinary ones, 46
    on scores that saturate); the others reproduce published tables:

    - "exact": ID is positive; t is the largest threshold keeping at least `tpr` of ID; OOD ≥ t. Ties count against us.
    - "strict": OOD > t, with t the ID score of place round((1 − `tpr`) · n) from the lowest (SynOOD's code): a constant
      score gets 0.
    - "openood": OOD is positive: at the lowest threshold that rejects at least `tpr` of OOD (score ≤ t), the share of
      ID rejected with it (OpenOOD). Where scikit-learn thins a curve with tied ID and OOD scores, ours is not thinned.
    - "interpolated": the ROC curve is interpolated linearly at `tpr` (PLP); where several points have just that rate,
      the one with the highest FPR.
    - "nearest": the ROC point whose true positive rate is nearest to `tpr`, be it below (NegLabel's code): of equally
      near ones the higher rate, then the higher FPR.

    Raises:
        StudioError: also when tpr is not in (0, 1] or the definition is unknown.
    """
    ordered = put_in_order(id_scores, ood_scores)
    check_fpr(tpr, definition)
    return _fpr(ordered, tpr, definition)


def auroc_and_fpr(
    id_scores: Any, ood_scores: Any, tpr: float = 0.95, definition: FprDefinition = "exact"
) -> tuple[float, float]:
    """`auroc` and `fpr_at_tpr` from one sort of each set."""
    ordered = put_in_order(id_scores, ood_scores)
    check_fpr(tpr, definition)
    return _auroc(ordered), _fpr(ordered, tpr, definition)


def aupr_in(id_scores: Any, ood_scores: Any) -> float:
    """Average precision Σ (R_n − R_{n−1}) P_n with ID as the positive class, in (0, 1]; no interpolation."""
    return _aupr_in(*_counts(put_in_order(id_scores, ood_scores))[1:])


def aupr_out(id_scores: Any, ood_scores: Any) -> float:
    """Average precision with OOD as the positive class, over falling scores, in (0, 1]."""
    return _aupr_out(*_counts(put_in_order(id_scores, ood_scores))[1:])


def detection_error(id_scores: Any, ood_scores: Any) -> float:
    """The least of ½ (1 − TPR) + ½ FPR over all thresholds, in [0, ½]: the error where ID and OOD are equally frequent.

    The definition of Liang et al. 2018 (ODIN), with ID as the positive class and a threshold that accepts nothing
    among the thresholds. OpenOOD and others fix the TPR at 95 % instead, which gives ½ · 0.05 + ½ FPR95.
    """
    return _detection_error(*_counts(put_in_order(id_scores, ood_scores))[1:])


def roc_curve(id_scores: Any, ood_scores: Any) -> Roc:
    """The ROC curve with ID as the positive class, a point per distinct score and the origin; not thinned."""
    thresholds, true, false = _counts(put_in_order(id_scores, ood_scores))
    return Roc(
        fpr=np.concatenate([[0.0], false / false[-1]]),
        tpr=np.concatenate([[0.0], true / true[-1]]),
        thresholds=np.concatenate([[np.inf], thresholds]),
    )


def summary(id_scores: Any, ood_scores: Any, definition: FprDefinition = "exact") -> Metrics:
    """Every metric of ID scores against OOD scores, as fractions; sorts once."""
    ordered = put_in_order(id_scores, ood_scores)
    check_fpr(0.95, definition)
    _, true, false = _counts(ordered)
    return Metrics(
        auroc=_auroc(ordered),
        fpr95=_fpr(ordered, 0.95, definition),
        aupr_in=_aupr_in(true, false),
        aupr_out=_aupr_out(true, false),
        detection_error=_detection_error(true, false),
        fpr_definition=definition,
    )


def _auroc(ordered: Ordered) -> float:
    """Pairs are counted from the smaller set, looked up in the larger one."""
    inside, outside = ordered
    few, many = (outside, inside) if outside.size <= inside.size else (inside, outside)
    below, not_above = below_and_not_above(many, few)
    twice = int(below.sum()) + int(not_above.sum())  # exact: whole pairs twice, ties once
    pairs = 2 * inside.size * outside.size
    return (pairs - twice if few is outside else twice) / pairs


def _fpr(ordered: Ordered, tpr: float, definition: FprDefinition) -> float:
    inside, outside = ordered
    if definition == "openood":
        return _fpr(Ordered(-outside[::-1], -inside[::-1]), tpr, "exact")
    threshold = inside[inside.size - kept_by(inside.size, tpr, definition)]
    at, above = np.searchsorted(inside, threshold, "left"), np.searchsorted(inside, threshold, "right")
    cut = Cut(
        id_at=inside.size - int(at),
        id_above=inside.size - int(above),
        ood_at=outside.size - int(np.searchsorted(outside, threshold, "left")),
        ood_above=outside.size - int(np.searchsorted(outside, threshold, "right")),
        ood_next=outside.size - int(np.searchsorted(outside, inside[at - 1], "right")) if at else outside.size,
    )
    return float(read_fpr(cut, inside.size, outside.size, tpr, definition))


def _counts(ordered: Ordered) -> tuple[Floats, Counts, Counts]:
    """Distinct scores, falling, and how many ID and OOD images score at or above each."""
    everything = np.concatenate(ordered)
    order = np.argsort(everything, kind="stable")[::-1]  # merges two rising runs
    falling = everything[order]
    ends = np.append(np.flatnonzero(falling[1:] != falling[:-1]), falling.size - 1)
    true = np.cumsum(order < ordered.inside.size, dtype=np.int64)[ends]
    return falling[ends], true, ends + 1 - true


def _aupr_in(true: Counts, false: Counts) -> float:
    gained = np.diff(true, prepend=0)
    return float(np.sum(gained * (true / (true + false))) / true[-1])


def _aupr_out(true: Counts, false: Counts) -> float:
    """At or below a distinct score lies what is not above it: not at or above the next higher one."""
    inside, outside = (counts[-1] - np.append(0, counts[:-1]) for counts in (true, false))
    gained = np.diff(false, prepend=0)
    return float(np.sum(gained * (outside / (outside + inside))) / false[-1])


def _detection_error(true: Counts, false: Counts) -> float:
    # Over a common denominator, so that equal sets give ½ exactly.
    n_id, n_ood = int(true[-1]), int(false[-1])
    gain = int(np.max(true * n_ood - false * n_id, initial=0))
    return (n_id * n_ood - gain) / (2 * n_id * n_ood)
