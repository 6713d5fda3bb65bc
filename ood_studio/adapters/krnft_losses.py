"""KR-NFT's losses on cached crops: Eqs. 7 to 10."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Literal

import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.adapters.crops import Crops
from ood_studio.adapters.loop import Learner
from ood_studio.adapters.transformed import ByLabel, Factorised, Transformation
from ood_studio.backbones import Backbone
from ood_studio.core.parameters import Bounds
from ood_studio.scorers.label_vectors import FixedVectors

Regularise = Literal["features", "logits", "probabilities", "none"]
"""Where the knowledge regularisation acts (Fig. 4c)."""

SIDES = ("positive", "negative")
"""Of the text: the ID labels and the negative ones."""

OODWeight = Annotated[float, Bounds(0.0, 1e4, help="Weight λ₁ of the loss on negative crops")]


def crop_losses(inner: Tensor, outer: Tensor, classes: Tensor) -> dict[str, Tensor]:
    """Eqs. 7 and 8: L_p, the cross-entropy of positive crops over ID and negative labels, and L_n, the mean log of the
    ID labels' share on negative crops.

    Args:
        inner, outer: (2 n, labels) logits over ID and over negative labels, of n positive crops and n negative ones.
        classes: (n,) of the positive crops.
    """
    count = len(classes)
    of_classes = inner.logsumexp(dim=1)
    of_all = torch.logaddexp(of_classes, outer.logsumexp(dim=1))
    own = inner[:count].gather(1, classes[:, None])[:, 0]
    return {"L_p": (of_all[:count] - own).mean(), "L_n": (of_classes - of_all)[count:].mean()}


class NegativeFeatureLearner(Learner):
    """L = L_p + λ₁ L_n + λ₂ L_kr; an example is a positive crop and a negative one.

    Args:
        crops: of the few-shot images.
        class_text, negative_text: of unit length.
        parameters: at their start.
        transformation: of a side's text features, from the parameters.
        weights: λ₁, λ₂, and where L_kr acts.
        backbone: whose temperature and device it has.
    """

    def __init__(
        self,
        crops: Crops,
        class_text: Tensor,
        negative_text: Tensor,
        parameters: Mapping[str, Tensor],
        transformation: Callable[[Mapping[str, Tensor], str], Transformation],
        weights: tuple[float, float, Regularise],
        backbone: Backbone,
    ) -> None:
        self._crops, self._scale, self._device = crops, backbone.logit_scale, backbone.device
        self._text = {"positive": class_text.to(self._device), "negative": negative_text.to(self._device)}
        self._transformation, self._weights = transformation, weights
        self.parameters, self.count = parameters, len(crops.classes)

    def losses(self, rows: Tensor) -> dict[str, Tensor]:
        positive, negative = (part[rows].to(self._device) for part in (self._crops.positive, self._crops.negative))
        images, classes = torch.cat([positive, negative]), self._crops.classes[rows].to(self._device)
        ood_weight, weight, regularise = self._weights
        inner, inner_kept = self._side("positive", images)
        outer, outer_kept = self._side("negative", images)
        found = crop_losses(inner, outer, classes)
        total = found["L_p"] + ood_weight * found["L_n"]
        if regularise != "none":
            found["L_kr"] = self._kept(images, inner, outer, inner_kept, outer_kept)
            total = total + weight * found["L_kr"]
        return {"loss": total, **found}

    def _side(self, side: str, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """(batch, labels) logits, and where features are kept c·c′ of each label, (batch, labels) or (labels,)."""
        text = self._text[side]
        vectors = self._transformation(self.parameters, side).of(text)
        wanted = self._weights[2] == "features"
        if isinstance(vectors, FixedVectors):
            kept = (vectors.rows * text).sum(dim=1) if wanted else None
            return vectors.cosines(images) * self._scale, kept
        assert isinstance(vectors, (Factorised, ByLabel))
        cosines, kept = vectors.both(images) if wanted else (vectors.cosines(images), None)
        return cosines * self._scale, kept

    def _kept(
        self, images: Tensor, inner: Tensor, outer: Tensor, inner_kept: Tensor | None, outer_kept: Tensor | None
    ) -> Tensor:
        """L_kr."""
        labels = len(self._text["positive"]) + len(self._text["negative"])
        if inner_kept is not None and outer_kept is not None:
            sums = inner_kept.sum(dim=-1) + outer_kept.sum(dim=-1)
            return 1 - sums.mean() / labels
        after = torch.cat([inner, outer], dim=1)
        before = torch.cat([images @ text.T for text in self._text.values()], dim=1) * self._scale
        if self._weights[2] == "logits":
            return ((before - after) / self._scale).square().mean()
        return functional.kl_div(
            after.log_softmax(dim=1), before.log_softmax(dim=1), reduction="batchmean", log_target=True
        )
