"""How smooth a perturbation is, and what λ comes to at other sizes than the paper's (PLP, Eq. 7)."""

from __future__ import annotations

from torch import Tensor

PAPER_HEIGHT = 224
"""The image height in pixels that the paper's λ is stated for."""


def smoothness_loss(perturbation: Tensor) -> Tensor:
    """ℓ_smooth (Eq. 7 of PLP): (1 / 3HW) Σ (∂ρ/∂h)² + (∂ρ/∂w)², forward differences, 0 beyond the border.

    Args:
        perturbation: (batch, 3, height, width).

    Returns:
        (batch,).
    """
    down = perturbation[:, :, 1:] - perturbation[:, :, :-1]
    right = perturbation[..., 1:] - perturbation[..., :-1]
    values = perturbation[0].numel()
    return (down.square().sum(dim=(1, 2, 3)) + right.square().sum(dim=(1, 2, 3))) / values


def smoothness_weight(smoothness: float, height: int) -> float:
    """λ for images of a height from λ as the paper states it, for 224 pixels: λ·(height / 224)².

    The same perturbation on a grid twice as fine has half the differences between neighbours, so a quarter of ℓ_smooth.
    Of images that are not square the attack takes the shorter side for the height.
    """
    return smoothness * (height / PAPER_HEIGHT) ** 2
