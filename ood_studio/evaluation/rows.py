"""What a benchmark comes to: a row of figures for each scorer and OOD set, and what stands beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ood_studio.core.html import stacked
from ood_studio.data.dataset import Dataset
from ood_studio.evaluation.fpr import FprDefinition

Scores = NDArray[np.float64]
"""OOD scores of the images of a set, (n,)."""


@dataclass(frozen=True)
class Row:
    """One scorer on one pair of sets. Metrics are fractions; see `ood_studio.evaluation.metrics`.

    Attributes:
        suite, id, ood: the suite and its two sets.
        backbone: the model's name.
        scorer: the scorer as it was asked for: a key of `bench_scorers`, with parameters where some were given.
        params: everything that makes this score: the scorer's parameters, τ as a number even where it is the model's
            own, and how the texts, negative labels and training images that it read were made.
        n_id, n_ood: images in the two sets.
        auroc, fpr95, aupr_in, aupr_out, detection_error: ID is the positive class.
        auroc_low, auroc_high, fpr95_low, fpr95_high: ends of their 95 % bootstrap intervals; None without resamples.
        fpr_definition: which definition of FPR95 was used.
        seed: of the images drawn and of the resamples.
        provenance: what it was measured on and with: for each of ``id``, ``ood`` and ``train`` (where the scorer
            learns from images) its ``place`` and a hash of its ``content``; ``weights``, the fingerprint of the model;
            ``device``, ``dtype`` and ``precision``.
        versions: of the packages that computed it.
        protocol: what the score may have seen of the test images, and how they came, see `Passport`; empty in rows of
            before.
    """

    suite: str
    id: str
    ood: str
    backbone: str
    scorer: str
    params: dict[str, Any]
    n_id: int
    n_ood: int
    auroc: float
    fpr95: float
    aupr_in: float
    aupr_out: float
    detection_error: float
    auroc_low: float | None
    auroc_high: float | None
    fpr95_low: float | None
    fpr95_high: float | None
    fpr_definition: FprDefinition
    seed: int
    provenance: dict[str, Any]
    versions: dict[str, str]
    protocol: dict[str, Any] = field(default_factory=dict)


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

    def _repr_html_(self) -> str:
        from ood_studio.evaluation.export import to_html  # it lays these rows out
        from ood_studio.evaluation.report import left_out  # it knows this class

        sizes = ", ".join(f"{count:,} of {name}" for name, count in self.sizes.items())
        return stacked(
            f"Suite {self.suite}, backbone {self.backbone}; in percent. Pictures: {sizes}.",
            to_html(self.rows) if self.rows else "No scorer has finished yet.",
            *left_out(self),
        )
