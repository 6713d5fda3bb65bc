"""Figures of single classes: how well each ID class is kept, and how well each OOD class is told apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ood_studio.evaluation.metrics import auroc, fpr_at_tpr, threshold_at_tpr
from ood_studio.evaluation.per_image import class_of
from ood_studio.evaluation.result import BenchResult

WITHOUT = "(no class)"


@dataclass(frozen=True)
class ClassFigures:
    """One class under one scorer.

    Attributes:
        scorer, set: the scorer and the set that the class is of; ``against`` the OOD set that an ID class is held
            against, or the ID set.
        name: of the class.
        side: ``id`` or ``ood``.
        count: its images.
        auroc: of an ID class against the OOD set, of an OOD class against the ID set, as a fraction.
        fpr95: of an OOD class; of an ID class the share that is lost at the threshold that keeps 95 % of all ID images.
    """

    scorer: str
    set: str
    against: str
    side: str
    name: str
    count: int
    auroc: float
    fpr95: float


def class_figures(result: BenchResult) -> list[ClassFigures]:
    """The figures of every class, for each scorer and OOD set; classes in the order of their names.

    Args:
        result: fresh from a run: a stored one has no scores.
    """
    classes = {
        name: np.array([class_of(result.sets[name], int(row)) or WITHOUT for row in rows])
        for name, rows in result.rows_of.items()
    }
    found = []
    for row in result.rows:
        inside, outside = result.id_scores(row.scorer, row.ood), result.scores[row.scorer][row.ood]
        threshold = threshold_at_tpr(inside)
        for name in sorted(set(classes[row.id])):
            own = inside[classes[row.id] == name]
            lost = float((own < threshold).mean())
            found.append(
                ClassFigures(row.scorer, row.id, row.ood, "id", str(name), len(own), auroc(own, outside), lost)
            )
        for name in sorted(set(classes[row.ood])):
            own = outside[classes[row.ood] == name]
            slips = fpr_at_tpr(inside, own, definition=row.fpr_definition)
            found.append(
                ClassFigures(row.scorer, row.ood, row.id, "ood", str(name), len(own), auroc(inside, own), slips)
            )
    return found
