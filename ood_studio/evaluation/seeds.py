"""Several runs that differ in their seed: mean and spread of every figure."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from ood_studio.evaluation.rows import Row

FIGURES = ("auroc", "fpr95", "aupr_in", "aupr_out", "detection_error")


@dataclass(frozen=True)
class Spread:
    """One scorer on one OOD set over several seeds.

    Attributes:
        backbone, scorer, ood: whose figures.
        seeds: of the runs, in their order.
        mean: of every figure of `FIGURES`, as fractions.
        spread: their sample standard deviations (n − 1); 0 for a single run.
    """

    backbone: str
    scorer: str
    ood: str
    seeds: tuple[int, ...]
    mean: dict[str, float]
    spread: dict[str, float]


def spreads(runs: Sequence[Sequence[Row]]) -> list[Spread]:
    """Mean and spread of the rows that runs share by backbone, scorer and OOD set, in the order of the first run."""
    found: dict[tuple[str, str, str], list[Row]] = {}
    for rows in runs:
        for row in rows:
            found.setdefault((row.backbone, row.scorer, row.ood), []).append(row)
    return [
        Spread(
            *key,
            tuple(row.seed for row in rows),
            {name: statistics.fmean(getattr(row, name) for row in rows) for name in FIGURES},
            {
                name: statistics.stdev([getattr(row, name) for row in rows]) if len(rows) > 1 else 0.0
                for name in FIGURES
            },
        )
        for key, rows in found.items()
    ]


def spread_lines(found: Sequence[Spread]) -> list[list[str]]:
    """A table of AUROC and FPR95 as mean ± spread in percent: a head, and a line a scorer."""
    sets = list(dict.fromkeys(each.ood for each in found))
    lines = [["AUROC / FPR95", *sets]]
    for scorer in dict.fromkeys(each.scorer for each in found):
        at = {each.ood: each for each in found if each.scorer == scorer}
        cells = [
            " / ".join(f"{100 * at[name].mean[part]:.1f} ± {100 * at[name].spread[part]:.1f}" for part in FIGURES[:2])
            if name in at
            else "–"
            for name in sets
        ]
        lines.append([scorer, *cells])
    return lines
