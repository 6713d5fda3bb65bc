"""Pseudo-label probing: a linear head trained on what the text says images are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ood_studio.adapters.base import Adapted
from ood_studio.adapters.heads import HeadAdapter
from ood_studio.adapters.material import Material

_ROWS = 65_536  # images compared with the labels at a time


@dataclass(frozen=True)
class PseudoLabelProbing(HeadAdapter):
    """PLP (Adaloglou et al. 2024, §3.3): each training image takes the label whose text is nearest, and a linear head
    on visual features learns these pseudo-labels; see `HeadAdapter`. No true label takes part.

    The pseudo-label is argmax_k cos(joint, text_k), with text_k the mean over five prompts (the prompt set "plp").
    Classes of distance scores on the adapted model are pseudo-labels too. Energy and relative Mahalanobis, on the
    logits, are the paper's scores.
    """

    name: ClassVar[str] = "plp"
    title: ClassVar[str] = "Pseudo-label probing"
    needs: ClassVar[tuple[str, ...]] = ("joint", "pseudo_text")

    def _labelled(self, material: Material, seed: int) -> tuple[Tensor, Tensor, tuple[str, ...]]:
        assert material.joint is not None and material.pseudo_text is not None
        return torch.arange(material.count), pseudo_labels(material.joint, material.pseudo_text), ()

    def _lacks(self) -> str:
        return "a pseudo-label"

    def _constants(self, material: Material) -> Mapping[str, Tensor]:
        assert material.pseudo_text is not None
        return {"pseudo_text": material.pseudo_text}

    def _classes(self, adapted: Adapted, joint: Tensor | None, classes: Tensor | None) -> Tensor | None:
        return classes if joint is None else pseudo_labels(joint, adapted.tensors["pseudo_text"])


def pseudo_labels(joint: Tensor, text: Tensor) -> Tensor:
    """(n,) the label nearest in cosine; of equally near ones the first.

    Args:
        joint: (n, dim) image features of any length above 0.
        text: (labels, dim), likewise.
    """
    unit = text.float() / torch.linalg.vector_norm(text.float(), dim=1, keepdim=True)
    # An image's length does not move its nearest label.
    parts = [(rows.float() @ unit.to(rows.device).T).argmax(dim=1) for rows in torch.split(joint, _ROWS)]
    return torch.cat(parts).cpu() if parts else torch.empty(0, dtype=torch.long)
