"""Scorers compared on suites of images, and one parameter swept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from torch import Tensor

from ood_studio.backbones import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import texts, with_values
from ood_studio.core.progress import Progress, Stopped, silent
from ood_studio.data.dataset import Dataset
from ood_studio.evaluation.accuracy import HeadClasses, head_accuracy, head_classes, suite_accuracies
from ood_studio.evaluation.bench import needed_spaces
from ood_studio.evaluation.choose import bench_scorers, choose_scorers
from ood_studio.evaluation.result import BenchResult
from ood_studio.evaluation.results import ResultStore
from ood_studio.evaluation.suites import OpenSuite
from ood_studio.evaluation.sweeps import find_sweep, sweep_values
from ood_studio.features.images import DatasetFeatures, dataset_features
from ood_studio.labels.prompts import read_prompts
from ood_studio.labels.text_features import class_features
from ood_studio.scorers import Scorer
from ood_studio.scorers.logits import HeadScorer
from ood_studio.studio.answers import SweepPoint
from ood_studio.studio.requests import BenchRequest
from ood_studio.studio.suite_bench import FeaturesOf, SuiteBenches
from ood_studio.studio.workbench import LabelSpace, Workbench

_JOINT = frozenset({"joint"})


class BenchService:
    """Compares scorers.

    Args:
        workbench: models, labels and features.
        suites: benchmarks on suites.
    """

    def __init__(self, workbench: Workbench, suites: SuiteBenches) -> None:
        self._workbench, self._suites = workbench, suites

    def compare(self, request: BenchRequest, progress: Progress = silent) -> Iterator[BenchResult]:
        """Scorers compared on a suite: the result so far after every OOD set, the whole at last.

        The rows of the whole are kept in the database of results, see `ood_studio.evaluation.results`.

        Raises:
            StudioError: for an unknown suite or scorer, data that are not there, ID labels that are not the suite's, or
                a text side that cannot be used.
        """
        choose_scorers(request.scorers, bench_scorers())  # unknown ones are told before anything is loaded
        suite = self._suites.open(request)
        backbone = self._workbench.backbone(request.labels.backbone, progress)

        features_of = partial(dataset_features, backbone, progress=progress)
        training = {} if suite.train is None else {"train": suite.train.name, "n_train": len(suite.train)}
        bench, space = self._suites.bench(request, suite, features_of, training=training, progress=progress)
        head = None if request.head else backbone.head
        known = None if head is None else head_classes(backbone.labels, head.out_features, suite.labels)
        accuracy: dict[str, float] = {}
        for i, found in enumerate(bench.run(progress)):
            if i == 0:  # not before it is sure that there is something to compare
                read = needed_spaces([each for key, each in bench.scorers.items() if key not in found.unavailable])
                accuracy = {} if space is None else _accuracies(request, suite, space, read, features_of, progress)
                accuracy |= _head_accuracy(backbone, known, suite, features_of)
            notes = (*found.notes, *_head_notes(backbone, known, bench.scorers, suite))
            result = replace(found, accuracy=accuracy, notes=notes)
            if result.finished:
                ResultStore().keep(result, texts(request))
            yield result

    def sweep(
        self, name: str, request: BenchRequest, values: Sequence[str] = (), progress: Progress = silent
    ) -> Iterator[SweepPoint]:
        """A scorer on a suite while one parameter walks through values, those of the sweep where none are given.

        Raises:
            StudioError: for an unknown sweep or values that are no numbers, and as `compare`.
        """
        walk = find_sweep(name)
        walked = sweep_values(walk, values)
        for i, value in enumerate(walked):
            progress(f"sweeping {walk.title}", i, len(walked))
            try:
                point = with_values(request, walk.at(value))
                *_, last = self.compare(point, progress)
                yield SweepPoint(value, last.rows, notes=last.left_out())
            except Stopped:
                raise
            except StudioError as error:
                yield SweepPoint(value, (), str(error))


def _head_accuracy(
    backbone: Backbone, classes: HeadClasses | None, suite: OpenSuite, features_of: FeaturesOf
) -> dict[str, float]:
    """How often the model's own head is right about the ID images, where their classes are known."""
    if backbone.head is None or classes is None or suite.id.labels is None:
        return {}
    found = features_of(suite.id, {"visual"})
    if found.visual is None or found.visual.shape[1] != backbone.head.in_features:
        return {}
    right = head_accuracy(found.visual, backbone.head, classes, suite.id.labels[found.rows])
    return {} if right is None else {"head_accuracy": right}


def _head_notes(
    backbone: Backbone, classes: HeadClasses | None, scorers: Mapping[str, Scorer], suite: OpenSuite
) -> tuple[str, ...]:
    """Which classes count where scores read the model's own head."""
    reading = [key for key, scorer in scorers.items() if scorer.space == "visual" and isinstance(scorer, HeadScorer)]
    if classes is None or not reading:
        return ()
    said = f"{', '.join(reading)} read {backbone.name}'s own head of {classes.count:,} classes."
    if not suite.labels:
        return (said,)
    if classes.by_order:
        return (f"{said} They are taken for the {len(suite.labels):,} ID labels in their order, for want of names.",)
    return (f"{said} {classes.known:,} of the {len(suite.labels):,} ID labels are among them.",)


def _accuracies(
    request: BenchRequest,
    suite: OpenSuite,
    space: LabelSpace,
    spaces: frozenset[str],
    features_of: FeaturesOf,
    progress: Progress,
) -> dict[str, float]:
    def encode_labels(labels: Sequence[str]) -> Tensor:
        return class_features(space.backbone, labels, read_prompts(request.labels.prompts), progress)

    def joint(images: Dataset) -> DatasetFeatures:
        # Of the ID images at once all that the scorers will ask for.
        found = features_of(images, spaces | _JOINT if images is suite.id else _JOINT)
        return space.adaptation.features(found)

    reference = space.reference()
    if reference.conditional is not None or reference.class_text is None:
        return {}  # an image's own text has no vectors to compare all images with
    return suite_accuracies(suite, reference.class_text, encode_labels, joint)
