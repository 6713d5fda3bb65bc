"""Mahalanobis distance to the nearest class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ood_studio.scorers.base import Reference
from ood_studio.scorers.gaussians import GaussianScorer, group_images, nearest_group


@dataclass(frozen=True)
class Mahalanobis(GaussianScorer):
    """−min_c (x − μ_c)ᵀ Σ⁻¹ (x − μ_c), with class means and one covariance (Lee et al. 2018; Eqs. 2 and 3 of PLP).

    Σ divided by N, N − 1 or N − K (K classes) scales every score alike: rankings, AUROC and FPR95 stay. The unweighted
    mean of the classes' own covariances (`covariance="classwise"`) is another matrix where classes differ in size.
    Images whose label is negative take no part; a singular Σ gets the ridge of `ood_studio.scorers.gaussians`.

    Attributes:
        space: "visual" (taken as they are) or "joint" (given unit length).
        covariance: "pooled" is the paper's Σ, divided by N; "classwise" its authors' code, the mean over classes of
            covariances divided by N_c − 1.
        logits: whether x is the logits of the trained head rather than features.

    Raises:
        StudioError: from `fit`, if no training image has a class.
    """

    name: ClassVar[str] = "mahalanobis"
    title: ClassVar[str] = "Mahalanobis"

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        assert reference.labels is not None
        groups = group_images(reference, self.space, reference.labels)
        return nearest_group(reference, self.space, groups, self.covariance, self._head(reference))
