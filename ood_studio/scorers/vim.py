"""ViM: the energy of the logits against a virtual logit of what the training features do not explain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds
from ood_studio.scorers.base import Reference
from ood_studio.scorers.gaussians import scatter
from ood_studio.scorers.logits import HeadScorer, logits_of
from ood_studio.scorers.training import image_chunks


@dataclass(frozen=True)
class ViM(HeadScorer):
    """logsumexp(z) − α ‖x^P⊥‖ (Wang et al. 2022); ranks as minus the probability of their virtual class.

    Features are measured from u = −W⁺ b, where the head W x + b gives logits nearest to zero (the zero-shot head: 0).
    The principal space is spanned by the leading eigenvectors of the training features' second moment around u, found
    in float64; x^P⊥ is what of x − u lies outside it. α = mean of max_k z_k / mean of ‖x^P⊥‖ over the training images.

    Attributes:
        space: the features the head was trained on, "joint" or "visual".
        principal: dimensions of the principal space; None = the authors' 1,000 for features of 2,048 or more and 512
            from 768 on, and half of the dimensions below.

    Raises:
        StudioError: from `fit`, if the principal space leaves nothing of the features, or of the training images.
    """

    name: ClassVar[str] = "vim"
    title: ClassVar[str] = "ViM"
    needs: ClassVar[tuple[str, ...]] = ("images",)

    principal: Annotated[
        int | None, Bounds(1, 100_000, log=True, step=1, help="Dimensions of the principal space; none = by the width")
    ] = None

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        assert reference.images is not None
        weight, bias = self._head(reference)
        images, dim = reference.images, weight.shape[1]
        principal = self._principal(dim)
        weight = weight.double().to(images.device)
        bias = torch.zeros(len(weight)).to(weight) if bias is None else bias.to(weight)
        origin = -(torch.linalg.pinv(weight) @ bias)
        one = torch.zeros(len(images), dtype=torch.long, device=images.device)
        moment = scatter(reference, self.space, one, origin[None], torch.full_like(bias[:1], 1 / len(images)))
        rest = torch.linalg.eigh(moment).eigenvectors[:, : dim - principal].contiguous()
        largest, outside, size = (torch.zeros_like(origin[0]) for _ in range(3))
        for _, rows in image_chunks(reference, self.space):
            centred = rows - origin
            largest += logits_of(rows, weight, bias).amax(dim=1).sum()
            outside += torch.linalg.vector_norm(centred @ rest, dim=1).sum()
            size += torch.linalg.vector_norm(centred, dim=1).sum()
        if not float(outside) > 1e-6 * float(size):
            raise StudioError(
                f"{self.title} needs training images outside its principal space of {principal} dimensions; these "
                f"{len(images)} lie in it, so lower principal or give more images"
            )
        alpha = float(largest / outside)

        def score(features: Tensor) -> Tensor:
            residual = (features - origin.to(features)) @ rest.to(features)
            energy = logits_of(features, weight, bias).logsumexp(dim=1)
            return energy - alpha * torch.linalg.vector_norm(residual, dim=1)

        return score

    def _principal(self, dim: int) -> int:
        principal = self.principal or (1000 if dim >= 2048 else 512 if dim >= 768 else dim // 2)
        if not 0 < principal < dim:
            raise StudioError(
                f"principal of {self.title} must be below the {dim} dimensions of the features, not {principal}"
            )
        return principal
