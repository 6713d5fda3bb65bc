"""The detectors whose flips are counted: those that Explore shows, or any scorers by name, each with its threshold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ood_studio import worlds
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, Stopped
from ood_studio.data.dataset import Dataset
from ood_studio.data.sources import open_dataset
from ood_studio.evaluation.bench import needed_spaces, score_all
from ood_studio.evaluation.choose import bench_scorers, choose_scorers
from ood_studio.evaluation.lacking import lacking
from ood_studio.evaluation.metrics import threshold_at_tpr
from ood_studio.evaluation.suites import OpenSuite, open_suite
from ood_studio.features.images import DatasetFeatures
from ood_studio.scorers import FittedScore
from ood_studio.studio.references import vectors_of
from ood_studio.studio.requests.flips import FactorRequest
from ood_studio.studio.suite_bench import SuiteBenches
from ood_studio.studio.workbench import LabelSpace, Workbench
from ood_studio.worlds import open_reference, reference_of

Verdicts = Mapping[str, NDArray[np.bool_]]


@dataclass(frozen=True, eq=False)
class Detectors:
    """Scores with thresholds.

    Attributes:
        thresholds: which keep 95 % of the ID reference images, by detector.
        references: these images, for people.
        verdicts: of a set's readable images, (m,) bool by detector, and which images these are.
        notes: which scorers are left out, and why.
    """

    thresholds: Mapping[str, float]
    references: str
    verdicts: Callable[[Dataset], tuple[Verdicts, NDArray[np.int64]]]
    notes: tuple[str, ...] = ()


def detectors(
    workbench: Workbench, suites: SuiteBenches, space: LabelSpace, request: FactorRequest, progress: Progress
) -> Detectors:
    """The detectors of a request, fitted.

    Raises:
        StudioError: for an unknown scorer, or where none can give verdicts.
    """
    if request.scorers:
        return _named(workbench, suites, space, request, progress)
    return _shown(workbench, space, request, progress)


def _shown(workbench: Workbench, space: LabelSpace, request: FactorRequest, progress: Progress) -> Detectors:
    """The scores that Explore shows."""
    panel = workbench.score_panel(space, request.score, request.reference, progress)
    thresholds = {title: threshold_at_tpr(found.id) for title, found in panel.compared.items()}

    def verdicts(images: Dataset) -> tuple[Verdicts, NDArray[np.int64]]:
        found = space.features(images, {"joint"}, progress)
        vectors = vectors_of(found.joint, found.visual)
        visual = vectors if found.visual is None else found.visual
        scores = {
            title: score(visual if score.scorer.space == "visual" else vectors).double().numpy()
            for title, score in panel.fitted.items()
            if title in thresholds
        }
        return _above(scores, thresholds), found.rows

    return Detectors(thresholds, next(iter(panel.compared.values())).about, verdicts)


def _named(
    workbench: Workbench, suites: SuiteBenches, space: LabelSpace, request: FactorRequest, progress: Progress
) -> Detectors:
    """Scorers by name, as a benchmark fits them; those that learn from pictures, to training pictures."""
    held, about, train = _references(workbench, space, request)
    suite = OpenSuite("factors", "", space.id_labels, held, {}, train)
    fitted: dict[str, FittedScore] = {}
    problems: dict[str, str] = {}
    for key, scorer in choose_scorers(request.scorers, bench_scorers(request.score)).items():
        progress(f"fitting {key}", len(fitted), len(request.scorers))
        if scorer.stream:
            problems[key] = "it learns from the pictures that pass, so that a picture alone has no verdict"
            continue
        try:
            fitted[key] = suites.fit(scorer, request.labels, suite, progress)
        except Stopped:
            raise
        except StudioError as error:
            problems[key] = str(error)

    def features(images: Dataset) -> DatasetFeatures:
        return space.features(images, needed_spaces([score.scorer for score in fitted.values()]), progress)

    thresholds = {}
    if fitted:
        inside = features(held)
        problems |= lacking(held, inside, fitted)
        fitted = {key: score for key, score in fitted.items() if key not in problems}
        thresholds = {key: threshold_at_tpr(score_all(score, inside)) for key, score in fitted.items()}
    notes = tuple(f"{key} was left out: {why.rstrip('.')}." for key, why in problems.items())
    if not fitted:
        raise StudioError(f"no scorer can give verdicts: {' '.join(notes)}")

    def verdicts(images: Dataset) -> tuple[Verdicts, NDArray[np.int64]]:
        found = features(images)
        return _above({key: score_all(score, found) for key, score in fitted.items()}, thresholds), found.rows

    return Detectors(thresholds, about, verdicts, notes)


def _references(workbench: Workbench, space: LabelSpace, request: FactorRequest) -> tuple[Dataset, str, Dataset | None]:
    """ID images that set the thresholds, what they are, and ID images to learn from, where there are any."""
    train = open_dataset(request.train_data, labels=space.id_labels) if request.train_data else None
    if request.reference:
        held = open_dataset(request.reference, labels=())
        return held, f"{len(held):,} pictures of {held.name}", train
    found = reference_of(space.id_labels)
    assert found is not None, "a request without reference images is refused before"
    if train is None:
        train = open_suite(worlds.zoo_sets().suite, seed=request.seed, workers=workbench.workers).train
    return open_reference(found, found.id, workers=workbench.workers), found.about, train


def _above(scores: Mapping[str, NDArray[np.float64]], thresholds: Mapping[str, float]) -> Verdicts:
    """Which are taken for ID. As `reading_of`: an image may score a rounding error lower in another batch."""
    return {
        key: (found >= thresholds[key]) | np.isclose(found, thresholds[key], rtol=1e-5, atol=0)
        for key, found in scores.items()
    }
