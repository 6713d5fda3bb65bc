"""SynOOD's projection: a residual layer on image features, trained to tell synthetic images from ID ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.adapters.base import Adapted, Adapter, Start, draw
from ood_studio.adapters.few_shot import filled_classes
from ood_studio.adapters.heads import Batch, Epochs, WeightDecay
from ood_studio.adapters.loop import Learner
from ood_studio.adapters.material import Material
from ood_studio.adapters.optimisers import FirstRate, Recipe
from ood_studio.adapters.synthetic import mined_labels, mined_note, unit
from ood_studio.backbones import Backbone, ImageFeatures
from ood_studio.backbones.base import LazyFeatures
from ood_studio.core.parameters import Bounds, Help
from ood_studio.core.progress import Progress

_LAYER = ("weight", "bias", "norm_weight", "norm_bias")
_EPSILON = 1e-5  # of the layer norm


@dataclass(frozen=True)
class SynOODProjection(Adapter):
    """f + ReLU(LayerNorm(W f + b)), normalised (SynOOD §3.4, Eqs. 11 and 12), on joint image features.

    Each synthetic image takes the negative label that it is nearest to, each ID image its class; the loss is the
    cross-entropy of softmax(cos / τ) over the ID labels and the negative labels taken, τ the model's own, of pairs of
    an ID image and a synthetic one, the fewer of them repeated. The encoder is frozen. The paper has as many ID images
    as synthetic ones (``pairs``) and pairs each synthetic image with the one it was made of: give those as the material
    for its setting. Adam with weight decay in the gradient; the rate falls along half a cosine to a hundredth. W and b
    start uniform in ±1/√dim, the norm's weight at ``start``. Patch features stay as they are.

    The paper's start, 1 as PyTorch's layers have it, adds a random vector of length √(dim / 2) to a feature of length
    1: its 50,000 pairs and 2,300 steps bring the model back from there, some hundred pictures and fifty steps do not.
    So a norm starts at a hundredth, close to the identity, all ID images take part, the loss has a term that keeps ID
    features where they were, and the steps are more and longer, for sets a hundred times smaller.

    Attributes:
        epochs, rate: 3 and 10⁻³ in the paper.
        batch, weight_decay: the paper's; half of a batch are ID images.
        pairs: whether ID images are no more than synthetic ones, drawn by the seed; yes in the paper.
        start: the norm's weight before the first step; 1 in the paper.
        regularisation: the weight of the mean of 1 − cos(f, f′) of ID images in the loss; 0 in the paper.
    """

    name: ClassVar[str] = "synood-projection"
    title: ClassVar[str] = "SynOOD projection"
    needs: ClassVar[tuple[str, ...]] = ("joint", "targets", "synthetic", "class_text", "negative_text")

    epochs: Epochs = 20
    batch: Batch = 128
    rate: FirstRate = 3e-3
    weight_decay: WeightDecay = 1e-5
    pairs: Annotated[bool, Help("No more ID pictures than synthetic ones")] = False
    start: Annotated[float, Bounds(1e-6, 10.0, log=True, help="Weight of the layer's norm at the start")] = 0.01
    regularisation: Annotated[float, Bounds(0.0, 1e6, help="Weight of keeping ID features as they were")] = 3.0

    def _recipe(self) -> Recipe:
        pairs = max(1, self.batch // 2)
        return Recipe("adam", self.rate, self.epochs, pairs, self.weight_decay, floor=self.rate / 100)

    def _start(self, backbone: Backbone, material: Material, seed: int, progress: Progress) -> Start:
        assert material.targets is not None and material.synthetic is not None
        targets = material.targets.cpu().long()
        inside = torch.nonzero(targets >= 0)[:, 0]
        notes = list(filled_classes(targets, material.labels, "keep")[1])
        if self.pairs and len(inside) > len(material.synthetic):
            order = torch.randperm(len(inside), generator=torch.Generator().manual_seed(seed))
            inside = inside[order[: len(material.synthetic)]].sort().values
        if len(inside) < len(material.synthetic):
            notes.append(f"There are only {len(inside):,} ID images for {len(material.synthetic):,} synthetic ones.")
        learner = _ProjectionLearner(self, backbone, material, targets, inside, seed)
        return Start(learner, {}, (*notes, mined_note(material, learner.mined)))

    def _image(self, adapted: Adapted, features: ImageFeatures) -> ImageFeatures:
        if features.joint is None:
            return features
        layer = {name: adapted.tensor(name, features.joint) for name in _LAYER}
        # Patches cost a pass of their own, which is made where somebody asks for them.
        return LazyFeatures(project(features.joint, layer), features.visual, lambda: features.patches)


def project(joint: Tensor, layer: dict[str, Tensor]) -> Tensor:
    """(batch, dim) features through the layer, of unit length (Eq. 11)."""
    hidden = functional.linear(joint, layer["weight"], layer["bias"])
    normed = functional.layer_norm(hidden, hidden.shape[-1:], layer["norm_weight"], layer["norm_bias"], _EPSILON)
    return functional.normalize(joint + normed.relu(), dim=-1)


class _ProjectionLearner(Learner):
    """Cross-entropy over ID labels and mined negative ones (Eq. 12), of pairs."""

    def __init__(
        self,
        adapter: SynOODProjection,
        backbone: Backbone,
        material: Material,
        targets: Tensor,
        inside: Tensor,
        seed: int,
    ) -> None:
        assert material.joint is not None and material.synthetic is not None
        assert material.class_text is not None and material.negative_text is not None
        places, rows = mined_labels(material)
        self.mined = len(rows)
        device, dim = backbone.device, backbone.dim
        self._joint, self._synthetic, self._inside, self._device = material.joint, material.synthetic, inside, device
        self._regularisation = adapter.regularisation
        text = torch.cat([unit(material.class_text), unit(material.negative_text)[rows].to(material.class_text.device)])
        self._text = (text * backbone.logit_scale).to(device)
        self._known, self._mined = targets[inside], len(material.labels) + places.cpu()
        self.count = max(len(self._known), len(self._mined))
        generator = torch.Generator().manual_seed(seed)
        bound = 1 / math.sqrt(dim)
        self.parameters = {
            "weight": draw((dim, dim), bound, generator).to(device).requires_grad_(),
            "bias": draw((dim,), bound, generator).to(device).requires_grad_(),
            "norm_weight": torch.full((dim,), adapter.start, device=device, requires_grad=True),
            "norm_bias": torch.zeros(dim, device=device, requires_grad=True),
        }

    def losses(self, rows: Tensor) -> dict[str, Tensor]:
        inner, outer = rows % len(self._known), rows % len(self._mined)
        both = [self._joint[self._inside[inner]], self._synthetic[outer]]
        features = torch.cat([unit(part).to(self._device) for part in both])
        classes = torch.cat([self._known[inner], self._mined[outer]]).to(self._device)
        moved = project(features, dict(self.parameters))
        loss = functional.cross_entropy(moved @ self._text.T, classes)
        if not self._regularisation:
            return {"cross-entropy": loss}
        changed = (1 - (moved * features)[: len(rows)].sum(dim=1)).mean()
        return {"loss": loss + self._regularisation * changed, "cross-entropy": loss, "ID moved": changed}
