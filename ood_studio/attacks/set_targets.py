"""What every image of a set is pulled to: an ID training image, a class, or a label's text, chosen by chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ood_studio.attacks.targets import class_targets, label_targets
from ood_studio.backbones.base import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, silent
from ood_studio.data.dataset import Dataset
from ood_studio.features.images import dataset_features
from ood_studio.labels.prompts import PromptSet
from ood_studio.scorers import Space, read_features

TargetKind = Literal["image", "class", "nearest", "text"]
"""A random ID training image each, the mean of a random class or of the class that the model sees nearest, or the text
of a random ID label."""


@dataclass(frozen=True, eq=False)
class SetTargets:
    """The targets of a set's images.

    Attributes:
        kind: what they are.
        labels: the ID labels.
        train: ID training images; None where there are none.
        chosen: (n,) for each image of the set the row of a training image (``image``), or else the index of a label.
        names: for each what its target is called.
        used: rows of the training images that are targets, which scorers may not learn from.
    """

    kind: TargetKind
    labels: tuple[str, ...]
    train: Dataset | None
    chosen: NDArray[np.int64]
    names: tuple[str, ...]
    used: frozenset[int]

    def features(self, backbone: Backbone, space: Space, prompts: PromptSet, progress: Progress = silent) -> Tensor:
        """(n, dim) target features on a backbone: of texts see `label_targets`, else in ``space``.

        Raises:
            StudioError: if the training image of a target cannot be read, or the backbone lacks the space.
        """
        if self.kind == "text":
            return label_targets(backbone, self.labels, prompts)[self.chosen]
        assert self.train is not None
        seen, rows = _features(backbone, self.train, space, progress)
        if self.kind in ("class", "nearest"):
            return class_targets(seen, _labels(self.train, rows), self.chosen.tolist())
        place = {int(row): i for i, row in enumerate(rows)}
        lost = [int(row) for row in self.chosen if int(row) not in place]
        if lost:
            raise StudioError(f"the target {self.train.caption(lost[0])} cannot be read; try another seed")
        return seen[[place[int(row)] for row in self.chosen]].clone()


def choose_targets(
    kind: TargetKind,
    source: Dataset,
    labels: Sequence[str],
    train: Dataset | None,
    *,
    backbone: Backbone,
    space: Space,
    seed: int,
    whose: str,
    progress: Progress = silent,
) -> SetTargets:
    """Targets for every image of a set; training images come from at most half of them, so that scorers keep some.

    Args:
        kind: what they are.
        source: the set that is to be attacked.
        labels: the ID labels.
        train: ID training images; None where there are none.
        backbone, space: which features say what is nearest.
        seed: of the choice.
        whose: whose labels and training images they are, for messages.
        progress: told the images encoded, for ``nearest``.

    Raises:
        StudioError: where there are no labels, or no training images of the kind that is needed.
    """
    count = len(source)
    rng = np.random.default_rng([seed, count])
    if kind == "image":
        if train is None or len(train) < 2:
            raise StudioError(f"{whose} has no ID training pictures to take targets from")
        pool = rng.permutation(len(train))[: max(1, min(count, len(train) // 2))]
        chosen = np.resize(pool, count)
        names = tuple(train.caption(int(row)) for row in chosen)
        return SetTargets(kind, tuple(labels), train, chosen, names, frozenset(pool.tolist()))
    if not labels:
        raise StudioError(f"{whose} has no ID labels to take targets from")
    chosen = rng.integers(0, len(labels), count)
    if kind in ("class", "nearest"):
        known = None if train is None or train.labels is None else np.unique(train.labels[train.labels >= 0])
        if train is None or known is None or not len(known):
            raise StudioError(f"{whose} has no training pictures of known classes to take means of")
        chosen = known[chosen % len(known)]
        if kind == "nearest":
            chosen = _nearest_classes(backbone, source, train, known, space, progress)
    return SetTargets(kind, tuple(labels), train, chosen, tuple(labels[int(i)] for i in chosen), frozenset())


def _nearest_classes(
    backbone: Backbone,
    source: Dataset,
    train: Dataset,
    classes: NDArray[np.int64],
    space: Space,
    progress: Progress,
) -> NDArray[np.int64]:
    """(n,) for each image of the source the class whose mean features are the most similar.

    Images that cannot be read get the first class; they are not attacked either.
    """
    own, own_rows = _features(backbone, source, space, progress)
    seen, seen_rows = _features(backbone, train, space, progress)
    means = class_targets(seen, _labels(train, seen_rows), classes.tolist())
    nearest = (functional.normalize(own, dim=-1) @ functional.normalize(means, dim=-1).T).argmax(dim=1)
    chosen = np.full(len(source), classes[0])
    chosen[own_rows] = classes[nearest.numpy()]
    return chosen


def _features(
    backbone: Backbone, images: Dataset, space: Space, progress: Progress
) -> tuple[Tensor, NDArray[np.int64]]:
    """Features of a set in a space, and which of its images they belong to."""
    found = dataset_features(backbone, images, {space}, progress)
    return read_features(space, found), found.rows


def _labels(train: Dataset, rows: NDArray[np.int64]) -> Tensor:
    assert train.labels is not None
    return torch.from_numpy(train.labels[rows])
