"""What prompt tuning minimises, on cached crops."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from ood_studio.adapters.crops import Crops
from ood_studio.adapters.krnft_losses import SIDES, crop_losses
from ood_studio.adapters.loop import Learner
from ood_studio.adapters.transformed import perceptron
from ood_studio.backbones import Backbone, PromptedTexts

NET = "net"
"""The name of the meta-net's tensors."""


def context_of(tensors: Mapping[str, Tensor], side: str, image: Tensor | None) -> Tensor:
    """(length, width) the context tokens of a side; of an image (dim,) where it takes part: V + h(v)."""
    context = tensors[f"{side}/context"]
    if image is None or f"{NET}/0/weight" not in tensors:
        return context
    return context.to(image) + perceptron(tensors, NET, image)


class PromptLearner(Learner):
    """L = L_p + λ₁ L_n; an example is a positive crop and a negative one.

    Args:
        crops: of the few-shot images.
        texts: the ID labels and negative labels, by side.
        parameters: at their start.
        ood_weight: λ₁.
        backbone: whose temperature and device it has.
    """

    def __init__(
        self,
        crops: Crops,
        texts: Mapping[str, PromptedTexts],
        parameters: Mapping[str, Tensor],
        ood_weight: float,
        backbone: Backbone,
    ) -> None:
        self._crops, self._texts, self._weight = crops, texts, ood_weight
        self._scale, self._device = backbone.logit_scale, backbone.device
        self.parameters, self.count = parameters, len(crops.classes)
        self._conditional = f"{NET}/0/weight" in parameters

    def losses(self, rows: Tensor) -> dict[str, Tensor]:
        images = torch.cat([part[rows] for part in (self._crops.positive, self._crops.negative)]).to(self._device)
        inner, outer = (self._logits(side, images) for side in SIDES)
        found = crop_losses(inner, outer, self._crops.classes[rows].to(self._device))
        return {"loss": found["L_p"] + self._weight * found["L_n"], **found}

    def _logits(self, side: str, images: Tensor) -> Tensor:
        """(batch, labels)."""
        if not self._conditional:
            return images @ self._texts[side].encode(self.parameters[f"{side}/context"]).T * self._scale

        def own(image: Tensor) -> Tensor:
            return self._texts[side].encode(context_of(self.parameters, side, image)) @ image * self._scale

        # What a tower of one image would keep for its gradient is made again: memory of one image, not of a batch.
        return torch.stack([torch.as_tensor(checkpoint(own, image, use_reentrant=False)) for image in images])
