"""SynOOD's negative labels: the text features of those that synthetic images are taken for become parameters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.adapters.base import Adapted, Adapter, Start
from ood_studio.adapters.heads import Batch, Epochs, WeightDecay
from ood_studio.adapters.loop import Learner
from ood_studio.adapters.material import Material
from ood_studio.adapters.optimisers import Recipe
from ood_studio.adapters.synthetic import mined_labels, mined_note, unit
from ood_studio.backbones import Backbone
from ood_studio.core.parameters import Bounds, Help
from ood_studio.core.progress import Progress
from ood_studio.scorers import Reference, Space

Against = Literal["labels", "images"]
"""What a pair of a synthetic image and its label is told from: the other mined labels, or the other images."""


@dataclass(frozen=True)
class SynOODLabels(Adapter):
    """Tuning of the negative text features that synthetic images are nearest to (SynOOD §3.5, Eqs. 13 and 14).

    The loss of a synthetic image I_i with its label's feature T_i is −log exp(cos(I_i, T_i) / τ) / Σ_j …, τ the
    model's own. As printed, Eq. 14 sums over j = 1 … M′ the terms exp(cos(T_i, I_j) / τ), a number of labels beside an
    index of images. "labels", the default, reads it as Eq. 12 does, exp(cos(I_i, T_j) / τ) over the M′ mined labels;
    "images" takes the printed terms over the images of the step. The other negative labels stay as they are. SGD with
    momentum 0.9, the rate constant.

    Best in the paper's Table 5 is to tune the labels without the trained projection, and to use both in the end; to
    tune them with it, give features of images as the projection moves them.

    Attributes:
        epochs, rate, weight_decay: 5, 2·10⁻³ (the authors' code: 2·10⁻²) and 10⁻⁵.
        batch: of the paper's other stage; it says none for this one.
        against: see above.
    """

    name: ClassVar[str] = "synood-labels"
    title: ClassVar[str] = "SynOOD negative labels"
    needs: ClassVar[tuple[str, ...]] = ("synthetic", "negative_text")
    identity: ClassVar[bool] = True

    epochs: Epochs = 5
    batch: Batch = 128
    rate: Annotated[float, Bounds(1e-7, 100.0, log=True, help="Learning rate")] = 2e-3
    weight_decay: WeightDecay = 1e-5
    against: Annotated[Against, Help("A label is told from the other labels, or from the other pictures")] = "labels"

    @property
    def binds(self) -> tuple[str, ...]:
        """The negative labels."""
        return ("negative labels",)

    def _recipe(self) -> Recipe:
        return Recipe("sgd", self.rate, self.epochs, self.batch, self.weight_decay, floor=None)

    def _start(self, backbone: Backbone, material: Material, seed: int, progress: Progress) -> Start:
        places, rows = mined_labels(material)
        learner = _LabelLearner(backbone, material, places.cpu(), rows.cpu(), self.against)
        return Start(learner, {"rows": rows}, (mined_note(material, len(rows)),))

    def _reference(self, adapted: Adapted, reference: Reference, space: Space) -> Reference:
        if reference.negative_text is None:
            return reference
        tuned = reference.negative_text.clone()
        tuned[adapted.tensors["rows"].to(tuned.device)] = adapted.tensor("text", tuned)
        return replace(reference, negative_text=tuned)


class _LabelLearner(Learner):
    """Eq. 14 on the mined labels."""

    def __init__(self, backbone: Backbone, material: Material, places: Tensor, rows: Tensor, against: Against) -> None:
        assert material.synthetic is not None and material.negative_text is not None
        self._synthetic, self._places, self._against = material.synthetic, places, against
        self._scale, self._device, self.count = backbone.logit_scale, backbone.device, len(places)
        text = unit(material.negative_text.detach())[rows.to(material.negative_text.device)]
        self.parameters = {"text": text.to(self._device).clone().requires_grad_()}

    def losses(self, rows: Tensor) -> dict[str, Tensor]:
        images = unit(self._synthetic[rows]).to(self._device)
        places = self._places[rows].to(self._device)
        text = functional.normalize(self.parameters["text"], dim=1)
        if self._against == "labels":
            loss = functional.cross_entropy(images @ text.T * self._scale, places)
        else:
            own = torch.arange(len(rows), device=self._device)
            loss = functional.cross_entropy(text[places] @ images.T * self._scale, own)
        return {"contrastive": loss}

    def kept(self) -> dict[str, Tensor]:
        return {"text": functional.normalize(self.parameters["text"].detach(), dim=1)}
