"""The scores shown for every image, and what reference images say about them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.detectors import Calibration
from ood_studio.evaluation.choose import parse_scorer
from ood_studio.evaluation.metrics import threshold_at_tpr
from ood_studio.scorers import GEN, MCM, MSP, Energy, Entropy, FittedScore, MaxLogit, NegLabel, Scorer


@dataclass(frozen=True)
class Affinity:
    """One label's share of an image's softmax over all ID and negative labels."""

    label: str
    share: float
    inside: bool


@dataclass(frozen=True)
class Reading:
    """One score of one image.

    Attributes:
        scorer: its key; ``title`` its name and parameters for people.
        value: the score, higher = more in-distribution.
        threshold: keeps 95 % of the ID reference images; None without reference images.
        inside: the decision; None without a threshold.
        id_below, ood_below: shares of the ID and OOD reference images that score lower; None without them.
        p_value: how unusual the score is among the ID reference images, in (0, 1]; see `Calibration.p_values`.
        promised: the share of ID images that is flagged at most, with 99 % confidence: what the threshold really
            promises of images drawn like the reference ones.
    """

    scorer: str
    title: str
    value: float
    threshold: float | None
    inside: bool | None
    id_below: float | None
    ood_below: float | None
    p_value: float | None = None
    promised: float | None = None

    def apart(self, digits: int = 3) -> tuple[str, str]:
        """Value and threshold with as many significant digits, at least some, as it takes to tell which is larger.

        Where the image counts as ID although its value is a rounding error below the threshold, they read the same.
        """
        assert self.threshold is not None
        if self.inside and self.value < self.threshold:
            return (f"{self.threshold:.{digits}g}",) * 2
        while True:
            value, threshold = f"{self.value:.{digits}g}", f"{self.threshold:.{digits}g}"
            if self.value == self.threshold or float(value) != float(threshold) or digits >= 17:
                return value, threshold
            digits += 1


@dataclass(frozen=True)
class ReferenceScores:
    """Scores of the reference images under one scorer; ``ood`` is empty where there are no OOD reference images."""

    id: np.ndarray
    ood: np.ndarray
    about: str

    @cached_property
    def calibration(self) -> Calibration:
        """The ID scores, as thresholds with a promise are made of them."""
        return Calibration(np.sort(self.id))


@dataclass(frozen=True, eq=False)
class ScorePanel:
    """The shown scores in one label space, by their titles.

    Attributes:
        fitted: all of them.
        compared: what the reference images score, where there are any.
    """

    fitted: dict[str, FittedScore]
    compared: dict[str, ReferenceScores]

    def readings(self, vectors: Tensor, visual: Tensor) -> list[tuple[Reading, ...]]:
        """What every score makes of each image's vectors, (n, dim): joint ones, or visual ones without a text tower.

        Args:
            vectors: (n, dim).
            visual: (n, width) those of the same images that scores of visual features read.
        """
        values = {
            title: score(visual if score.scorer.space == "visual" else vectors).tolist()
            for title, score in self.fitted.items()
        }
        return [
            tuple(
                reading_of(score.scorer.name, title, values[title][i], self.compared.get(title))
                for title, score in self.fitted.items()
            )
            for i in range(len(vectors))
        ]


HEAD_SCORERS: tuple[tuple[str, Scorer], ...] = (
    ("MSP", MSP(space="visual")),
    ("MaxLogit", MaxLogit(space="visual")),
    ("Energy", Energy(space="visual")),
    ("Entropy", Entropy(space="visual")),
    ("GEN", GEN(space="visual")),
)
"""The scores shown of a model that reads no text but has a classifier, the decisive one first, with their titles."""


def shown_scorers(score: NegLabel) -> tuple[tuple[str, Scorer], ...]:
    """The scores shown for every image, NegLabel as chosen first, with their titles."""
    return (
        ("NegLabel", score),
        ("MCM (τ = 1)", MCM(tau=1.0)),
        ("pseudo-MSP (τ = 0.01)", MCM(tau=0.01)),
        ("MSP", MSP()),
        ("MaxLogit", MaxLogit()),
        ("Energy", Energy()),
    )


def scorer_named(text: str, score: NegLabel, *, reads_text: bool = True) -> Scorer:
    """One of the shown scores by its key, with parameters of one's own where given, such as ``mcm:tau=0.1``.

    Args:
        text: what was asked for.
        score: what ``neglabel`` stands for.
        reads_text: whether the model does; else it is a score of its own head.

    Raises:
        StudioError: for an unknown key or parameter.
    """
    # Of two that share a key the one listed first is meant.
    texts = {scorer.name: scorer for _, scorer in reversed(shown_scorers(score))}
    if reads_text:
        return parse_scorer(text, texts)
    own = {scorer.name: scorer for _, scorer in HEAD_SCORERS}
    if (key := text.partition(":")[0]) in texts and key not in own:
        raise StudioError(f"{key} reads texts; of a model without a text tower there are {', '.join(own)}")
    return parse_scorer(text, own)


def reading_of(scorer: str, title: str, value: float, references: ReferenceScores | None) -> Reading:
    """A score of an image against the scores of the reference images, where there are any."""
    if references is None:
        return Reading(scorer, title, value, None, None, None, None)
    threshold = threshold_at_tpr(references.id)
    below = float((references.id < value).mean())
    ood_below = float((references.ood < value).mean()) if len(references.ood) else None
    # The same image, encoded in another batch, may score a rounding error lower.
    inside = value >= threshold or math.isclose(value, threshold, rel_tol=1e-5)
    held = references.calibration
    p_value = float(held.p_values(value)) if not math.isnan(value) else None
    return Reading(scorer, title, value, threshold, inside, below, ood_below, p_value, held.bound(threshold))
