"""TaskRes: a residual on each label's text feature."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.adapters.base import Adapted, Adapter, Start
from ood_studio.adapters.few_shot import EmptyClasses, Shots, few_shot_rows, filled_classes, shot_notes
from ood_studio.adapters.heads import Batch, Epochs, WeightDecay
from ood_studio.adapters.loop import Learner
from ood_studio.adapters.material import Material
from ood_studio.adapters.optimisers import FirstRate, Recipe
from ood_studio.adapters.synthetic import unit
from ood_studio.backbones import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds
from ood_studio.core.progress import Progress
from ood_studio.scorers import Reference, Space


@dataclass(frozen=True)
class TaskResidual(Adapter):
    """Text features t′ = t + μ x, x starting at 0 (Yu et al. 2023, "Task Residual for Tuning Vision-Language Models").

    The residual of each ID label learns by the cross-entropy of softmax(cos / τ) over the ID labels, τ the model's
    own. A baseline: it is made for classification, and negative labels stay as they are. Adam with weight decay in the
    gradient; the rate falls to 0 along half a cosine.

    Attributes:
        shots: images of each class, drawn by the seed; None = all.
        epochs, batch, rate, weight_decay: of the optimisation.
        scale: μ, 0.5 in the paper.
        empty_classes: classes without an image are kept, or refused.
    """

    name: ClassVar[str] = "taskres"
    title: ClassVar[str] = "Task residual"
    needs: ClassVar[tuple[str, ...]] = ("joint", "targets", "class_text")
    identity: ClassVar[bool] = True

    shots: Shots = 4
    epochs: Epochs = 100
    batch: Batch = 256
    rate: FirstRate = 2e-3
    weight_decay: WeightDecay = 0.0
    scale: Annotated[float, Bounds(0.0, 10.0, help="Weight of the residual")] = 0.5
    empty_classes: EmptyClasses = "keep"

    @property
    def binds(self) -> tuple[str, ...]:
        """The ID labels."""
        return ("labels",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.empty_classes == "leave-out":
            raise StudioError(f"{self.title} keeps the text of every label: empty_classes must be keep or refuse")

    def _recipe(self) -> Recipe:
        return Recipe("adam", self.rate, self.epochs, self.batch, self.weight_decay)

    def _start(self, backbone: Backbone, material: Material, seed: int, progress: Progress) -> Start:
        assert material.targets is not None
        targets = material.targets.cpu().long()
        rows = few_shot_rows(targets, len(material.labels), self.shots, seed)
        _, notes = filled_classes(targets[rows], material.labels, self.empty_classes)
        learner = _ResidualLearner(backbone, material, rows, targets[rows], self.scale)
        return Start(learner, {}, (*shot_notes(targets, material.labels, self.shots), *notes))

    def _reference(self, adapted: Adapted, reference: Reference, space: Space) -> Reference:
        if reference.class_text is None:
            return reference
        text = functional.normalize(reference.class_text, dim=1)
        return replace(reference, class_text=text + self.scale * adapted.tensor("residual", text))


class _ResidualLearner(Learner):
    """Cross-entropy over the ID labels."""

    def __init__(self, backbone: Backbone, material: Material, rows: Tensor, classes: Tensor, scale: float) -> None:
        assert material.joint is not None and material.class_text is not None
        self._joint, self._rows, self._classes, self._scale = material.joint, rows, classes, scale
        self._device, self._logit_scale, self.count = backbone.device, backbone.logit_scale, len(rows)
        self._text = unit(material.class_text).to(self._device)
        self.parameters = {"residual": torch.zeros_like(self._text).requires_grad_()}

    def losses(self, rows: Tensor) -> dict[str, Tensor]:
        images = unit(self._joint[self._rows[rows]]).to(self._device)
        text = functional.normalize(self._text + self._scale * self.parameters["residual"], dim=1)
        logits = images @ text.T * self._logit_scale
        return {"cross-entropy": functional.cross_entropy(logits, self._classes[rows].to(self._device))}
