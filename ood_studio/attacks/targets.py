"""What an attack pulls features to: an image, the middle of a class, or a label's text."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from ood_studio.backbones.base import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.labels.prompts import PromptSet
from ood_studio.labels.text_features import class_features
from ood_studio.scorers import Space, read_features


@torch.no_grad()
def image_targets(backbone: Backbone, pictures: Sequence[Image.Image], space: Space = "visual") -> Tensor:
    """(images, dim), the features of images."""
    found = backbone.encode_image(backbone.preprocess(pictures))
    return read_features(space, found)


def class_targets(features: Tensor, labels: Tensor, wanted: Sequence[int]) -> Tensor:
    """(wanted, dim), for each class wanted the mean direction of its images.

    Args:
        features: (n, dim).
        labels: (n,) class indices.
        wanted: class indices.

    Raises:
        StudioError: for a class without an image.
    """
    unit = functional.normalize(features.float(), dim=1)
    means = {}
    for index in sorted(set(wanted)):
        rows = unit[labels == index]
        if not len(rows):
            raise StudioError(f"there is no picture of class {index} to take a mean of")
        means[index] = functional.normalize(rows.mean(dim=0), dim=0)
    return torch.stack([means[index] for index in wanted])


def label_targets(backbone: Backbone, labels: Sequence[str], prompts: PromptSet) -> Tensor:
    """(labels, dim), where a label lies: its text, or without a text tower the weights of that class of the own head.

    The former are unit vectors in the joint space, the latter directions in the visual one.

    Raises:
        StudioError: for a label that is no class of the head, or a model without either.
    """
    if backbone.reads_text:
        return text_targets(backbone, labels, prompts)
    names = backbone.labels or ()
    places = {name.casefold(): i for i, name in reversed([*enumerate(names)])}
    lost = [label for label in labels if label.casefold().strip() not in places]
    if backbone.head is None or lost:
        has = f"it has {', '.join(names[:5])}, …" if names else "its classes have no names"
        which = f"no class {lost[0]!r}" if lost else "no classes"
        raise StudioError(f"{backbone.name} has no text tower, and its head {which}; {has}")
    weight = backbone.head.weight.detach()
    return weight[[places[label.casefold().strip()] for label in labels]].float().clone()


def text_targets(backbone: Backbone, labels: Sequence[str], prompts: PromptSet) -> Tensor:
    """(labels, dim), unit vectors in the joint space."""
    return class_features(backbone, labels, prompts)
