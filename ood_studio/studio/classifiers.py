"""What stands in for labels and text scores where a model reads no text: the classes of its own head, and k-NN."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import Linear

from ood_studio.backbones import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.labels.negmining import NegativeLabels
from ood_studio.scorers import KNN, Scorer
from ood_studio.studio.scores import HEAD_SCORERS

_NEAREST = ("1-NN", KNN(space="visual", k=1))

NO_NEGATIVES = NegativeLabels((), (), torch.empty(0), torch.empty(0, dtype=torch.int64))
"""The negative labels of a model that reads no text."""


def own_labels(backbone: Backbone) -> tuple[str, ...]:
    """The classes of a model's own head, by number where its checkpoint names none; nothing without a head."""
    if backbone.head is None:
        return ()
    return backbone.labels or tuple(f"class {i}" for i in range(backbone.head.out_features))


def own_notes(backbone: Backbone) -> tuple[str, ...]:
    """What a person must know of a model without a text tower."""
    if backbone.head is None:
        return (f"{backbone.name} has no text tower and no classifier: labels, prompts and words play no part.",)
    count = f"{backbone.head.out_features:,}"
    return (
        f"{backbone.name} has no text tower: the {count} classes of its own head stand for the ID labels, and prompts "
        "and negative labels play no part.",
    )


def own_scorers(backbone: Backbone, references: bool) -> tuple[tuple[str, Scorer], ...]:
    """The scores shown for every image, with their titles, the decisive one first.

    Args:
        backbone: without a text tower.
        references: whether there are ID reference images to be compared with.

    Raises:
        StudioError: where there are none at all.
    """
    found = (*(HEAD_SCORERS if backbone.head is not None else ()), *((_NEAREST,) if references else ()))
    if not found:
        raise StudioError(
            f"{backbone.name} has neither a text tower nor a classifier of its own; give a folder of ID reference "
            "pictures to compare with (k-NN)"
        )
    return found


def class_shares(head: Linear, visual: Tensor) -> Tensor:
    """(n, classes) softmax of a head's logits, of visual features (n, width)."""
    with torch.no_grad():
        bias = None if head.bias is None else head.bias.to(visual)
        return torch.nn.functional.linear(visual, head.weight.to(visual), bias).softmax(dim=1)
