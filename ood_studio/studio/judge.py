"""A model before and after an adapter, on images that the adapter has not learnt from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ood_studio.adapters import Adaptation, Adapted
from ood_studio.adapters.validation import Rates
from ood_studio.backbones import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.data.dataset import Dataset
from ood_studio.data.sources import open_dataset
from ood_studio.evaluation.accuracy import share_right
from ood_studio.evaluation.choose import bench_scorers, parse_scorer
from ood_studio.evaluation.metrics import auroc, fpr_at_tpr, threshold_at_tpr
from ood_studio.evaluation.suites import OpenSuite, open_suite
from ood_studio.features.base import DatasetFeatures
from ood_studio.features.images import dataset_features
from ood_studio.scorers import Reference, Scorer, select_features
from ood_studio.studio.adapt import learning_suite
from ood_studio.studio.requests import AdaptRequest
from ood_studio.studio.workbench import LabelSpace, Workbench

SETS = 2
"""OOD sets of the suite that judge: its first one is near, its second one far."""
_AFTER = 1  # added to the seed, so that the images are others than those that were learnt from

Scores = NDArray[np.float64]
Sets = Mapping[str, tuple[Dataset, NDArray[np.int64]]]
"""Held-out sets by name with the rows that scores are of; ``""`` is the ID set."""


@dataclass(frozen=True, eq=False)
class Judged:
    """What a model makes of the held-out sets.

    Attributes:
        accuracy: the share of ID images whose class is right; None where classes are unknown.
        id: (n,) scores of ID images.
        ood: scores by OOD set.
    """

    accuracy: float | None
    id: Scores
    ood: dict[str, Scores]

    def auroc(self, name: str) -> float:
        """AUROC of ID against an OOD set, in [0, 1]."""
        return auroc(self.id, self.ood[name])

    def fpr95(self, name: str) -> float:
        """The share of an OOD set that reaches the threshold, in [0, 1]."""
        return fpr_at_tpr(self.id, self.ood[name])

    def rates(self) -> Rates:
        """The same as rates."""
        return Rates(self.accuracy, {name: self.auroc(name) for name in self.ood}, {n: self.fpr95(n) for n in self.ood})

    @property
    def threshold(self) -> float:
        """Keeps 95 % of the ID images."""
        return threshold_at_tpr(self.id)


@dataclass(frozen=True, eq=False)
class Judge:
    """Held-out sets as the model sees them, and one score.

    Attributes:
        space: the model with what is below the new adapter, and the labels.
        scorer: the score.
        id: the ID images; ``ood`` the OOD sets, by name.
        plain: features of the bare model, by set; ``""`` is ID.
        train: features of the bare model of the images that a score learns from, and their classes where known; None
            where it learns from none.
    """

    space: LabelSpace
    scorer: Scorer
    id: Dataset
    ood: Mapping[str, Dataset]
    plain: Mapping[str, DatasetFeatures]
    train: tuple[DatasetFeatures, Tensor | None] | None = None

    @property
    def sets(self) -> Sets:
        """The images that the scores are of."""
        datasets = {"": self.id, **self.ood}
        return {name: (dataset, self.plain[name].rows) for name, dataset in datasets.items()}

    def before(self) -> Judged:
        """Without the new adapter."""
        return self._judged(self.space.adaptation)

    def after(self, adapted: Adapted) -> Judged:
        """With it."""
        return self._judged(self.space.adaptation.with_part(adapted))

    def on(self, sets: Mapping[str, Dataset], progress: Progress = silent) -> Judge:
        """The same ID images against other OOD sets, by name.

        Raises:
            StudioError: for images that cannot be read.
        """
        below = self.space.adaptation.backbone
        plain = {name: dataset_features(below, each, {"joint", "visual"}, progress) for name, each in sets.items()}
        return replace(self, ood=sets, plain={"": self.plain[""], **plain})

    @torch.no_grad()
    def _judged(self, adaptation: Adaptation) -> Judged:
        plain = Reference(self.space.class_text, self.space.negative_text, logit_scale=self.space.backbone.logit_scale)
        scorer = adaptation.scorer(self.scorer)
        learnt = plain
        if self.train is not None:
            found, classes = self.train
            own = adaptation.features(found)
            images = select_features(scorer.space, own.joint, own.visual, None)
            learnt = replace(plain, images=images, labels=adaptation.classes(found.joint, classes))
        score = scorer.fit(adaptation.reference(learnt, scorer.space))
        seen = {name: adaptation.features(found) for name, found in self.plain.items()}
        scores = {
            name: score(select_features(scorer.space, each.joint, each.visual, None)).double().numpy()
            for name, each in seen.items()
        }
        inside = scores.pop("")
        return Judged(self._accuracy(adaptation, plain, seen[""]), inside, scores)

    def _accuracy(self, adaptation: Adaptation, plain: Reference, found: DatasetFeatures) -> float | None:
        """By the adapters' head where they learnt one, else by the nearest label."""
        if self.id.labels is None:
            return None
        head = adaptation.reference(plain, "visual").head
        if head is not None and found.visual is not None:
            logits = head(found.visual)
        else:
            assert found.joint is not None
            logits = adaptation.reference(plain).vectors("class_text").cosines(found.joint)
        return share_right(logits.argmax(dim=1), self.id.labels[found.rows])


