"""What a benchmark comes to: a row of figures for each scorer and OOD set, and what stands beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ood_studio.core.html import stacked
from ood_studio.data.dataset import Dataset
from ood_studio.evaluation.export import to_html
from ood_studio.evaluation.rows import Row

Scores = NDArray[np.float64]
"""OOD scores of the images of a set, (n,)."""

_SHOWN = 10  # problems named


@dataclass(frozen=True, eq=False)
class BenchResult:
    """What a benchmark comes to, or has come to so far.

    Attributes:
        suite, backbone: what was compared on which model.
        id: the name of the ID set.
        labels: the ID labels; empty where nobody said them.
        rows: OOD set after OOD set, in each the scorers in their order.
        accuracy: top-1 accuracies as fractions, where the images' classes are known: zero-shot ``id_accuracy`` over
            the ID labels and ``all_accuracy`` over all classes that the bundled models were trained on,
            ``head_accuracy`` of the model's own classifier over all its classes.
        unavailable: scorers that could not run, and why in one sentence.
        seconds: for each scorer and OOD set how long fitting and scoring took; encoding images and words is not in it.
            Kept apart from the rows, so that equal runs have equal rows.
        scores: for each scorer its scores by set. A stream scorer meets ID and OOD images mixed, so that its ID
            scores depend on the OOD set; they stand under ``id|OOD set`` (see `id_scores`).
        rows_of: for each set, which of its images each score belongs to.
        sets: the datasets by name.
        problems: for each set the images that could not be read, and why.
        titles: for each scorer its name for people.
        notes: sentences for the person, such as OOD sets that are not there.
        finished: whether this is the whole of it.
    """

    suite: str
    backbone: str
    id: str
    labels: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    accuracy: dict[str, float] = field(default_factory=dict)
    unavailable: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, dict[str, float]] = field(default_factory=dict)
    scores: dict[str, dict[str, Scores]] = field(default_factory=dict)
    rows_of: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    sets: dict[str, Dataset] = field(default_factory=dict)
    problems: dict[str, dict[str, str]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    finished: bool = False

    @property
    def sizes(self) -> dict[str, int]:
        """How many images of each set were scored, the ID set first."""
        return {row.id: row.n_id for row in self.rows} | {row.ood: row.n_ood for row in self.rows}

    def id_scores(self, scorer: str, ood: str) -> Scores:
        """The ID scores that a scorer's scores of an OOD set are to be compared with, (n_id,)."""
        found = self.scores[scorer]
        return found.get(f"{self.id}|{ood}", found.get(self.id, np.empty(0)))

    def left_out(self) -> tuple[str, ...]:
        """Sentences about all that was left out or assumed: scorers, images and sets, each counted and named."""
        scorers = [f"{key} could not run: {reason.rstrip('.')}." for key, reason in self.unavailable.items()]
        images = [line for name, problems in self.problems.items() for line in _unread(name, problems)]
        return (*scorers, *images, *self.notes)

    def _repr_html_(self) -> str:
        sizes = ", ".join(f"{count:,} of {name}" for name, count in self.sizes.items())
        return stacked(
            f"Suite {self.suite}, backbone {self.backbone}; in percent. Pictures: {sizes}.",
            to_html(self.rows) if self.rows else "No scorer has finished yet.",
            *self.left_out(),
        )


def _unread(name: str, problems: Mapping[str, str]) -> list[str]:
    if not problems:
        return []
    count = f"{len(problems):,} pictures of {name}" if len(problems) > 1 else f"One picture of {name}"
    reasons = [f"  {reason}" for reason in [*problems.values()][:_SHOWN]]
    more = [f"  and {len(problems) - _SHOWN:,} more"] if len(problems) > _SHOWN else []
    return [f"{count} could not be read and {'were' if len(problems) > 1 else 'was'} left out:", *reasons, *more]
