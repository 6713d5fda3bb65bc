"""Images of noise: what a model makes of images that show nothing."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ood_studio.backbones import Backbone


def noise_images(height: int, width: int, each: int = 3, seed: int = 0) -> Tensor:
    """(5 · each, 3, height, width) in [0, 1]: Gaussian, uniform, Poisson, gamma and salt-and-pepper noise."""
    rng, shape = np.random.default_rng(seed), (each, 3, height, width)
    gaussian = np.clip(rng.normal(0.5, 0.25, shape), 0, 1)
    uniform = rng.random(shape)
    poisson = np.clip(rng.poisson(10, shape) / 20, 0, 1)
    gamma = np.clip(rng.gamma(2, 0.15, shape), 0, 1)
    salted = np.broadcast_to(rng.choice([0.0, 0.5, 1.0], (each, 1, height, width), p=[0.05, 0.9, 0.05]), shape)
    return torch.from_numpy(np.concatenate([gaussian, uniform, poisson, gamma, salted])).float()


@torch.no_grad()
def noise_features(backbone: Backbone) -> Tensor:
    """(15, dim) joint features of `noise_images`, on the CPU; visual ones of a model without a text tower."""
    found = backbone.encode_image(noise_images(*backbone.input_shape))
    return (found.visual if found.joint is None else found.joint).float().cpu()