def judging_suite(request: AdaptRequest, count: int, workers: int) -> OpenSuite:
    """The suite of a fit with ``count`` images in each set that it does not learn from.

    Raises:
        StudioError: for a suite that cannot be opened.
    """
    seed = request.seed + _AFTER
    return open_suite(request.suite, data_root=request.data_root, seed=seed, count=count, workers=workers)


class JudgeService:
    """Gets ready what judges adapters.

    Args:
        workbench: models, labels and features.
    """

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench

    def judge(
        self, request: AdaptRequest, scorer: str, count: int, ood: Mapping[str, str], progress: Progress = silent
    ) -> Judge:
        """What judges an adapter on images that it does not learn from: ID, a near and a far OOD set of its suite.

        Args:
            request: the fit.
            scorer: the score; one that learns from images has those that the fit has.
            count: images in each set.
            ood: folders of further OOD images, by name.
            progress: told what is encoded.

        Raises:
            StudioError: for images or a score that cannot be used.
        """
        chosen = parse_scorer(scorer, bench_scorers())
        if chosen.space not in ("joint", "visual", "both"):
            raise StudioError(
                f"{chosen.title} reads parts of pictures, which adapters are not learnt on; judge with another score"
            )
        suite = judging_suite(request, count, self._workbench.workers)
        own = {name: open_dataset(where, name=name, labels=()) for name, where in ood.items()}
        sets = dict(list(suite.ood.items())[:SETS]) | own
        space = self._workbench.label_space(request.labels, progress, suite.labels)
        if not space.backbone.reads_text:
            raise StudioError(f"{space.backbone.name} has no text tower, and adapters are learnt on models with one")
        below = space.adaptation.backbone
        train = self._train(request, below, progress) if "images" in chosen.needs else None
        plain = {
            name: dataset_features(below, each, {"joint", "visual"}, progress)
            for name, each in {"": suite.id, **sets}.items()
        }
        return Judge(space, chosen, suite.id, sets, plain, train)

    def _train(
        self, request: AdaptRequest, below: Backbone, progress: Progress
    ) -> tuple[DatasetFeatures, Tensor | None]:
        """The images that the fit learns from."""
        suite = learning_suite(request, self._workbench.workers)
        if suite.train is None:
            raise StudioError(
                f"the suite {suite.name} has no training pictures; judge with a score that learns from none"
            )
        found = dataset_features(below, suite.train, {"joint", "visual"}, progress)
        labels = suite.train.labels
        return found, None if labels is None else torch.from_numpy(labels[found.rows])
