"""Adapters put on a backbone one after another, and the backbone as it is with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from ood_studio.adapters.base import Adapted, Adapter
from ood_studio.adapters.record import Record
from ood_studio.adapters.store import find_adapter, kind_of
from ood_studio.backbones import Backbone, ImageFeatures, PromptedTexts, PseudoWords
from ood_studio.features.base import DatasetFeatures
from ood_studio.scorers import Reference, Scorer, Space

_ROWS = 16_384  # features moved at a time


@dataclass(frozen=True, eq=False)
class Adaptation:
    """Adapters in their order on one backbone, used with the same labels.

    Attributes:
        backbone: the model without them.
        parts: the adapters; the first one meets the backbone's own features.
    """

    backbone: Backbone
    parts: tuple[Adapted, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """Of what they do to scores, in their order."""
        return tuple(part.key for part in self.parts)

    @cached_property
    def model(self) -> Backbone:
        """The backbone as it sees images with the adapters; the plain one where none of them moves images."""
        moving = [part for part in self.parts if type(part.adapter)._image is not Adapter._image]
        return AdaptedBackbone(self.backbone, moving) if moving else self.backbone

    def with_part(self, adapted: Adapted) -> Adaptation:
        """With a further adapter, after the others."""
        return Adaptation(self.backbone, (*self.parts, adapted))

    def below(self, record: Record) -> Backbone:
        """The model that a further adapter was learnt on: as the others make it, or without them."""
        return self.model if record.fingerprint == self.model.fingerprint else self.backbone

    def reference(self, reference: Reference, space: Space = "joint") -> Reference:
        """See `Adapted.reference`; the reference's images are features of `model`."""
        for part in self.parts:
            reference = part.reference(reference, space)
        return reference

    def scorer(self, scorer: Scorer) -> Scorer:
        """See `Adapted.scorer`."""
        for part in self.parts:
            scorer = part.scorer(scorer)
        return scorer

    def classes(self, joint: Tensor | None, classes: Tensor | None) -> Tensor | None:
        """See `Adapted.classes`."""
        for part in self.parts:
            classes = part.classes(joint, classes)
        return classes

    def features(self, found: DatasetFeatures) -> DatasetFeatures:
        """Features of a dataset as the adapted model sees it, from those of the backbone."""
        model = self.model
        if not isinstance(model, AdaptedBackbone) or found.joint is None:
            return found
        moved = torch.cat([model.moved(rows) for rows in torch.split(found.joint, _ROWS)])
        return replace(found, joint=moved)


_SAME = (
    "name dim image_size logit_scale has_patches patch_kind reads_text device dtype parameters small head labels"
).split()


class AdaptedBackbone(Backbone):
    """A backbone whose image features adapters have moved; everything else is the backbone's own.

    Args:
        backbone: the model itself.
        parts: the adapters that move images, in their order.
    """

    def __init__(self, backbone: Backbone, parts: Sequence[Adapted]) -> None:
        self._backbone, self._parts = backbone, tuple(parts)
        for name in _SAME:
            setattr(self, name, getattr(backbone, name))
        self.fingerprint = "+".join([backbone.fingerprint, *(part.key for part in parts)])

    @property
    def input_shape(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self._backbone.input_shape

    @torch.no_grad()
    def moved(self, joint: Tensor) -> Tensor:
        """(n, dim) joint features as the adapters move them, on the CPU."""
        features = ImageFeatures(joint.to(self.device), joint.new_empty(len(joint), 0), None)
        for part in self._parts:
            features = part.image(features)
        assert features.joint is not None
        return features.joint.cpu()

    def _transform(self, image: Image.Image) -> Tensor:
        return self._backbone._transform(image)

    def _encode_image(self, pixels: Tensor) -> ImageFeatures:
        features = self._backbone._encode_image(pixels)
        for part in self._parts:
            features = part.image(features)
        return features

    def _encode_text(self, texts: list[str]) -> Tensor:
        return self._backbone._encode_text(texts)

    def _encode_texts(self, texts: list[str], report: Callable[[int], None]) -> Tensor:
        return self._backbone._encode_texts(texts, report)

    def _word_vectors(self, words: str) -> Tensor:
        return self._backbone._word_vectors(words)

    def _prompted(self, texts: list[str], length: int) -> PromptedTexts:
        return self._backbone._prompted(texts, length)

    def _pseudo_words(self, templates: list[str]) -> PseudoWords:
        return self._backbone._pseudo_words(templates)

    def too_long(self, texts: Sequence[str]) -> list[str]:
        """See `Backbone.too_long`."""
        return self._backbone.too_long(texts)

    def __getattr__(self, name: str) -> Any:  # what kinds of models have of their own
        if name.startswith("__") or name in ("_backbone", "_parts"):
            raise AttributeError(name)
        return getattr(self._backbone, name)


def load_adaptation(
    names: Sequence[str], backbone: Backbone, labels: tuple[str, ...], negative_labels: tuple[str, ...]
) -> Adaptation:
    """Saved adapters, by name or file, on a backbone and with labels, in the order given.

    Each was learnt on the model as those before it make it ("together"), or on the plain one ("step by step").

    Raises:
        AdapterError: one sentence, for one that is not there, is damaged, or does not fit.
    """
    found = Adaptation(backbone, ())
    for name in names:
        saved = find_adapter(name)
        part = saved.adapted(found.below(saved.record), labels, negative_labels)
        found = found.with_part(part)
    return found


def rebuild_adaptation(
    parts: Sequence[tuple[str, Mapping[str, Tensor]]],
    backbone: Backbone,
    labels: tuple[str, ...],
    negative_labels: tuple[str, ...],
    where: str,
) -> Adaptation:
    """Adapters from what `Record.to_json` wrote of each, and its tensors; as `load_adaptation` puts them on.

    Args:
        where: what messages call the file that they come from.

    Raises:
        AdapterError: one sentence, for one that is damaged or does not fit.
    """
    found = Adaptation(backbone, ())
    for text, tensors in parts:
        record = Record.from_json(text, f"of {where}")
        kind = kind_of(record, f"of {where}")
        part = Adapted(kind, found.below(record), tensors, record, labels, negative_labels)
        found = found.with_part(part)
    return found
