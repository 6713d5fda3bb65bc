"""Zero-shot accuracy: how often the nearest label is the right one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ood_studio.core.errors import StudioError
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


def zero_shot_accuracy(features: Tensor, class_text: Tensor, truth: NDArray[np.int64]) -> float:
    """The share of pictures whose nearest class text is the right one.

    Args:
        features: (n, dim) unit-norm image features.
        class_text: (classes, dim) unit-norm text features.
        truth: (n,) index of the right class; pictures with a negative one are left out.

    Raises:
        StudioError: if no picture is left.
    """
    known = truth >= 0
    if not known.any():
        raise StudioError("accuracy needs at least one picture of a known class")
    guessed = (features @ class_text.T).argmax(dim=1).numpy()
    return float((guessed == truth)[known].mean())


def _accuracy(features: DatasetFeatures, class_text: Tensor, truth: NDArray[np.int64]) -> float | None:
    """None where no readable image has a class, or given features are not comparable with texts."""
    joint, known = features.joint, truth[features.rows]
    if joint is None or joint.shape[1] != class_text.shape[1] or not (known >= 0).any():
        return None
    return zero_shot_accuracy(joint, class_text, known)
