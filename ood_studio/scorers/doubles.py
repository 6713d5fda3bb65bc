"""Where scorers learn in float64."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from torch.nn import Linear, Parameter

T = TypeVar("T")


def where_doubles_are(reference: T) -> T:
    """A reference with what lies on MPS moved to the CPU: MPS has no float64. Others as they are."""
    known: Any = reference  # a `Reference`, whose module needs this one
    moved: dict[str, Any] = {
        part: value.cpu()
        for part in ("class_text", "negative_text", "conjugated_text", "images", "labels")
        if (value := getattr(known, part)) is not None and value.device.type == "mps"
    }
    if known.head is not None and known.head.weight.device.type == "mps":
        moved["head"] = _on_cpu(known.head)
    return replace(known, **moved) if moved else reference


def _on_cpu(head: Linear) -> Linear:
    copy = Linear(head.in_features, head.out_features, bias=head.bias is not None, device="meta")
    copy.weight = Parameter(head.weight.detach().cpu(), requires_grad=False)
    if head.bias is not None:
        copy.bias = Parameter(head.bias.detach().cpu(), requires_grad=False)
    return copy
