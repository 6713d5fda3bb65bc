"""A model that is quick to attack, in double precision, and the bundled one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from ood_studio.attacks import image_targets
from ood_studio.backbones import Backbone, ImageFeatures, load_backbone
from ood_studio.data.pixels import to_pixels
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes

SIZE = 12


class SmoothModel(Backbone):
    """Features of 12-pixel pictures by one small smooth layer; double precision stays."""

    name, dim, image_size, logit_scale, has_patches = "smooth", 6, SIZE, 10.0, False
    fingerprint, device, dtype = "smooth", torch.device("cpu"), torch.float64

    def __init__(self, seed: int = 0) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.first = torch.randn(3 * SIZE * SIZE, 20, generator=generator, dtype=torch.float64) / SIZE
        self.second = torch.randn(20, 6, generator=generator, dtype=torch.float64)

    @property
    def input_shape(self) -> tuple[int, int]:
        return SIZE, SIZE

    def encode_image(self, pixels: Tensor) -> ImageFeatures:  # type: ignore[misc]
        """Without the cast to float32 that real models make."""
        visual = (pixels.flatten(1) @ self.first.to(pixels)).tanh() @ self.second.to(pixels)
        return ImageFeatures(torch.nn.functional.normalize(visual, dim=1), visual, None)

    def _transform(self, image: Any) -> Tensor:
        return to_pixels([image.resize((SIZE, SIZE))])[0]

    def _encode_image(self, pixels: Tensor) -> ImageFeatures:
        raise NotImplementedError

    def _encode_text(self, texts: list[str]) -> Tensor:
        raise NotImplementedError


def random_pixels(batch: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.rand(batch, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(seed), dtype=dtype)


@pytest.fixture
def smooth() -> SmoothModel:
    return SmoothModel()


@pytest.fixture(scope="session")
def bundled() -> SimpleNamespace:
    """Three near-OOD pictures, three ID pictures, and the bundled convolutional model."""
    backbone = load_backbone("diorama-conv", device="cpu")
    sources = [render(scene) for scene in scenes("near-ood", 21, 3)]
    goals = [render(scene) for scene in scenes("id-train", 21, 3)]
    return SimpleNamespace(
        backbone=backbone,
        sources=sources,
        goals=goals,
        pixels=backbone.preprocess(sources),
        target=image_targets(backbone, goals),
    )
