"""KL-Matching: how far a posterior is from the typical one of any class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ood_studio.scorers.base import Reference
from ood_studio.scorers.logits import HeadScorer
from ood_studio.scorers.training import image_chunks


@dataclass(frozen=True)
class KLMatching(HeadScorer):
    """−min_k KL(p ‖ d_k), at most 0, with p = softmax(z) (Hendrycks et al. 2022, section 4.1).

    d_k is the mean posterior of the training images that the head assigns to class k, whatever their labels; classes
    that none is assigned to have no d_k. The paper takes the means over ID validation images.

    Attributes:
        space: the features the head was trained on, "joint" or "visual".
    """

    name: ClassVar[str] = "kl-matching"
    title: ClassVar[str] = "KL-Matching"
    needs: ClassVar[tuple[str, ...]] = ("images",)

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        assert reference.images is not None
        logits = self._logits(reference)
        classes = logits(reference.images[:1]).shape[1]
        sums = torch.zeros(classes, classes, dtype=torch.float64, device=reference.images.device)
        counts = sums.new_zeros(classes)
        for _, rows in image_chunks(reference, self.space):
            posteriors = logits(rows).softmax(dim=1)
            chosen = posteriors.argmax(dim=1)
            sums.index_add_(0, chosen, posteriors)
            counts += torch.bincount(chosen, minlength=classes)
        typical = sums[counts > 0] / counts[counts > 0, None]
        log_typical = typical.clamp(min=torch.finfo(typical.dtype).tiny).log()

        def score(features: Tensor) -> Tensor:
            log_p = logits(features).log_softmax(dim=1)
            p = log_p.exp()
            return (p @ log_typical.to(features).T).amax(dim=1) - (p * log_p).sum(dim=1)

        return score
