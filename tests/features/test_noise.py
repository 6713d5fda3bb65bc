from __future__ import annotations

import torch

from ood_studio.features.noise import noise_features, noise_images
from tests.features.toys import Toy


def test_noise_is_of_five_kinds_three_images_each_and_the_same_every_time() -> None:
    images = noise_images(8, 6)
    assert images.shape == (15, 3, 8, 6) and 0 <= float(images.min()) < float(images.max()) <= 1
    assert torch.equal(noise_images(8, 6), images) and not torch.equal(noise_images(8, 6, seed=1), images)
    assert set(images[-1].unique().tolist()) <= {0.0, 0.5, 1.0}
    backbone = Toy()
    assert noise_features(backbone).shape == (15, backbone.dim)
