"""Detectors made of a choice of model, labels and score."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ood_studio.adapters import Adaptation
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, heard, silent
from ood_studio.data.dataset import Dataset
from ood_studio.data.sources import open_dataset
from ood_studio.detectors import Audit, Calibration, Detector, audit
from ood_studio.detectors.contamination import outliers
from ood_studio.detectors.detector import check_promised
from ood_studio.evaluation.bench import score_all
from ood_studio.evaluation.choose import bench_scorers, parse_scorer, without_text
from ood_studio.evaluation.overlap import distinct_rows, shared_rows
from ood_studio.features.images import DatasetFeatures, dataset_features
from ood_studio.labels.label_texts import WordsOfLabels
from ood_studio.scorers import FittedScore, Reference, Scorer, Space, parts_of, read_features
from ood_studio.studio.requests import AuditRequest, DetectorRequest
from ood_studio.studio.workbench import LabelSpace, Workbench
from ood_studio.worlds import open_reference, reference_of


@dataclass(frozen=True, eq=False)
class DetectorResult:
    """A detector, and what is to be said of how it was made."""

    detector: Detector
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class DetectorAudit:
    """What a detector did with images that it was not made with.

    Attributes:
        detector: which.
        audit: of the ID images.
        caught: by OOD set, how many of how many images were flagged.
        notes: what is to be said of the data.
    """

    detector: Detector
    audit: Audit
    caught: dict[str, tuple[int, int]]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        found, promise = self.audit, self.detector.promise
        return {
            "promise": str(promise),
            "verdict": found.of(promise),
            "flagged": found.flagged,
            "images": found.images,
            "rate": found.rate,
            "low": found.low,
            "high": found.high,
            "ood": {name: {"flagged": n, "images": of} for name, (n, of) in self.caught.items()},
            "notes": list(self.notes),
        }


class DetectorService:
    """Makes detectors.

    Args:
        workbench: models, labels and features.
    """

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench

    def detector(self, request: DetectorRequest, progress: Progress = silent) -> DetectorResult:
        """A detector whose threshold promises something of ID images.

        Raises:
            StudioError: one sentence, for too few ID images, a score that lacks something, or what cannot be read.
        """
        space = self._workbench.label_space(request.labels, progress)
        plain = self._workbench.label_space(replace(request.labels, adapter=()), progress)
        known = {key: space.meant(scorer) for key, scorer in bench_scorers(request.score).items()}
        scorer = parse_scorer(request.scorer, known if space.backbone.reads_text else without_text(known))
        check_promised(scorer)
        calibration, about = self._calibration(space, request.reference)
        held = _features_for(scorer, space, calibration, progress)
        reference, notes = plain.reference(), list(space.notes)
        learns = {"images", "labels"} & {*scorer.needs, *scorer.wants}
        if request.train_data and not learns:
            notes.append(f"{scorer.title} learns from no pictures, so those to learn from were left aside.")
        elif request.train_data:
            training = open_dataset(request.train_data, labels=space.id_labels)
            learnt = _features_for(scorer, space, training, progress)
            if shared := shared_rows(held.vectors, learnt.vectors):
                notes.append(
                    f"{shared:,} of the {len(held.vectors):,} pictures that set the threshold are among those that "
                    "the score learns from, so its promise does not hold; give other ones."
                )
            labels = None if training.labels is None else torch.from_numpy(training.labels[learnt.features.rows])
            labels = space.adaptation.classes(learnt.features.joint, labels)
            reference = replace(reference, images=learnt.vectors, labels=labels)
        reference = self._with_words(reference, scorer, plain, request, progress)
        parts = space.adaptation.parts
        adapted = Adaptation(plain.backbone, parts).reference(reference, scorer.space)
        if reason := scorer.missing(adapted):
            raise StudioError(f"{reason}; train_data gives them" if learns and adapted.images is None else reason)
        notes += [f"Left out: {why}" for why in held.features.problems.values()]
        fitted = scorer.fit(adapted)
        notes += [f"{said.text}." for said in fitted.remarks]
        scores = held.scores(fitted)
        negative_labels = tuple(space.mined.words) if reference.negative_text is not None else ()
        scorer, kept = scorer.settled(adapted)
        if kept is not None:
            reference, negative_labels = _narrowed(reference, kept), tuple(negative_labels[i] for i in kept.tolist())
            parts = tuple(part.on(space.id_labels, negative_labels) for part in parts)
            adapted = Adaptation(plain.backbone, parts).reference(reference, scorer.space)
        detector = Detector(
            plain.backbone,
            space.id_labels,
            negative_labels,
            scorer.resolved(adapted),
            reference,
            Calibration.of(scores),
            request.promise,
            {"calibration": f"{len(scores):,} {about}", "key": calibration.key},
            parts,
        )
        if (distinct := distinct_rows(held.vectors)) < len(scores):
            notes.append(
                f"Of the {len(scores):,} pictures that set the threshold {distinct:,} are different; the promise "
                "counts every one as a picture of its own, and holds for different ones only."
            )
        notes += _contaminated(scores, calibration, held.features.rows)
        return DetectorResult(detector, tuple(notes))

    def audit(self, request: AuditRequest, progress: Progress = silent) -> DetectorAudit:
        """Whether a detector's promise held on other images.

        Raises:
            StudioError: one sentence, for a file that is no detector, or images that cannot be read.
        """
        if not request.detector or not request.id_data:
            raise StudioError("an audit needs a detector's file and ID pictures that it was not made with (id_data)")
        detector = Detector.load(request.detector, self._workbench.device, progress=progress)
        inside = open_dataset(request.id_data, labels=())
        notes: list[str] = []
        if inside.key == detector.about.get("key"):
            notes.append("These are the very pictures that set the threshold, so they say nothing of its promise.")

        def flagged(dataset: Dataset) -> tuple[int, int]:
            found = detector.adaptation.features(
                dataset_features(detector.backbone, dataset, spaces_of(detector.scorer), progress)
            )
            notes.extend(f"Left out: {why}" for why in found.problems.values())
            with heard(progress):
                scores = score_all(detector.score, found)
            return int((scores < detector.threshold).sum()), len(scores)

        found = audit(*flagged(inside), request.miss)
        caught: dict[str, tuple[int, int]] = {}
        for each in request.ood_data:
            name, _, where = each.rpartition("=")
            dataset = open_dataset(where, name=name, labels=())
            caught[dataset.name] = flagged(dataset)
        return DetectorAudit(detector, found, caught, tuple(notes))

    def _with_words(
        self, reference: Reference, scorer: Scorer, space: LabelSpace, request: DetectorRequest, progress: Progress
    ) -> Reference:
        """A reference with what a scorer asks of words besides the labels' own vectors."""
        if not space.backbone.reads_text:
            return reference
        asked = {*scorer.needs, *scorer.wants}
        if "texts" in asked:
            reference = replace(reference, texts=self._workbench.label_texts(space, request.labels))
        if "conjugated_text" in asked:
            pool = self._workbench.conjugated_text(space, request.labels, progress)
            reference = replace(reference, conjugated_text=pool)
        return reference

    def _calibration(self, space: LabelSpace, folder: str) -> tuple[Dataset, str]:
        """The ID images that set the threshold, and what they are."""
        if folder:
            own = open_dataset(folder, labels=())
            return own, f"pictures of {own.name}"
        found = reference_of(space.id_labels)
        if found is None:
            raise StudioError("these labels come without ID pictures that could set a threshold; give some (reference)")
        return open_reference(found, found.id, workers=self._workbench.workers), "ID pictures that come with the labels"


