"""Whether one scorer's AUROC is truly above another's: DeLong's test on the same images.

DeLong, DeLong and Clarke-Pearson 1988, in the O(n log n) form of Sun and Xu 2014: an image's placement among the other
set comes from ranks, not from comparing all pairs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist
from typing import Any, Literal, Protocol

import numpy as np

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.delong import placements
from ood_studio.evaluation.ordered import score_vector
from ood_studio.evaluation.result import BenchResult


@dataclass(frozen=True)
class Comparison:
    """Two scorers, a and b, on the same ID and OOD images.

    Attributes:
        auroc_a, auroc_b: as fractions.
        difference: ``auroc_a - auroc_b``.
        low, high: the ends of the difference's normal confidence interval.
        z: the difference in standard errors; infinite where it differs from zero and no image disagrees about it.
        p: two-sided, the chance of a |z| as large if the AUROCs were truly equal; 1 for equal rankings.
        level: of confidence.
    """

    auroc_a: float
    auroc_b: float
    difference: float
    low: float
    high: float
    z: float
    p: float
    level: float


def compare_scorers(result: BenchResult, wanted: Sequence[str]) -> dict[tuple[str, str, str], Comparison]:
    """DeLong's test between every two of some scorers on every OOD set, by (OOD set, a, b).

    Args:
        result: fresh from a run: a stored one has no scores.
        wanted: keys of scorers, at least two; or ``all``.

    Raises:
        StudioError: for fewer than two scorers, or one that did not run.
    """
    there = list(dict.fromkeys(row.scorer for row in result.rows))
    keys = there if list(wanted) == ["all"] else list(dict.fromkeys(wanted))
    lost = [key for key in keys if key not in there]
    if lost or len(keys) < 2:
        why = f"{lost[0]} did not run" if lost else "there must be at least two"
        raise StudioError(f"scorers cannot be held against each other: {why}; there are {', '.join(there)}")
    sets = list(dict.fromkeys(row.ood for row in result.rows))
    return {
        (ood, a, b): delong(
            result.id_scores(a, ood), result.scores[a][ood], result.id_scores(b, ood), result.scores[b][ood]
        )
        for ood in sets
        for a, b in combinations(keys, 2)
        if ood in result.scores[a] and ood in result.scores[b]
    }


def delong(id_a: Any, ood_a: Any, id_b: Any, ood_b: Any, level: float = 0.95) -> Comparison:
    """DeLong's test of equal AUROC between two correlated scorers.

    Args:
        id_a, id_b: (n_id,) scores of the same ID images in the same order, higher = more in-distribution.
        ood_a, ood_b: (n_ood,) the same of OOD images.
        level: of the interval, in (0, 1).

    Raises:
        StudioError: for scores that are empty, NaN or of different images, fewer than two images in a set, or a level
            outside its range.
    """
    if isinstance(level, bool) or not 0 < level < 1:
        raise StudioError(f"the level of confidence must lie between 0 and 1, not {level!r}")
    inside = score_vector(id_a, "ID"), score_vector(id_b, "ID")
    outside = score_vector(ood_a, "OOD"), score_vector(ood_b, "OOD")
    for whose, (a, b) in (("ID", inside), ("OOD", outside)):
        if a.size != b.size:
            raise StudioError(f"both scorers must have scored the same {whose} images, not {a.size} and {b.size}")
        if a.size < 2:
            raise StudioError(f"DeLong's test needs at least two {whose} images")
    n_id, n_ood = inside[0].size, outside[0].size
    id_placed_a, ood_placed_a = placements(inside[0], outside[0])
    id_placed_b, ood_placed_b = placements(inside[1], outside[1])
    pairs = 2 * n_id * n_ood
    won_a, won_b = int(id_placed_a.sum()), int(id_placed_b.sum())
    difference = (won_a - won_b) / pairs
    # The variance of the difference, from each image's own difference: exactly zero where all images have the same.
    id_share = np.var(id_placed_a - id_placed_b, ddof=1) / (2 * n_ood) ** 2
    ood_share = np.var(ood_placed_a - ood_placed_b, ddof=1) / (2 * n_id) ** 2
    error = math.sqrt(id_share / n_id + ood_share / n_ood)
    if error > 0:
        z = difference / error
    else:
        z = math.copysign(math.inf, difference) if difference else 0.0
    margin = NormalDist().inv_cdf((1 + level) / 2) * error
    return Comparison(
        auroc_a=won_a / pairs,
        auroc_b=won_b / pairs,
        difference=difference,
        low=difference - margin,
        high=difference + margin,
        z=z,
        p=math.erfc(abs(z) / math.sqrt(2)),
        level=level,
    )


OUTCOMES = (
    "it *shows* where more than half of the tests say so and none the contrary, *does not show* where it is the other "
    "way round, and else is *undecided*; p-values are adjusted by Holm over the tests of a claim, and sure below 0.05"
)
"""The rule of `tally` and `outcome_of`, for readers of a report."""


def holm(p: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, in the order given: below a level, the chance of any false one is at most that level.

    Holm 1979; whatever the tests have to do with each other, as those of the same images do.

    Args:
        p: of every test of a family, in [0, 1].
    """
    adjusted, highest = [0.0] * len(p), 0.0
    for rank, place in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        highest = max(highest, min(1.0, (len(p) - rank) * p[place]))
        adjusted[place] = highest
    return adjusted


class Tested(Protocol):
    """A test of whether a is above b: the difference a - b, and how sure it is."""

    @property
    def difference(self) -> float:
        """Above 0 where a is above b."""

    @property
    def p(self) -> float:
        """Two-sided, in [0, 1]."""


Outcome = Literal["shows", "does not show", "undecided"]


def outcome_of(tests: Sequence[Tested], sure: float = 0.05) -> str:
    """What `tally` says of tests, in words for a report."""
    outcome, above, below = tally(tests, sure)
    said = outcome.replace("not", "**not**")
    return f"{said}; of {len(tests)} tests {above} say above, {below} below"


def tally(tests: Sequence[Tested], sure: float = 0.05) -> tuple[Outcome, int, int]:
    """Whether a is above b, from tests on several sets and with several seeds, and how many say above and below.

    It *shows* where more than half of the tests are sure of it and none is of the contrary, it *does not show* where
    that holds the other way round; else it is undecided: one sure test of many says that something is there, not that
    a is above b.

    Args:
        tests: of a against b; their p-values are adjusted by `holm`.
        sure: the adjusted two-sided p below which a test is sure.
    """
    adjusted = holm([each.p for each in tests])
    signs = [0 if p >= sure else 1 if each.difference > 0 else -1 for each, p in zip(tests, adjusted, strict=True)]
    above, below = signs.count(1), signs.count(-1)
    if 2 * above > len(signs) and not below:
        return "shows", above, below
    if 2 * below > len(signs) and not above:
        return "does not show", above, below
    return "undecided", above, below
