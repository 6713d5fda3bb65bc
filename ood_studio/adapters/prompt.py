"""Prompt tuning: the words before ID labels and before negative labels are learnt, through the text tower."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ood_studio.adapters.base import Adapted, Adapter, Start
from ood_studio.adapters.crops import ChosenCrops, CropCount, check_crops, material_crops
from ood_studio.adapters.few_shot import EmptyClasses, Shots
from ood_studio.adapters.heads import Batch, Epochs, WeightDecay
from ood_studio.adapters.krnft_losses import SIDES, OODWeight
from ood_studio.adapters.material import Material
from ood_studio.adapters.optimisers import Recipe
from ood_studio.adapters.prompt_losses import NET, PromptLearner, context_of
from ood_studio.adapters.record import AdapterError
from ood_studio.adapters.transformed import Reduction, meta_net
from ood_studio.backbones import Backbone, PromptedTexts
from ood_studio.core.cache import KeyedCache
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds, Help
from ood_studio.core.progress import Progress
from ood_studio.scorers import Reference, Space
from ood_studio.scorers.label_vectors import ConditionalText, FixedVectors, LabelVectors, TextPart

_ENCODED: KeyedCache[Tensor] = KeyedCache(None, max_bytes=256 * 2**20, size=lambda text: text.nbytes)


@dataclass(frozen=True)
class PromptTuning(Adapter):
    """Context tokens V before every ID label and others before every negative label (CoOp, Zhou et al. 2022), learnt
    through the frozen text tower: the baselines NegPT and, ``conditional``, ConNegPT of KR-NFT's Table 7.

    A label's text is [V]₁ … [V]_L [label]. Material and losses are KR-NFT's but for its regularisation, L = L_p +
    λ₁ L_n on crops of few-shot images (`KRNFT`), cosines over τ, the model's own. Conditional, a meta-net h as
    CoCoOp's (Linear(dim → dim / k), ReLU, Linear → word width) adds h(v) to every token, v the image's joint feature;
    one net serves both sides, and its last layer starts at zero. Then every image has texts of its own, and the text
    tower runs over all labels for each of them, in training and in use: small steps, few negatives.

    Momentum SGD; the rate falls to 0 along half a cosine, as CoOp's. KR-NFT's paper says of these baselines only how
    many parameters they have (Table 7's 2 K are two tokens a side at width 512); the start, "the nice", is NegLabel's
    prompt. Negative labels are learnt with the furthest ``negatives`` of the mined ones, and used with all.

    Attributes:
        start: the words that the context tokens begin as, each side with its own copy; as many tokens as they have.
        conditional: whether the image takes part.
        shots, crops, chosen, batch, ood_weight, reduction, empty_classes: see `KRNFT`.
        epochs, rate, weight_decay: of the optimisation.
        negatives: how many negative labels are learnt with.
    """

    name: ClassVar[str] = "prompt"
    title: ClassVar[str] = "Prompt tuning"
    needs: ClassVar[tuple[str, ...]] = ("targets", "class_text", "negative_text", "images")

    start: Annotated[str, Help("Words that the learnt context begins as")] = "the nice"
    conditional: Annotated[bool, Help("The context depends on the picture (slow: a text pass for each)")] = False
    shots: Shots = 4
    crops: CropCount = 256
    chosen: ChosenCrops = 32
    epochs: Epochs = 3
    batch: Batch = 128
    rate: Annotated[float, Bounds(1e-9, 10.0, log=True, help="Learning rate at the start")] = 2e-3
    weight_decay: WeightDecay = 5e-4
    ood_weight: OODWeight = 0.3
    negatives: Annotated[int, Bounds(1, 100_000, log=True, step=1, help="Negative labels learnt with")] = 1000
    reduction: Reduction = 16
    empty_classes: EmptyClasses = "keep"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_crops(self)
        if not self.start.strip():
            raise StudioError("start must be one word or more: the learnt context begins as them")

    def _recipe(self) -> Recipe:
        return Recipe("sgd", self.rate, self.epochs, max(1, self.batch // 2), self.weight_decay)

    def _start(self, backbone: Backbone, material: Material, seed: int, progress: Progress) -> Start:
        words = backbone.word_vectors(self.start)  # before the crops, which take long
        texts = {
            side: backbone.prompted(labels, len(words))
            for side, labels in zip(SIDES, (material.labels, material.negative_labels[: self.negatives]), strict=True)
        }
        crops, notes = material_crops(self, backbone, material, seed, progress)
        if len(material.negative_labels) > self.negatives:
            notes = (
                *notes,
                f"Learnt with the {self.negatives:,} furthest of {len(material.negative_labels):,} negative labels.",
            )
        found = {f"{side}/context": words.clone() for side in SIDES}
        if self.conditional:
            hidden, generator = max(1, backbone.dim // self.reduction), torch.Generator().manual_seed(seed)
            found |= meta_net(NET, backbone.dim, hidden, words.shape[1], generator)
        parameters = {name: each.to(backbone.device).requires_grad_() for name, each in found.items()}
        return Start(PromptLearner(crops, texts, parameters, self.ood_weight, backbone), {}, notes)

    def _reference(self, adapted: Adapted, reference: Reference, space: Space) -> Reference:
        if reference.class_text is None:
            return reference
        if reference.conditional is not None:
            raise AdapterError(f"{self.title} cannot be put on text features that depend on the picture already")
        labels = {"class_text": adapted.labels, "negative_text": adapted.negative_labels}
        texts = {
            part: _Prompted(adapted.backbone, adapted.tensors, side, labels[part])
            for part, side in zip(labels, SIDES, strict=True)
            if getattr(reference, part) is not None
        }
        if self.conditional:
            return replace(reference, conditional=_PromptedText(texts))
        fixed = {part: each.fixed().to(reference.class_text) for part, each in texts.items()}
        return replace(reference, class_text=fixed["class_text"], negative_text=fixed.get("negative_text"))


@dataclass(frozen=True, eq=False)
class _Prompted:
    """Labels behind learnt tokens."""

    backbone: Backbone
    tensors: Mapping[str, Tensor]
    side: str
    labels: tuple[str, ...]

    def texts(self) -> PromptedTexts:
        return self.backbone.prompted(self.labels, len(self.tensors[f"{self.side}/context"]))

    @torch.no_grad()
    def fixed(self) -> Tensor:
        """(labels, dim) text features that no image moves, encoded once for all who ask."""
        context = self.tensors[f"{self.side}/context"]
        content = hashlib.sha256(context.contiguous().numpy().tobytes()).hexdigest()
        key = (self.backbone.fingerprint, str(self.backbone.device), content, self.labels)
        return _ENCODED.get(key, lambda: self.texts().encode(context.to(self.backbone.device)))


@dataclass(frozen=True, eq=False)
class _PromptedText(ConditionalText):
    """A text side whose prompts depend on the image."""

    sides: Mapping[str, _Prompted]

    def vectors(self, part: TextPart, text: Tensor) -> LabelVectors:
        """Labels of a conjugated pool have no prompt that was learnt: they stay as they are."""
        return _PromptedVectors(self.sides[part]) if part in self.sides else FixedVectors(text)


class _PromptedVectors(LabelVectors):
    """Label vectors that the text tower makes for each image."""

    def __init__(self, prompted: _Prompted) -> None:
        self._prompted, self._texts = prompted, prompted.texts()

    def __len__(self) -> int:
        return len(self._texts)

    def cosines(self, features: Tensor, image: Tensor | None = None) -> Tensor:
        """One pass of the text tower over all labels for each image."""
        images = (features if image is None else image).flatten(0, -2)
        rows = features.reshape(len(images), -1, features.shape[-1])  # those of an image lie together
        tensors = self._prompted.tensors
        found = [
            own
            @ self._texts.encode(context_of(tensors, self._prompted.side, one).to(self._prompted.backbone.device))
            .to(own)
            .T
            for own, one in zip(rows, images, strict=True)
        ]
        if not found:
            return features.new_empty(*features.shape[:-1], len(self))
        return torch.stack(found).reshape(*features.shape[:-1], len(self))

    def take(self, index: Tensor) -> LabelVectors:
        labels = self._prompted.labels
        return _PromptedVectors(replace(self._prompted, labels=tuple(labels[i] for i in index.tolist())))
