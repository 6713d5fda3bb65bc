"""What belongs to one user of the tab: the result as far as it has come, and how they look at it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ood_studio.evaluation.metrics import threshold_at_tpr
from ood_studio.evaluation.result import BenchResult
from ood_studio.evaluation.rows import Row
from ood_studio.evaluation.stored_runs import StoredRun
from ood_studio.studio import BenchRequest
from ood_studio.ui.compare.view import View

AVERAGE = "average"


@dataclass(frozen=True)
class Picture:
    """One picture of a set, as it was scored."""

    set: str
    index: int
    score: float


@dataclass(frozen=True)
class Earlier:
    """A run that was kept: its rows, without scores and pictures.

    Attributes:
        run: which one.
        result: its table and what it says beside it.
        request: what it was asked for.
    """

    run: StoredRun
    result: BenchResult
    request: BenchRequest


@dataclass
class Session:
    """One user's comparison. It changes in place: results stream in while the person is already looking around.

    Attributes:
        request, result: what was asked, and what has come of it so far.
        stored: the run that the result was read back from; None where it was computed now, with its scores.
        running: whether more is to come.
        wanted: what is to be looked at once it is there; ``view``: what is looked at.
        span: the range of scores whose pictures are shown; None shows the mistakes at the threshold.
        order: the column by which the table is sorted (a set's name, ``average``, ``scorer``); best first unless
            ``reverse``.
        shown: the pictures in the galleries, by gallery.
        earlier: the run that is open among the earlier results.
        linked: whether what a link asks for is still to be looked up.
    """

    request: BenchRequest | None = None
    result: BenchResult | None = None
    stored: StoredRun | None = None
    running: bool = False
    wanted: View = field(default_factory=View)
    view: View = field(default_factory=View)
    span: tuple[float, float] | None = None
    order: str = AVERAGE
    reverse: bool = False
    shown: dict[str, list[Picture]] = field(default_factory=dict)
    earlier: Earlier | None = None
    linked: bool = False

    @property
    def ready(self) -> bool:
        """Whether there is anything to look at."""
        return self.result is not None and bool(self.result.rows)

    @property
    def scored(self) -> bool:
        """Whether the scores are there too, for curves and pictures."""
        return self.ready and self.result is not None and bool(self.result.scores)

    def take(self, request: BenchRequest, result: BenchResult, stored: StoredRun | None = None) -> None:
        """Another result, or more of the same, is looked at from now on."""
        self.request, self.result, self.stored = request, result, stored
        self.span = None
        self.settle()

    def look(self, **changes: Any) -> None:
        """Looks at something else."""
        self.wanted, self.span = replace(self.wanted, **changes), None
        self.settle()

    def sets(self) -> list[str]:
        """The OOD sets that have been scored."""
        return list(dict.fromkeys(row.ood for row in self.rows()))

    def scorers(self) -> list[str]:
        """The scorers that have scored them."""
        return list(dict.fromkeys(row.scorer for row in self.rows()))

    def rows(self) -> tuple[Row, ...]:
        """The rows so far."""
        return self.result.rows if self.result is not None else ()

    def settle(self) -> None:
        """Looks at what is wanted, or at the first there is where that is not there (yet, or any longer)."""
        sets, scorers, wanted = self.sets(), self.scorers(), self.wanted
        if not sets:
            self.view = wanted
            return
        scorer = wanted.scorer if wanted.scorer in scorers else scorers[0]
        rest = [each for each in scorers if each != scorer] or scorers
        self.view = replace(
            wanted,
            set=wanted.set if wanted.set in sets else sets[0],
            scorer=scorer,
            against=wanted.against if wanted.against in rest else rest[0],
        )
        if self.order not in (*sets, AVERAGE, "scorer"):
            self.order = AVERAGE

    def scores(self, scorer: str | None = None, ood: str | None = None) -> tuple[np.ndarray, np.ndarray]:
        """ID and OOD scores, (n_id,) and (n_ood,), of what is looked at or of another scorer or set."""
        assert self.result is not None
        scorer, ood = scorer or self.view.scorer, ood or self.view.set
        return self.result.id_scores(scorer, ood), self.result.scores[scorer][ood]

    def threshold(self, scorer: str | None = None) -> float:
        """The threshold that keeps the chosen share of ID pictures."""
        return threshold_at_tpr(self.scores(scorer)[0], self.view.keep / 100)
