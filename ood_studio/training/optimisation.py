"""The optimiser of every training: AdamW, a warm-up and a cosine, a moving average of the weights."""

from __future__ import annotations

import math

import torch
from torch import nn


def adamw(module: nn.Module, lr: float, weight_decay: float) -> torch.optim.AdamW:
    """AdamW over a module's parameters, with weight decay on matrices alone."""
    decayed = [p for p in module.parameters() if p.ndim >= 2]
    plain = [p for p in module.parameters() if p.ndim < 2]
    return torch.optim.AdamW(
        [{"params": decayed, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}],
        lr=lr,
        betas=(0.9, 0.98),
    )


def learning_rate(step: int, peak: float, steps: int) -> float:
    """Linear warm-up over 3 % of the steps, then a cosine to 1 % of the peak."""
    warm = max(1, round(0.03 * steps))
    if step < warm:
        return peak * (step + 1) / warm
    done = (step - warm) / max(1, steps - warm)
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))


@torch.no_grad()
def update_average(average: nn.Module, module: nn.Module, decay: float, step: int) -> None:
    """Moves an exponential moving average of weights towards those of a module.

    Args:
        average: of the module's architecture.
        module: what is trained; its buffers are taken as they are.
        decay: of the average, in the first steps no more than (step + 1) / (step + 11).
        step: from 0.
    """
    decay = min(decay, (step + 1) / (step + 11))
    torch._foreach_lerp_(list(average.parameters()), list(module.parameters()), 1 - decay)
    for old, new in zip(average.buffers(), module.buffers(), strict=True):
        old.copy_(new)
