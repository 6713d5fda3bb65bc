"""Probing: a linear head trained on true labels, of all images or of a few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ood_studio.adapters.few_shot import Shots, few_shot_rows, shot_notes
from ood_studio.adapters.heads import HeadAdapter
from ood_studio.adapters.material import Material


@dataclass(frozen=True)
class Probe(HeadAdapter):
    """Linear probing on visual features with true labels (PLP §3.3, Table 5); see `HeadAdapter`.

    With all images it is the paper's upper bound of PLP, with 10 of each class its few-shot probing.

    Attributes:
        shots: images of each class, drawn by the seed; None = all there are.
    """

    name: ClassVar[str] = "probe"
    title: ClassVar[str] = "Linear probe"
    needs: ClassVar[tuple[str, ...]] = ("targets",)

    shots: Shots = None

    def _labelled(self, material: Material, seed: int) -> tuple[Tensor, Tensor, tuple[str, ...]]:
        assert material.targets is not None
        rows = few_shot_rows(material.targets, len(material.labels), self.shots, seed)
        targets = material.targets.cpu().long()
        return rows, targets[rows], shot_notes(targets, material.labels, self.shots)
