"""k-NN: the cosine to the k-th nearest training image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds
from ood_studio.scorers.base import Reference
from ood_studio.scorers.training import FeatureScorer
from ood_studio.scorers.vectors import pieces, unit_rows

_COPIED_BYTES = 2**28
_IMAGES, _QUERIES = 4096, 2048  # training images and images compared at a time: 32 MB of cosines


@dataclass(frozen=True)
class KNN(FeatureScorer):
    """The k-th largest cosine to the training images, in [-1, 1] (Sun et al. 2022); k = 1: 1-NN, Eq. 1 of PLP.

    Sun et al. score with minus the Euclidean distance of unit vectors, −√(2 − 2 cos), which ranks alike. The search is
    exact and goes through the training images in chunks, so that memory does not grow with their number. References
    above 256 MiB, such as memory-mapped ones, are read where they lie at every call and must not change after `fit`.
    Labels play no part.

    Attributes:
        space: "visual" or "joint"; only directions count in both.
        k: which neighbour counts.

    Raises:
        StudioError: from `fit`, if there are fewer than k training images.
    """

    name: ClassVar[str] = "knn"
    title: ClassVar[str] = "k-NN"

    k: Annotated[int, Bounds(1, 10_000, log=True, step=1, help="Which nearest training image counts")] = 1

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        assert reference.images is not None
        images = reference.images.detach()
        if len(images) < self.k:
            raise StudioError(f"{self.title} needs at least k = {self.k} ID training images, not {len(images)}")
        copied = images.nbytes <= _COPIED_BYTES
        if copied:
            images = unit_rows(images)

        def unit(rows: Tensor, features: Tensor) -> Tensor:
            return rows.to(features) if copied else functional.normalize(rows.to(features), dim=1)

        def score(features: Tensor) -> Tensor:
            features = functional.normalize(features, dim=1)
            with torch.no_grad():
                found = _neighbours(features, images, self.k, unit).to(images.device)
            # The value comes from the neighbour itself, so that its gradient needs no graph of the search.
            return (features * unit(images[found], features)).sum(dim=1)

        return score


def _neighbours(features: Tensor, images: Tensor, k: int, unit: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """(batch,) index of the image with the k-th largest cosine to each of the unit vectors `features`.

    Args:
        unit: makes unit vectors of some of the images, on the device and in the type of the features.
    """
    queries = pieces(features, _QUERIES)
    best = [features.new_full((part.shape[0], 0), 0.0) for part in queries]
    where = [torch.zeros_like(values, dtype=torch.long) for values in best]
    for start in range(0, len(images), _IMAGES):
        chunk = unit(images[start : start + _IMAGES], features)
        for i, part in enumerate(queries):
            cosines = part @ chunk.T
            near = cosines.max(dim=1, keepdim=True) if k == 1 else cosines.topk(min(k, len(chunk)), dim=1)
            values, index = torch.cat([best[i], near.values], 1), torch.cat([where[i], near.indices + start], 1)
            best[i], kept = values.topk(min(k, values.shape[1]), dim=1)
            where[i] = index.gather(1, kept)
    return torch.cat(where)[:, -1]
