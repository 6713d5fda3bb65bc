"""What people get: typed results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ood_studio.core.html import MOST, Html, bold, stacked
from ood_studio.core.versions import versions
from ood_studio.evaluation.rows import Row
from ood_studio.studio.notebook import affinity_table, reading_table
from ood_studio.studio.scores import Affinity, Reading, ReferenceScores


@dataclass(frozen=True)
class SweepPoint:
    """A scorer at one value of a sweep: a row for each OOD set, or the reason why there is none; and what was left out
    or assumed, in sentences."""

    value: Any
    rows: tuple[Row, ...]
    reason: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImageReport:
    """Everything about one image.

    Attributes:
        name: file name or the like.
        affinities: the strongest labels, strongest first; of a model that reads no text the classes of its own head,
            and none where it has no head either.
        id_share: the ID labels' share of the softmax over all labels; 1 where there are no negative labels.
        classes: zero-shot classification over the ID labels at the model's own temperature, or that of its own head,
            best five.
        readings: every score, the decisive one first.
        verdict: one sentence.
        heatmap: (rows, columns) share of the ID labels in each patch's own softmax, where the model has patches.
        note: how the image's samples are shown, in one sentence; empty where there is nothing to say.
    """

    name: str
    affinities: tuple[Affinity, ...]
    id_share: float
    classes: tuple[tuple[str, float], ...]
    readings: tuple[Reading, ...]
    verdict: str
    heatmap: np.ndarray | None
    note: str = ""

    def _repr_html_(self) -> Html:
        return stacked(
            bold(self.name),
            self.verdict,
            self.note,
            affinity_table(self.affinities),
            reading_table(self.readings),
        )


@dataclass(frozen=True)
class ExploreResult:
    """What `Studio.explore` gives: a report an image, and what they are compared with.

    Attributes:
        reports: in the order given.
        references: scores of the reference images by scorer title; empty without any.
        tau: the temperature that NegLabel used; ``groups`` into how many groups it cut the negative labels.
        id_labels, negatives: the labels on both sides; negatives furthest first.
        notes: sentences for the person, such as labels dropped.
        backbone: the model's name; ``model`` its fingerprint, device and precision.
        limits: what the model knows nothing of, in one sentence; empty where there is nothing to say.
        pending: whether the reference images are still to be encoded: thresholds come with the next result.
    """

    reports: tuple[ImageReport, ...]
    references: dict[str, ReferenceScores]
    tau: float
    groups: int
    id_labels: tuple[str, ...]
    negatives: tuple[str, ...]
    notes: tuple[str, ...]
    limits: str = ""
    backbone: str = ""
    model: Mapping[str, str] = field(default_factory=dict)
    pending: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: the reports without the raw scores of the reference images."""
        reports = []
        for report in self.reports:
            plain = asdict(report)
            plain["heatmap"] = None if report.heatmap is None else report.heatmap.round(4).tolist()
            reports.append(plain)
        return {
            "results": reports,
            "tau": self.tau,
            "groups": self.groups,
            "id_labels": list(self.id_labels),
            "negatives": len(self.negatives),
            "references": next((r.about for r in self.references.values()), None),
            "notes": list(self.notes),
            "limits": self.limits,
            "backbone": self.backbone,
            "provenance": dict(self.model) | {"versions": versions()},
        }

    def _repr_html_(self) -> Html:
        about = next((scores.about for scores in self.references.values()), "")
        rest = len(self.reports) - MOST
        return stacked(
            *(report._repr_html_() for report in self.reports[:MOST]),
            f"and {rest:,} more" if rest > 0 else "",
            (
                f"{len(self.id_labels):,} ID labels, {len(self.negatives):,} negative labels, τ = {self.tau:.4g}"
                if self.negatives
                else f"{len(self.id_labels):,} classes of the model's own head"
            )
            + (f"; thresholds keep 95 % of {about}" if about else ""),
            *self.notes,
        )


def verdict(reading: Reading, what: str, limits: str = "") -> str:
    """A reading in a few sentences: the decision, what the image is drawn to, and what the model knows nothing of."""
    rest = "".join(f" {sentence}" for sentence in (what, limits) if sentence)
    if reading.inside is None or reading.threshold is None:
        return f"{reading.title} {reading.value:.3g}, without a threshold to compare with.{rest}"
    side = "In-distribution" if reading.inside else "Out-of-distribution"
    sign = "≥" if reading.inside else "<"
    value, threshold = reading.apart()
    return f"{side}: {reading.title} {value} {sign} threshold {threshold}.{rest}"


def drawn_to(strongest: Affinity) -> str:
    """The label that an image is drawn to most, in one sentence."""
    return f"It is drawn most to “{strongest.label}”, {'an ID' if strongest.inside else 'a negative'} label."


def its_class(name: str, share: float) -> str:
    """The class that the model's own head chooses, in one sentence."""
    return f"The model's own class for it is “{name}” ({share:.0%})."
