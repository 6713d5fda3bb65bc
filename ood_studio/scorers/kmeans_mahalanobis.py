"""Mahalanobis distance to the nearest cluster, where no classes are known."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds, Help, Seed
from ood_studio.scorers.base import Reference
from ood_studio.scorers.gaussians import group_images, nearest_group
from ood_studio.scorers.training import FeatureScorer, image_chunks


@dataclass(frozen=True)
class KMeansMahalanobis(FeatureScorer):
    """`Mahalanobis` with k-means clusters for classes (Sehwag et al. 2021; "k-means + MD" of PLP).

    Fitting holds all training features in memory as float32.

    Attributes:
        space: "visual" (taken as they are) or "joint" (given unit length).
        clusters: how many; None = as many as there are ID labels, or else classes among the training images. More than
            there are training images become as many as there are.
        seed: of the first centres.

    Raises:
        StudioError: from `fit`, if `clusters` is None and the reference has neither labels nor class_text.
    """

    name: ClassVar[str] = "kmeans-mahalanobis"
    title: ClassVar[str] = "k-means Mahalanobis"

    clusters: Annotated[
        int | None, Bounds(1, 100_000, log=True, step=1, help="Clusters; none = as many as classes")
    ] = None
    seed: Annotated[Seed, Help("Seed of the first centres")] = 0

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        from sklearn.cluster import KMeans

        assert reference.images is not None
        clusters = min(self._clusters(reference), len(reference.images))
        rows = torch.cat([rows.float().cpu() for _, rows in image_chunks(reference, self.space)]).numpy()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Number of distinct clusters")  # the empty ones are left out
            found = KMeans(clusters, n_init=1, random_state=self.seed).fit(rows).labels_
        groups = group_images(reference, self.space, torch.from_numpy(found).long())
        return nearest_group(reference, self.space, groups)

    def _clusters(self, reference: Reference) -> int:
        if self.clusters is not None:
            return self.clusters
        if reference.class_text is not None:
            return len(reference.class_text)
        classes = 0 if reference.labels is None else len(torch.unique(reference.labels[reference.labels >= 0]))
        if classes == 0:
            raise StudioError(f"{self.title} does not know how many classes there are; set clusters to a number")
        return classes
