"""How the noise of a near-boundary picture moves against a gradient, and how gradients look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

Step = Literal["normalised", "raw"]
"""What a step is: along a gradient of length 1, or along the gradient as it stands."""


def update_noise(noise: Tensor, gradient: Tensor, step_size: float, step: Step = "normalised") -> Tensor:
    """ε − r·ρ·∇ (Eq. 10), each picture by itself.

    Args:
        noise: (batch, 4, rows, columns), ε.
        gradient: of its shape, ∇.
        step_size: r·ρ. The paper's 10 multiplies raw gradients; of a "normalised" one it is the length in the space of
            the noise, which is √d long for d latents (64 for the bundled model, 128 for Stable Diffusion's).
        step: "normalised": ∇ has length 1 first, and the noise returns to unit variance afterwards; noise without a
            gradient stays as it is. "raw": as it stands.

    Returns:
        Of the noise's shape.
    """
    if step == "raw":
        return noise - step_size * gradient
    length = torch.linalg.vector_norm(gradient.flatten(1), dim=1)[:, None, None, None]
    moved = noise - step_size * gradient / torch.where(length > 0, length, 1.0)
    spread = moved.flatten(1).std(dim=1, correction=0)[:, None, None, None]
    return torch.where(length > 0, moved / spread, noise)


def random_direction(gradient: Tensor, generators: Sequence[torch.Generator]) -> Tensor:
    """Per picture a random direction of its gradient's length: what the gradient's own is to be compared with."""
    drawn = torch.stack([torch.randn(row.shape, generator=one) for row, one in zip(gradient, generators, strict=True)])
    drawn = drawn.to(gradient)
    lengths = [torch.linalg.vector_norm(each.flatten(1), dim=1)[:, None, None, None] for each in (gradient, drawn)]
    return drawn * (lengths[0] / lengths[1])


def gradient_images(pixel_gradient: Tensor) -> Tensor:
    """Gradients as pictures: grey where nothing pulls, brighter where a channel is to fall, darker where it is to rise.

    Args:
        pixel_gradient: (batch, 3, height, width), see `Iteration`.

    Returns:
        (batch, 3, height, width) in [0, 1]; each picture's largest values (but for one in a thousand) are 0 and 1.
    """
    size = pixel_gradient.flatten(1).abs()
    rank = max(1, round(0.999 * size.shape[1]))
    largest = size.kthvalue(rank, dim=1).values[:, None, None, None]
    largest = torch.where(largest > 0, largest, size.amax(dim=1)[:, None, None, None].clamp_min(1e-30))
    return (0.5 + 0.5 * pixel_gradient / largest).clamp(0, 1)
