"""What belongs to one user of the tab: the result as far as it has come, and how they look at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ood_studio.evaluation.metrics import threshold_at_tpr
from ood_studio.evaluation.rows import BenchResult, Row
from ood_studio.studio import BenchRequest
from ood_studio.ui.running import StopFlag

Metric = Literal["auroc", "fpr95", "aupr_in", "aupr_out", "detection_error"]
METRICS: dict[Metric, tuple[str, bool]] = {
    "auroc": ("AUROC", True),
    "fpr95": ("FPR95", False),
    "aupr_in": ("AUPR-in", True),
    "aupr_out": ("AUPR-out", True),
    "detection_error": ("Detection error", False),
}
"""Metrics by their field in a row: the name for people, and whether higher is better."""

AVERAGE = "average"
KEPT = 95.0  # percent of ID pictures above the threshold at the start


@dataclass(frozen=True)
class Picture:
    """One picture of a set, as it was scored."""

    set: str
    index: int
    score: float


@dataclass
class Session:
    """One user's comparison. It changes in place: results stream in while the person is already looking around.

    Attributes:
        stop: asked to stop.
        request, result: what was asked, and what has come of it so far.
        running: whether more is to come.
        ood, scorer, other: the OOD set, the scorer and the second scorer that are looked at; "" for the first there is.
        keep: percent of ID pictures above the threshold.
        span: the range of scores whose pictures are shown; None shows the mistakes at the threshold.
        log: whether the ROC's FPR is logarithmic.
        metric, order: what the table shows, and by which column it is sorted (a set's name, ``average``, ``scorer``);
            best first unless ``reverse``.
        shown: the pictures in the galleries, by gallery.
    """

    stop: StopFlag = field(default_factory=StopFlag)
    request: BenchRequest | None = None
    result: BenchResult | None = None
    running: bool = False
    ood: str = ""
    scorer: str = ""
    other: str = ""
    keep: float = KEPT
    span: tuple[float, float] | None = None
    log: bool = False
    metric: Metric = "auroc"
    order: str = AVERAGE
    reverse: bool = False
    shown: dict[str, list[Picture]] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Whether there is anything to look at."""
        return self.result is not None and bool(self.result.rows)

    def sets(self) -> list[str]:
        """The OOD sets that have been scored."""
        return list(dict.fromkeys(row.ood for row in self.rows()))

    def scorers(self) -> list[str]:
        """The scorers that have scored the set that is looked at."""
        return list(dict.fromkeys(row.scorer for row in self.rows()))

    def rows(self) -> tuple[Row, ...]:
        """The rows so far."""
        return self.result.rows if self.result is not None else ()

    def settle(self) -> None:
        """Chooses what is looked at, where what was chosen is not there (or no longer)."""
        sets, scorers = self.sets(), self.scorers()
        if not sets:
            return
        self.ood = self.ood if self.ood in sets else sets[0]
        self.scorer = self.scorer if self.scorer in scorers else scorers[0]
        rest = [each for each in scorers if each != self.scorer] or scorers
        self.other = self.other if self.other in rest else rest[0]
        if self.order not in (*sets, AVERAGE, "scorer"):
            self.order = AVERAGE

    def scores(self, scorer: str | None = None, ood: str | None = None) -> tuple[np.ndarray, np.ndarray]:
        """ID and OOD scores, (n_id,) and (n_ood,), of what is looked at or of another scorer or set."""
        assert self.result is not None
        scorer, ood = scorer or self.scorer, ood or self.ood
        return self.result.id_scores(scorer, ood), self.result.scores[scorer][ood]

    def threshold(self, scorer: str | None = None) -> float:
        """The threshold that keeps the chosen share of ID pictures."""
        return threshold_at_tpr(self.scores(scorer)[0], self.keep / 100)
