"""Whether one figure of models rises with another, within groups of models: one slope, a line for each group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.robust_lines import Floats, robust_parallels

FEWEST = 4
"""Models of one group: of three on a line, every third permutation has as steep a slope."""


@dataclass(frozen=True)
class SlopeTest:
    """A common slope within groups; a `Tested`.

    Attributes:
        difference: the slope, of robust (Huber) lines.
        low, high: its percentile interval over resamples of the models, drawn within each group.
        r2: the share of the variance within groups that the lines explain, at most 1; r2_low, r2_high: its interval.
        p: two-sided, the share of permutations of y within groups with as steep a slope.
        n: models; groups: how many groups they are of.
    """

    difference: float
    low: float
    high: float
    r2: float
    r2_low: float
    r2_high: float
    p: float
    n: int
    groups: int


def slope_test(
    x: Any, y: Any, of: Sequence[Any] = (), *, resamples: int = 1000, permutations: int = 2000, seed: int = 0
) -> SlopeTest | None:
    """Tests whether y rises or falls with x within groups.

    A permutation test within strata: under the hypothesis that y has nothing to do with x within a group, the y of its
    models are exchangeable. What sets the groups apart as wholes counts nowhere.

    Args:
        x, y: (models,) each, finite.
        of: (models,) the group of each; one group of all where empty.
        resamples: of the intervals, in each of which some x of one group differ.
        permutations: of the p-value.
        seed: of both.

    Returns:
        None where models are fewer than `FEWEST`, and one more for each further group, or no x differs within one.

    Raises:
        StudioError: for figures that are not finite or of different numbers of models.
    """
    across, up = np.asarray(x, np.float64), np.asarray(y, np.float64)
    names = list(of) or [0] * across.size
    if across.ndim != 1 or across.shape != up.shape or len(names) != len(across):
        raise StudioError(f"a slope needs one x, y and group a model, not {across.shape}, {up.shape}, {len(names)}")
    if not (np.isfinite(across).all() and np.isfinite(up).all()):
        raise StudioError("a slope needs finite figures of every model")
    numbers = {name: i for i, name in enumerate(dict.fromkeys(names))}
    groups = np.array([numbers[name] for name in names], np.int64)
    parts = [np.flatnonzero(groups == i) for i in range(len(numbers))]
    if len(across) - len(parts) < FEWEST - 1 or not any(np.ptp(across[part]) > 0 for part in parts):
        return None
    rng = np.random.default_rng(seed)
    shuffled = up[_rows(lambda part: rng.permuted(np.tile(part, (permutations, 1)), axis=1), parts, len(up))]
    values = np.concatenate([up[None], shuffled])
    slopes, _ = robust_parallels(np.broadcast_to(across, values.shape), values, groups)
    steep = int((np.abs(slopes[1:]) >= abs(slopes[0]) * (1 - 1e-9)).sum())
    taken = np.zeros((0, len(up)), np.int64)
    while len(taken) < resamples:
        missing = resamples - len(taken)
        drawn = _rows(lambda part: rng.choice(part, (missing, len(part))), parts, len(up))  # noqa: B023 - used at once
        differ = np.any([np.ptp(across[drawn[:, part]], axis=1) > 0 for part in parts], axis=0)
        taken = np.concatenate([taken, drawn[differ]])
    drawn_slopes, drawn_r2 = _explained(across[taken], up[taken], groups)
    _, (r2,) = _explained(across[None], up[None], groups)
    low, high = np.quantile(drawn_slopes, (0.025, 0.975))
    r2_low, r2_high = np.quantile(drawn_r2, (0.025, 0.975))
    return SlopeTest(
        float(slopes[0]),
        float(low),
        float(high),
        float(r2),
        float(r2_low),
        float(r2_high),
        (1 + steep) / (1 + permutations),
        len(up),
        len(parts),
    )


def _rows(draw: Any, parts: Sequence[NDArray[np.int64]], n: int) -> NDArray[np.int64]:
    """Indices of models, (rows, n): in the columns of each group what ``draw`` makes of the group's."""
    drawn = [draw(part) for part in parts]
    found = np.empty((len(drawn[0]), n), np.int64)
    for part, each in zip(parts, drawn, strict=True):
        found[:, part] = each
    return found


def _explained(x: Floats, y: Floats, groups: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Slopes and the explained share of the variance within groups, (rows,) each; 1 where there is no variance."""
    slopes, intercepts = robust_parallels(x, y, groups)
    rest = y - slopes[:, None] * x - intercepts[:, groups]
    within = y.copy()
    for i in range(groups.max() + 1):
        within[:, groups == i] -= y[:, groups == i].mean(axis=1, keepdims=True)
    whole = (within**2).sum(axis=1)
    return slopes, np.where(whole > 0, 1 - (rest**2).sum(axis=1) / np.where(whole > 0, whole, 1), 1.0)
