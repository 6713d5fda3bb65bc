"""Trainings and reports compute where their model lies: what stands for a GPU here refuses what lies on the CPU."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import torch
from torch import Tensor, nn
from torch._subclasses import FakeTensorMode

from ood_studio.training.inpainting.task import _inside
from ood_studio.training.reports.synthesis_measures import _reconstructed
from ood_studio.training.zoo.simclr import SimCLR
from ood_studio.training.zoo.unlabelled import Unlabelled, UnlabelledRecipe


class Elsewhere(nn.Module):
    """A trunk on another device; what it is told comes back by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, device="meta"))

    def forward(self, pixels: Tensor) -> Tensor:
        assert pixels.device == self.weight.device
        return torch.arange(8.0).repeat(len(pixels), 1)


def test_neighbours_are_measured() -> None:
    scenes = SimpleNamespace(labels=np.arange(6) % 2, pixels=np.zeros((6, 64, 64, 3), np.uint8))
    task = SimCLR(UnlabelledRecipe(), scenes, scenes)  # type: ignore[arg-type]
    assert 0 <= task.measure(Unlabelled(Elsewhere()))["neighbours"] <= 1


def test_boxes_become_latents() -> None:
    boxes = torch.tensor([[0, 0, 8, 4], [10, 20, 12, 64]])
    inside = _inside(boxes)
    assert inside.shape == (2, 32, 32) and inside.sum(dim=(1, 2)).tolist() == [4 * 2, 1 * 22]
    assert inside[0, :2, :4].all() and inside[1, 10:, 5].all()
    assert _inside(boxes.to("meta")).device.type == "meta"


def test_reconstructions_are_compared_where_the_scenes_lie() -> None:
    painter = SimpleNamespace(encode=lambda pixels, seeds: pixels, decode=lambda latents: latents.to("cuda"))
    with FakeTensorMode():
        assert _reconstructed(painter, torch.rand(2, 3, 8, 8)).device.type == "cpu"  # type: ignore[arg-type]
