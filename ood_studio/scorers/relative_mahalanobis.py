"""Relative Mahalanobis distance: to the nearest class, against all classes as one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.scorers.base import Reference
from ood_studio.scorers.gaussians import (
    GaussianScorer,
    group_images,
    merged,
    nearest,
    on_logits,
    shared_covariance,
    whitening,
)


@dataclass(frozen=True)
class RelativeMahalanobis(GaussianScorer):
    """−min_c (MD_c(x) − MD_0(x)) (Ren et al. 2021; Eq. 5 of PLP).

    MD_c is as in `Mahalanobis`, MD_0 under one Gaussian of all classes. Pooled, both covariances are divided by N, as
    in PLP; Σ over N − K and Σ_0 over N − 1 instead would scale MD_c and MD_0 by different factors and change rankings.
    pytorch-ood divides neither: its scores are ours over N. Images whose label is negative take no part; a singular
    covariance gets the ridge of `ood_studio.scorers.gaussians`.

    One basis makes both matrices diagonal, Wᵀ Σ W = I and Wᵀ Σ_0 W = diag(s), so that with z = (x − μ_0) W the global
    distance is Σ_j z_j² / s_j and costs no second product.

    Attributes:
        space: "visual" (taken as they are) or "joint" (given unit length).
        covariance: Σ as in `Mahalanobis`; of "classwise" Σ_0 is divided by N − 1, as in PLP's code.
        logits: whether x is the logits of the trained head rather than features, as PLP does it.

    Raises:
        StudioError: from `fit`, if the training images are of fewer than two classes.
    """

    name: ClassVar[str] = "rmd"
    title: ClassVar[str] = "Relative Mahalanobis"

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        assert reference.labels is not None
        groups = group_images(reference, self.space, reference.labels)
        if len(groups.counts) < 2:
            raise StudioError(
                f"{self.title} needs training images of two classes or more; with one, every score would be 0"
            )
        whole, head = merged(groups), self._head(reference)
        basis = whitening(shared_covariance(reference, self.space, groups, self.covariance, head))
        everything = shared_covariance(reference, self.space, whole, self.covariance, head)
        spread, turn = torch.linalg.eigh(basis.T @ everything @ basis)
        means, centre = groups.through(head).means, whole.through(head).means[0]
        return on_logits(nearest(basis @ turn, means, centre, 1 - 1 / spread), head)
