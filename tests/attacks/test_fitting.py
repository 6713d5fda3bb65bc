"""Images and masks at the size at which they are attacked."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from ood_studio.attacks.fitting import fitted_mask, fitted_pixels
from ood_studio.backbones import Backbone, load_backbone
from ood_studio.core.errors import StudioError


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return load_backbone("diorama-conv", device="cpu")


def picture(width: int = 90, height: int = 60) -> Image.Image:
    levels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(levels)


def test_an_image_keeps_its_size_or_takes_that_of_the_model(backbone: Backbone) -> None:
    image = picture()
    own = fitted_pixels(image, backbone, full_size=True, longest=90)
    assert own.shape == (1, 3, 60, 90)
    assert torch.equal((own[0] * 255).round().byte().permute(1, 2, 0), torch.from_numpy(np.asarray(image).copy()))
    assert torch.equal(fitted_pixels(image, backbone, full_size=False, longest=90), backbone.preprocess([image]))


@pytest.mark.parametrize(("longest", "shape"), [(45, (30, 45)), (16, (11, 16))])
def test_a_large_one_is_shrunk(backbone: Backbone, longest: int, shape: tuple[int, int]) -> None:
    assert fitted_pixels(picture(), backbone, full_size=True, longest=longest).shape[-2:] == shape


def test_a_mask_of_any_size_lies_over_the_whole_image(backbone: Backbone) -> None:
    left = np.zeros((4, 6))
    left[:, :3] = 1
    image = picture()
    pixels = fitted_pixels(image, backbone, full_size=True, longest=90)
    area = fitted_mask(left, image, pixels, backbone, full_size=True)
    assert area.shape == (60, 90) and area[:, :30].min() == 1 and area[:, -30:].max() == 0
    seen = fitted_mask(left, image, backbone.preprocess([image]), backbone, full_size=False)
    size = backbone.image_size
    assert seen.shape == (size, size) and seen[:, : size // 4].min() > 0.99 and seen[:, -size // 4 :].max() < 0.01


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.zeros((4, 4)), "the mask lets nothing change"),
        (np.full((4, 4), 2.0), r"numbers in \[0, 1\]"),
        (np.ones((4, 4, 3)), r"not of shape \(4, 4, 3\)"),
        (np.full((4, 4), np.nan), r"numbers in \[0, 1\]"),
        (np.ones((0, 4)), r"not of shape \(0, 4\)"),
    ],
)
def test_masks_that_are_none(backbone: Backbone, mask: np.ndarray, message: str) -> None:
    image = picture()
    with pytest.raises(StudioError, match=message):
        fitted_mask(mask, image, backbone.preprocess([image]), backbone, full_size=False)
