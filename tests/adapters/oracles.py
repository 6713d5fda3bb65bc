"""Slow transcriptions in NumPy, float64, of what optimisers and losses are by their equations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]


def softmax(z: np.ndarray) -> np.ndarray:
    shifted = np.exp(z - z.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.sqrt((rows**2).sum(axis=-1, keepdims=True))


def numeric_gradient(loss: Callable[[Arrays], float], at: Arrays, step: float = 1e-5) -> Arrays:
    """Central differences, one number at a time."""
    found = {name: np.zeros_like(value) for name, value in at.items()}
    for name, value in at.items():
        for place in np.ndindex(value.shape):
            ends = []
            for sign in (1, -1):
                moved = {key: each.copy() for key, each in at.items()}
                moved[name][place] += sign * step
                ends.append(loss(moved))
            found[name][place] = (ends[0] - ends[1]) / (2 * step)
    return found


class Adam:
    """Kingma & Ba, Algorithm 1, with the decay in the gradient (L2) or beside it (AdamW)."""

    def __init__(self, decay: float, beside: bool) -> None:
        self.decay, self.beside, self.count = decay, beside, 0
        self.first: Any = {}
        self.second: Any = {}

    def step(self, at: Arrays, gradient: Arrays, rate: float) -> Arrays:
        self.count += 1
        moved = {}
        for name, value in at.items():
            g = gradient[name] + (0 if self.beside else self.decay * value)
            self.first[name] = 0.9 * self.first.get(name, 0) + 0.1 * g
            self.second[name] = 0.999 * self.second.get(name, 0) + 0.001 * g**2
            m = self.first[name] / (1 - 0.9**self.count)
            v = self.second[name] / (1 - 0.999**self.count)
            shrunk = value * (1 - rate * self.decay) if self.beside else value
            moved[name] = shrunk - rate * m / (np.sqrt(v) + 1e-8)
        return moved


class Momentum:
    """SGD with momentum: b = μ b + g + λ θ, the first b being g + λ θ; θ = θ − rate b."""

    def __init__(self, decay: float, momentum: float = 0.9) -> None:
        self.decay, self.momentum = decay, momentum
        self.buffer: Any = {}

    def step(self, at: Arrays, gradient: Arrays, rate: float) -> Arrays:
        moved = {}
        for name, value in at.items():
            g = gradient[name] + self.decay * value
            self.buffer[name] = self.momentum * self.buffer[name] + g if name in self.buffer else g
            moved[name] = value - rate * self.buffer[name]
        return moved
