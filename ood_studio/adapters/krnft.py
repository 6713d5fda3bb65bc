"""KR-NFT: text features are scaled and shifted, ID and negative ones apart, by numbers that depend on the image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor

from ood_studio.adapters.base import Adapted, Adapter, Start
from ood_studio.adapters.crops import ChosenCrops, CropCount, check_crops, material_crops
from ood_studio.adapters.few_shot import EmptyClasses, Shots
from ood_studio.adapters.heads import Batch, Epochs, WeightDecay
from ood_studio.adapters.krnft_losses import SIDES, NegativeFeatureLearner, OODWeight, Regularise
from ood_studio.adapters.material import Material
from ood_studio.adapters.optimisers import Recipe
from ood_studio.adapters.record import AdapterError
from ood_studio.adapters.synthetic import unit
from ood_studio.adapters.transformed import Reduction, Transformation, meta_net
from ood_studio.backbones import Backbone
from ood_studio.core.parameters import Bounds, Help
from ood_studio.core.progress import Progress
from ood_studio.scorers import Reference, Space
from ood_studio.scorers.label_vectors import ConditionalText, LabelVectors, TextPart

Transform = Literal["constant", "element-wise", "mlp", "class-specific"]
"""One number added to all; α ⊙ c + β; c + MLP(c); α and β of every label."""  # noqa: RUF001

_ALL = "all"


@dataclass(frozen=True)
class KRNFT(Adapter):
    """Knowledge-regularised negative feature tuning (Zhu et al. 2025, §3.3 and §3.4).

    Text features become c′ = L2((α + h_α(v)) ⊙ c + β + h_β(v)) (Eqs. 4 to 6), with α, β and the meta-nets h of ID
    labels and of negative labels apart; v is the image's joint feature. h: Linear(dim → dim / k), ReLU, Linear, whose
    last layer starts at zero as α starts at one and β at zero: nothing changes before the first step. No gradient goes
    through the text tower, and no image's text features are ever made (`transformed.Factorised`).

    Material: of each few-shot image P random crops; the Q most like its label are positive, the Q least like it
    negative (`few_shot_crops`). L = L_p + λ₁ L_n + λ₂ L_kr (Eqs. 7 to 10), cosines over τ, the model's own: L_p the
    cross-entropy of positive crops over ID and negative labels, L_n the log of the ID labels' share on negative crops,
    L_kr the mean over labels and crops of 1 − c·c′. AdamW at a constant rate. The authors' code has λ₂ = 10. The paper
    says neither k nor the decay: k = 16 is CoCoOp's, whose net this is (Table 7's 6 K parameters would be a hidden
    width of 1), 0.01 AdamW's own.

    Table 6 switched one by one: FT alone ``conditional=False regularise=none distribution_aware=False``; CoFT, KR and
    NFT are these three. Fig. 4c is ``regularise``: on features; on logits the mean of (cos(v, c) − cos(v, c′))²; on
    probabilities the KL divergence of the softmax after from the one before (the paper leaves the last two to its
    supplement). Fig. 4d is ``distribution_aware`` and ``transform``.

    Attributes:
        shots: S, images of each class, drawn by the seed.
        crops, chosen: P and Q.
        epochs, batch, rate, weight_decay: of the optimisation; half of a step's crops are positive, half negative.
        ood_weight: λ₁.
        regularisation: λ₂.
        regularise: where L_kr acts, or "none".
        conditional: whether the image takes part.
        distribution_aware: whether ID and negative labels are transformed apart.
        transform: how.
        reduction: k; hidden widths are dim / k, at least 1.
        empty_classes: classes without an image are kept, or refused.
    """

    name: ClassVar[str] = "krnft"
    title: ClassVar[str] = "KR-NFT"
    needs: ClassVar[tuple[str, ...]] = ("targets", "class_text", "negative_text", "images")
    identity: ClassVar[bool] = True

    shots: Shots = 4
    crops: CropCount = 256
    chosen: ChosenCrops = 32
    epochs: Epochs = 3
    batch: Batch = 128
    rate: Annotated[float, Bounds(1e-9, 10.0, log=True, help="Learning rate")] = 1e-5
    weight_decay: WeightDecay = 0.01
    ood_weight: OODWeight = 0.3
    regularisation: Annotated[float, Bounds(0.0, 1e6, help="Weight λ₂ of keeping text features as they were")] = 100.0
    regularise: Annotated[Regularise, Help("What is kept as it was")] = "features"
    conditional: Annotated[bool, Help("The transformation depends on the picture (CoFT)")] = True
    distribution_aware: Annotated[bool, Help("ID and negative labels are transformed apart (NFT)")] = True
    transform: Annotated[Transform, Help("How text features are transformed")] = "element-wise"
    reduction: Reduction = 16
    empty_classes: EmptyClasses = "keep"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_crops(self)

    @property
    def binds(self) -> tuple[str, ...]:
        """Labels of both kinds where each has numbers of its own; else it may be used with any."""
        return ("labels", "negative labels") if self.transform == "class-specific" else ()

    def _recipe(self) -> Recipe:
        pairs = max(1, self.batch // 2)
        return Recipe("adamw", self.rate, self.epochs, pairs, self.weight_decay, floor=None)

    def _start(self, backbone: Backbone, material: Material, seed: int, progress: Progress) -> Start:
        crops, notes = material_crops(self, backbone, material, seed, progress)
        learner = NegativeFeatureLearner(
            crops,
            unit(material.class_text),  # type: ignore[arg-type]  # it is needed
            unit(material.negative_text),  # type: ignore[arg-type]
            self._initial(material, backbone, seed),
            self.transformation,
            (self.ood_weight, self.regularisation, self.regularise),
            backbone,
        )
        return Start(learner, {}, notes)

    def transformation(self, parameters: Mapping[str, Tensor], side: str) -> Transformation:
        """What transforms the text features of a side, "positive" or "negative"."""
        start = f"{side if self.distribution_aware else _ALL}/"
        found = {name[len(start) :]: each for name, each in parameters.items() if name.startswith(start)}
        if self.transform == "class-specific":
            own = {name: parameters[f"{side}/labels/{name}"] for name in ("scale", "shift")}
            found = {name: each for name, each in found.items() if not name.startswith("labels/")} | own
        return Transformation(found)

    def _initial(self, material: Material, backbone: Backbone, seed: int) -> dict[str, Tensor]:
        """Every parameter at its start, drawn by the seed where it is drawn."""
        dim, found = backbone.dim, {}
        hidden = max(1, dim // self.reduction)
        generator = torch.Generator().manual_seed(seed)

        def net(name: str, width: int) -> None:
            found.update(meta_net(name, dim, hidden, width, generator))

        for side in SIDES if self.distribution_aware else (_ALL,):
            width = 1 if self.transform == "constant" else dim
            if self.transform == "mlp":
                net(f"{side}/mlp", dim)
            elif self.transform != "class-specific":
                found[f"{side}/shift"] = torch.zeros(width)
                if self.transform == "element-wise":
                    found[f"{side}/scale"] = torch.ones(dim)
            if self.conditional:
                net(f"{side}/shift_net", width)
                if self.transform != "constant":
                    net(f"{side}/scale_net", dim)
        if self.transform == "class-specific":
            for side, count in zip(SIDES, (len(material.labels), len(material.negative_labels)), strict=True):
                found[f"{side}/labels/scale"] = torch.ones(count, dim)
                found[f"{side}/labels/shift"] = torch.zeros(count, dim)
        return {name: each.to(backbone.device).requires_grad_() for name, each in found.items()}

    def _reference(self, adapted: Adapted, reference: Reference, space: Space) -> Reference:
        if reference.class_text is None:
            return reference
        if reference.conditional is not None:
            raise AdapterError(f"{self.title} cannot be put on text features that depend on the picture already")
        tuned = {name: each.clone() for name, each in adapted.tensors.items()}
        return replace(reference, conditional=_TunedText(self, tuned))


@dataclass(frozen=True, eq=False)
class _TunedText(ConditionalText):
    """A text side tuned by KR-NFT."""

    adapter: KRNFT
    tensors: Mapping[str, Tensor]

    def vectors(self, part: TextPart, text: Tensor) -> LabelVectors:
        """Negative and conjugated labels are of one side."""
        transformation = self.adapter.transformation(self.tensors, "positive" if part == "class_text" else "negative")
        if part == "conjugated_text" and transformation.by_label:  # which have no numbers of their own
            others = {name: each for name, each in transformation.parameters.items() if "/" in name}
            transformation = Transformation(others)
        return transformation.of(text)
