"""Accuracy: how often the nearest label is the right one, or the class that a model's own head chooses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import Linear, functional

from ood_studio.core.errors import StudioError
from ood_studio.core.unicode import normal_form
from ood_studio.data.dataset import Dataset
from ood_studio.evaluation.suites import OpenSuite
from ood_studio.features.images import DatasetFeatures


def suite_accuracies(
    suite: OpenSuite,
    class_text: Tensor,
    encode_labels: Callable[[Sequence[str]], Tensor],
    features_of: Callable[[Dataset], DatasetFeatures],
) -> dict[str, float]:
    """Top-1 accuracies as fractions, where the classes of a suite's images are known.

    Args:
        suite: whose images.
        class_text: (classes, dim) unit-norm text features of its ID labels.
        encode_labels: the same of other labels.
        features_of: features of a set of images, joint ones among them.

    Returns:
        ``id_accuracy`` over the ID labels, ``all_accuracy`` over all classes that the bundled models have seen.
    """
    found: dict[str, float | None] = {}
    if suite.id.labels is not None:
        found["id_accuracy"] = _accuracy(features_of(suite.id), class_text, suite.id.labels)
    if suite.trained is not None and suite.trained.labels is not None:
        text = encode_labels(suite.trained.classes)
        found["all_accuracy"] = _accuracy(features_of(suite.trained), text, suite.trained.labels)
    return {name: share for name, share in found.items() if share is not None}


@dataclass(frozen=True)
class HeadClasses:
    """Which classes of a model's own head ID labels are.

    Attributes:
        count: classes of the head.
        of: (labels,) the class of each label, -1 for one that the head does not know.
        by_order: whether labels and classes were matched by their order, for want of names.
    """

    count: int
    of: NDArray[np.int64]
    by_order: bool = False

    @property
    def known(self) -> int:
        """How many of the labels the head knows."""
        return int((self.of >= 0).sum())


def head_classes(names: Sequence[str] | None, count: int, labels: Sequence[str]) -> HeadClasses:
    """Matches ID labels with the classes of a head: by name, or by order where there are as many and no names match.

    Args:
        names: of the head's classes, where its checkpoint has them; one may list several, separated by commas.
        count: classes of the head.
        labels: the ID labels.
    """
    places: dict[str, int] = {}
    for i, name in enumerate(names or ()):
        for each in (name, *name.split(",")):
            places.setdefault(normal_form(each), i)
    of = np.array([places.get(normal_form(label), -1) for label in labels], np.int64)
    if (of >= 0).any() or len(labels) != count:
        return HeadClasses(count, of)
    return HeadClasses(count, np.arange(count), by_order=True)


@torch.no_grad()
def head_accuracy(features: Tensor, head: Linear, classes: HeadClasses, truth: NDArray[np.int64]) -> float | None:
    """The share of images whose largest logit is of the right class; images of unknown classes are left out.

    Args:
        features: (n, width) visual features.
        head: the model's own classifier.
        classes: which of its classes the labels are.
        truth: (n,) index of the right label.

    Returns:
        None where no image is of a class that the head knows.
    """
    right = np.where(truth >= 0, classes.of[truth], -1) if len(classes.of) else np.full(len(truth), -1)
    if not (right >= 0).any():
        return None
    weight = head.weight.cpu()
    bias = None if head.bias is None else head.bias.cpu()
    guessed = torch.cat([functional.linear(rows, weight, bias).argmax(dim=1) for rows in torch.split(features, 4096)])
    return share_right(guessed, right)


def zero_shot_accuracy(features: Tensor, class_text: Tensor, truth: NDArray[np.int64]) -> float:
    """The share of pictures whose nearest class text is the right one.

    Args:
        features: (n, dim) unit-norm image features.
        class_text: (classes, dim) unit-norm text features.
        truth: (n,) index of the right class; pictures with a negative one are left out.

    Raises:
        StudioError: if no picture is left.
    """
    share = share_right((features @ class_text.T).argmax(dim=1), truth)
    if share is None:
        raise StudioError("accuracy needs at least one picture of a known class")
    return share


def share_right(guessed: Tensor, truth: NDArray[np.int64]) -> float | None:
    """The share of images whose class is guessed right; None where no class is known.

    Args:
        guessed: (n,) indices of classes.
        truth: (n,) index of the right class; images with a negative one are left out.
    """
    known = truth >= 0
    return float((guessed.numpy() == truth)[known].mean()) if known.any() else None


def _accuracy(features: DatasetFeatures, class_text: Tensor, truth: NDArray[np.int64]) -> float | None:
    """None where no readable image has a class, or given features are not comparable with texts."""
    joint, known = features.joint, truth[features.rows]
    if joint is None or joint.shape[1] != class_text.shape[1] or not (known >= 0).any():
        return None
    return zero_shot_accuracy(joint, class_text, known)
