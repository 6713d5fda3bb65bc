"""Where scorers learn in float64."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from torch.nn import Linear, Parameter

if TYPE_CHECKING:
    from ood_studio.scorers.base import Reference


def where_doubles_are(reference: Reference) -> Reference:
    """A reference with what lies on MPS moved to the CPU: MPS has no float64. Others as they are."""
    moved: dict[str, Any] = {
        part: value.cpu()
        for part in ("class_text", "negative_text", "conjugated_text", "images", "labels")
        if (value := getattr(reference, part)) is not None and value.device.type == "mps"
    }
    if reference.head is not None and reference.head.weight.device.type == "mps":
        moved["head"] = _on_cpu(reference.head)
    return replace(reference, **moved) if moved else reference


def _on_cpu(head: Linear) -> Linear:
    copy = Linear(head.in_features, head.out_features, bias=head.bias is not None, device="meta")
    copy.weight = Parameter(head.weight.detach().cpu(), requires_grad=False)
    if head.bias is not None:
        copy.bias = Parameter(head.bias.detach().cpu(), requires_grad=False)
    return copy
