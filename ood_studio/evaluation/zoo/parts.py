"""What a measurement says beside its figures: the images found for captions, and classes that a set lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ood_studio.core.unicode import listed
from ood_studio.data.dataset import Dataset
from ood_studio.evaluation.zoo.figures import Retrieved

_QUERIES, _FOUND = 6, 5  # captions whose nearest images are kept, and how many of them


def nearest(
    texts: Sequence[str], captions: Tensor, images: Tensor, rows: NDArray[np.int64], of: NDArray[np.int64]
) -> tuple[Retrieved, ...]:
    """What is found for the first captions: the same ones for every model, so that models can be compared.

    Args:
        texts: (texts,) captions.
        captions: (texts, dim) their unit-norm features.
        images: (images, dim) unit-norm features.
        rows: (images,) indices in the dataset.
        of: (images,) which caption each has.
    """
    cosines = captions[:_QUERIES] @ images.T
    places = cosines.topk(min(_FOUND, images.shape[0]), dim=1).indices.numpy()
    return tuple(
        Retrieved(texts[i], tuple(int(rows[j]) for j in found), tuple(bool(of[j] == i) for j in found))
        for i, found in enumerate(places)
    )


def lacking(labels: Sequence[str], kinds: Mapping[str, Mapping[str, Dataset]]) -> list[str]:
    """Which ID classes have no image in a set, as a sentence or none: accuracy there says nothing of them.

    Args:
        labels: the ID labels.
        kinds: sets by name, by what they are, such as ``factor``.
    """
    said = []
    for kind, sets in kinds.items():
        for name, dataset in sets.items():
            there = set() if dataset.labels is None else set(dataset.labels.tolist())
            missing = [label for i, label in enumerate(labels) if i not in there]
            if missing:
                said.append(f"the {kind} {name} of {listed(missing)}")
    return [f"There are no pictures with {listed(said)}."] if said else []
