"""The AUROC's own spread (DeLong, DeLong and Clarke-Pearson 1988), from placements in O(n log n) (Sun and Xu 2014)."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np

from ood_studio.evaluation.ordered import Counts, Floats, below_and_not_above, score_vector


def placements(inside: Floats, outside: Floats) -> tuple[Counts, Counts]:
    """Twice how many of the other set each ID image beats, and each OOD image is beaten by; ties count once."""
    return _beaten(inside, outside), _beaten(-outside, -inside)


def auroc_interval(id_scores: Any, ood_scores: Any, level: float = 0.95) -> tuple[float, float]:
    """The ends of DeLong's interval on the logit scale, which does not collapse towards perfect separation.

    Where nothing is out of order, or no two images disagree, there is no spread to go by. Then the ends are what
    min(n_id, n_ood) pairs without a common image say, all of them in order (or out of it): exact, and wide.

    Args:
        id_scores, ood_scores: one-dimensional, higher = more in-distribution.
        level: of confidence, in (0, 1).

    Raises:
        StudioError: for scores that are empty or NaN.
    """
    inside, outside = score_vector(id_scores, "ID"), score_vector(ood_scores, "OOD")
    over_id, over_ood = placements(inside, outside)
    pairs = 2 * inside.size * outside.size
    area = int(over_id.sum()) / pairs
    variance = sum(
        float(np.var(each, ddof=1)) / (2 * others) ** 2 / each.size if each.size > 1 else 0.0
        for each, others in ((over_id, outside.size), (over_ood, inside.size))
    )
    if not 0 < area < 1 or variance == 0:
        side = ((1 - level) / 2) ** (1 / min(inside.size, outside.size))
        return min(area, side), max(area, 1 - side)
    centre = math.log(area / (1 - area))
    margin = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(variance) / (area * (1 - area))
    low, high = (1 / (1 + math.exp(-(centre + sign * margin))) for sign in (-1, 1))
    return low, high


def _beaten(scores: Floats, others: Floats) -> Counts:
    order = np.argsort(scores)
    below, not_above = below_and_not_above(np.sort(others), scores[order])
    beaten = np.empty_like(below)
    beaten[order] = below + not_above
    return beaten
