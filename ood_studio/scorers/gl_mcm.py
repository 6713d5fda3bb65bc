"""GL-MCM: maximum concept matching of the whole image and of its best patch (Miyai et al. 2025)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Self

import torch
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds, Help, Tau
from ood_studio.scorers.base import Reference, Scorer, temperature
from ood_studio.scorers.vectors import pieces

_CHUNK_BYTES = 64 * 2**20  # of cosines at a time: of ViT-B/16's patches to 1,000 labels, those of 85 images


@dataclass(frozen=True)
class GLMCM(Scorer):
    """S_MCM + λ S_L-MCM (Miyai et al., "GL-MCM: Global and Local Maximum Concept Matching", IJCV 2025).

    S_MCM = max_k softmax_k(cos(h, e_k) / τ) of the joint vector h, and over the patches h_i
    S_L-MCM = max_i max_k softmax_k(cos(h_i, e_k) / τ′); each lies in (0, 1]. An ID object that is small, or one of
    several, lifts the second.

    Attributes:
        tau: τ of the whole image; None = 1 / logit_scale of the reference. 1 is the authors', as in MCM.
        tau_local: τ′ of the patches; None = 1 / logit_scale of the reference. The authors' code: τ′ = τ.
        weight: λ; 0 = MCM. The paper's is 1; the authors' script for ImageNet takes 0.5.

    The patches are those of `Backbone`: on CLIP's towers the authors' own, a value path in place of the last attention.
    """

    name: ClassVar[str] = "gl-mcm"
    title: ClassVar[str] = "GL-MCM"
    needs: ClassVar[tuple[str, ...]] = ("class_text",)
    space = "tokens"

    tau: Annotated[Tau, Help("Temperature τ of the whole picture; none = the model's own, 1 / its logit scale")] = 1.0
    tau_local: Annotated[Tau, Help("Temperature of the patches; none = the model's own")] = 1.0
    weight: Annotated[
        float, Bounds(0.0, 10.0, help="Weight of the best patch (λ); 0.5 in the authors' script for ImageNet")
    ] = 1.0

    def resolved(self, reference: Reference) -> Self:
        """See `Scorer.resolved`; both temperatures are numbers."""
        return replace(super().resolved(reference), tau_local=temperature(self.tau_local, reference.logit_scale))

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        assert reference.class_text is not None
        classes = reference.vectors("class_text")
        scale = 1 / temperature(self.tau, reference.logit_scale)
        local_scale = 1 / temperature(self.tau_local, reference.logit_scale)

        def some(features: Tensor) -> Tensor:
            cosines = classes.cosines(features, features[:, :1])
            whole = (cosines[:, 0] * scale).softmax(dim=-1).amax(dim=-1)
            best_patch = (cosines[:, 1:] * local_scale).softmax(dim=-1).amax(dim=(1, 2))
            return whole + self.weight * best_patch

        count = len(reference.class_text)

        def score(features: Tensor) -> Tensor:
            tokens = features.shape[1]
            if tokens < 2:
                raise StudioError("GL-MCM needs at least one patch behind the joint vector, not none")
            at_once = max(1, _CHUNK_BYTES // (tokens * count * features.element_size()))
            return torch.cat([some(part) for part in pieces(features, at_once)])

        return score