def _narrowed(reference: Reference, kept: Tensor) -> Reference:
    """A reference with some of its negative labels."""
    assert reference.negative_text is not None and isinstance(reference.texts, WordsOfLabels)
    return replace(reference, negative_text=reference.negative_text[kept], texts=reference.texts.take(kept))


def _contaminated(scores: NDArray[np.float64], images: Dataset, rows: NDArray[np.int64]) -> list[str]:
    """A warning where calibration images score far below the others, naming the lowest."""
    far = outliers(scores)
    if not far.size:
        return []
    lowest = ", ".join(images.caption(int(rows[place])) for place in far[:3])
    return [
        f"{far.size:,} of the {scores.size:,} pictures that set the threshold score far below the others ({lowest}); "
        "if they are OOD, take them out: they let more OOD pass."
    ]


def spaces_of(scorer: Scorer) -> set[str]:
    """The kinds of features that a scorer reads."""
    return set(parts_of(scorer.space))


@dataclass(frozen=True, eq=False)
class _ScorerFeatures:
    """Features of a dataset for one scorer.

    Attributes:
        features: of the images that could be read.
        vectors: (n, dim) that tell the images apart: those that the scorer reads, joint ones where it reads patches,
            which are never in memory as a whole.
        progress: hears the scoring.
    """

    features: DatasetFeatures
    vectors: Tensor
    progress: Progress

    def scores(self, score: FittedScore) -> NDArray[np.float64]:
        """(n,), some images at a time."""
        with heard(self.progress):
            return score_all(score, self.features)


def _features_for(scorer: Scorer, space: LabelSpace, dataset: Dataset, progress: Progress) -> _ScorerFeatures:
    spaces = spaces_of(scorer)
    found = space.features(dataset, spaces, progress)
    which: Space = "joint" if "patches" in spaces and found.joint is not None else scorer.space
    return _ScorerFeatures(found, read_features(which, found), progress)
