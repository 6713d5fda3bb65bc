"""How parameters are moved: the optimiser, the rate at every step, and their state as plain tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import torch
from torch import Tensor

from ood_studio.core.parameters import Bounds

Kind = Literal["adam", "adamw", "sgd"]
"""Adam with the decay in the gradient, Adam with the decay beside it (Loshchilov & Hutter), or momentum SGD."""

FirstRate = Annotated[float, Bounds(1e-7, 10.0, log=True, help="Learning rate at the start")]

_STEP = "step"


@dataclass(frozen=True)
class Recipe:
    """The optimisation of a method, as its paper states it.

    Attributes:
        optimiser: see `Kind`; β = (0.9, 0.999) and ε = 10⁻⁸ of the Adams.
        rate: the highest learning rate, of a step of ``rate_for`` examples; of any step where that is None.
        epochs: passes over the examples.
        batch: examples a step; fewer where there are fewer.
        weight_decay: λ of the decay.
        momentum: of SGD.
        warm_up: the share of the steps over which the rate rises linearly.
        floor: what the rate falls to along half a cosine after that; None = it stays.
    """

    optimiser: Kind
    rate: float
    epochs: int
    batch: int
    weight_decay: float = 0.0
    momentum: float = 0.9
    warm_up: float = 0.0
    floor: float | None = 0.0
    rate_for: int | None = None

    def of(self, size: int) -> Recipe:
        """The recipe for steps of so many examples."""
        rate = self.rate if self.rate_for is None else self.rate * size / self.rate_for
        return replace(self, rate=rate, rate_for=None)

    def rate_at(self, step: int, steps: int) -> float:
        """The rate of a step, counted from 0, of so many."""
        rising = round(self.warm_up * steps)
        if step < rising:
            return self.rate * (step + 1) / rising
        if self.floor is None:
            return self.rate
        share = (step - rising) / max(1, steps - rising)
        return self.floor + (self.rate - self.floor) * 0.5 * (1 + math.cos(math.pi * share))

    def make(self, parameters: Mapping[str, Tensor]) -> torch.optim.Optimizer:
        """The optimiser of these parameters."""
        held = list(parameters.values())
        if self.optimiser == "sgd":
            return torch.optim.SGD(held, self.rate, momentum=self.momentum, weight_decay=self.weight_decay)
        kind = torch.optim.Adam if self.optimiser == "adam" else torch.optim.AdamW
        return kind(held, self.rate, weight_decay=self.weight_decay)


def state_of(optimiser: torch.optim.Optimizer, names: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What an optimiser remembers, copied to the CPU, as ``NAME/WHAT`` of its parameters' names."""
    found = {}
    for name, parameter in names.items():
        for what, value in optimiser.state.get(parameter, {}).items():
            if value is not None:
                found[f"{name}/{what}"] = torch.as_tensor(value).detach().cpu().clone()
    return found


def restore(optimiser: torch.optim.Optimizer, names: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> None:
    """Gives an optimiser what `state_of` took from another one."""
    for name, parameter in names.items():
        for key, value in state.items():
            of, _, what = key.rpartition("/")
            if of == name:  # the number of steps stays on the CPU, as the optimisers keep it
                optimiser.state[parameter][what] = value.clone() if what == _STEP else value.to(parameter).clone()
