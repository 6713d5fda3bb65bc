"""What a zoo shows: trends of OOD detection over accuracy, by group and by training source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ood_studio.evaluation.trends import Difference, Trend, compare_trends, fit_trend
from ood_studio.evaluation.zoo.axes import figures_of
from ood_studio.evaluation.zoo.figures import Measured

EVERY = "all models"
"""The group of all of them."""


@dataclass(frozen=True)
class Points:
    """Models of one group along two axes.

    Attributes:
        group: their name.
        models: (n,) names.
        x, y: (n,) figures.
    """

    group: str
    models: tuple[str, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]


def points(
    measured: Sequence[Measured], groups: Mapping[str, str], across: str, up: str
) -> tuple[list[Points], dict[str, str]]:
    """Models along two axes by group, all of them first, and why others are not there.

    Args:
        measured: the models.
        groups: which group each is in, by name; models without one are only among all.
        across, up: names of figures, see `figures_of`.
    """
    figures = {each.backbone: figures_of(each) for each in measured}
    left_out = {
        each.backbone: why
        for each in measured
        for axis in (across, up)
        if axis not in figures[each.backbone]
        for why in (next((why for name, why in each.skipped.items() if axis.startswith(name)), f"it has no {axis}"),)
    }
    there = [each for each in measured if each.backbone not in left_out]
    named = [(EVERY, there)]
    for group in dict.fromkeys(groups.values()):
        named.append((group, [each for each in there if groups.get(each.backbone) == group]))
    found = [
        Points(
            group,
            tuple(each.backbone for each in members),
            tuple(figures[each.backbone][across].value for each in members),
            tuple(figures[each.backbone][up].value for each in members),
        )
        for group, members in named
        if members
    ]
    return found, left_out


def trends(groups: Sequence[Points], *, resamples: int = 200, seed: int = 0) -> dict[str, Trend | None]:
    """The robust line of each group; None for a group that is too small for one."""
    return {group.group: fit_trend(group.x, group.y, resamples=resamples, seed=seed) for group in groups}


def differences(
    groups: Sequence[Points], *, permutations: int = 500, seed: int = 0
) -> dict[tuple[str, str], Difference | None]:
    """Whether the lines of every two groups differ, but for the group of all models."""
    apart = [group for group in groups if group.group != EVERY]
    return {
        (one.group, other.group): compare_trends(
            (one.x, one.y), (other.x, other.y), permutations=permutations, seed=seed
        )
        for i, one in enumerate(apart)
        for other in apart[i + 1 :]
    }
