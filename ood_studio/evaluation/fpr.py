"""The false positive rate at a true positive rate: five definitions, read off a handful of counts.

All five depend on the ROC curve only around one threshold t: the largest one that keeps enough of the positives, or
of "strict" a score of a rounded place. So they can be read for one pair of sets and for a thousand resamples alike,
without drawing a curve.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from ood_studio.core.errors import StudioError

FprDefinition = Literal["exact", "openood", "interpolated", "nearest", "strict"]
"""How FPR at a true positive rate is read off; see `ood_studio.evaluation.metrics.fpr_at_tpr`."""

FPR_DEFINITIONS: tuple[FprDefinition, ...] = get_args(FprDefinition)

PositiveId = Literal["exact", "strict", "interpolated", "nearest"]
"""The definitions with ID as the positive class; "openood" is "exact" with both sets negated and exchanged."""

Whole = int | NDArray[np.integer[Any]]


class Cut(NamedTuple):
    """Counts around t, the threshold of a definition (see `kept_by`); (resamples,) each, or one.

    Attributes:
        id_at, id_above: ID images scored ≥ t, > t.
        ood_at, ood_above: OOD images scored ≥ t, > t.
        ood_next: OOD images scored above the next lower ID score; all of them where there is none.
    """

    id_at: Whole
    id_above: Whole
    ood_at: Whole
    ood_above: Whole
    ood_next: Whole


def check_fpr(tpr: float, definition: str) -> None:
    """Checks what an FPR is asked for with.

    Raises:
        StudioError: for a rate that is not in (0, 1], or an unknown definition.
    """
    if isinstance(tpr, bool) or not 0 < tpr <= 1:
        raise StudioError(f"the true positive rate must lie above 0 and at most at 1, not {tpr!r}")
    if definition not in FPR_DEFINITIONS:
        raise StudioError(f"the definition of FPR must be one of {', '.join(FPR_DEFINITIONS)}, not {definition!r}")


def fewest_kept(count: int, tpr: float) -> int:
    """The fewest k of ``count`` with k / count ≥ tpr; decided by that very quotient, since 0.95 · 60 need not be 57."""
    kept = min(count, max(1, math.ceil(tpr * count)))
    while kept > 1 and (kept - 1) / count >= tpr:
        kept -= 1
    while kept / count < tpr:
        kept += 1
    return kept


def kept_by(count: int, tpr: float, definition: str) -> int:
    """How many ID images of ``count`` score at least t where scores have no ties: `fewest_kept`, but for "strict".

    SynOOD's code takes the ID score of place round((1 − tpr) · count), from 0 for the lowest, with halves to even.
    """
    if definition != "strict":
        return fewest_kept(count, tpr)
    return max(1, count - round(round(1 - tpr, 12) * count))


def read_fpr(cut: Cut, n_id: int, n_ood: int, tpr: float, definition: PositiveId) -> NDArray[np.float64]:
    """The FPR at ``tpr``, of the shape of the counts."""
    id_at, id_above, ood_at, ood_above, ood_next = (np.asarray(count) for count in cut)
    if definition == "exact":
        return np.asarray(ood_at / n_ood)
    if definition == "strict":
        return np.asarray(ood_above / n_ood)
    reached, missed = id_at / n_id, id_above / n_id
    # Lower thresholds, down to the next ID score, have t's true positive rate and a higher false positive rate.
    if definition == "interpolated":
        slope = (tpr - missed) / (reached - missed)
        return np.where(reached == tpr, ood_next, ood_above + slope * (ood_at - ood_above)) / n_ood
    # NegLabel's code drops the origin, and what lies beyond the first point with every ID image accepted.
    highest = np.where(id_at == n_id, ood_at, ood_next)
    nearer = np.abs(missed - tpr) < np.abs(reached - tpr)
    return np.where(nearer & (id_above + ood_above > 0), ood_above, highest) / n_ood
