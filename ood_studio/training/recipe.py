"""What a person chooses of a training: the parameters that all trainings have in common."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch

from ood_studio.core.parameters import Bounds, Help, Seed, check
from ood_studio.hub.device import choose_device

TrainingSteps = Annotated[int, Bounds(1, 10_000_000, log=True, step=1, help="Optimiser steps")]
BatchSize = Annotated[int, Bounds(1, 65_536, log=True, step=1, help="Images a step")]
LearningRate = Annotated[
    float, Bounds(1e-8, 1.0, log=True, help="Peak learning rate: warm-up over 3 % of the steps, then cosine decay")
]
WeightDecay = Annotated[float, Bounds(0.0, 10.0, help="Weight decay of AdamW, on matrices alone")]
Average = Annotated[
    float, Bounds(0.0, 0.99999, help="Decay of the moving average of the weights that is kept; 0 = the last weights")
]
Images = Annotated[int, Bounds(1, 100_000_000, log=True, step=1, help="Training scenes rendered")]
HeldOut = Annotated[int, Bounds(1, 1_000_000, log=True, step=1, help="Scenes held out for the curves")]
MeasureEvery = Annotated[int, Bounds(1, 10_000_000, log=True, step=1, help="Steps between two rows of the curves")]
Shift = Annotated[int, Bounds(0, 16, step=1, help="Pixels by which images are moved at random")]
Share = Annotated[float, Bounds(0.0, 1.0, step=0.01)]

_INCIDENTAL = frozenset({"fresh", "device", "threads", "measure_every", "checkpoint_seconds", "restart", "out"})


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a model is trained; a model's own recipe inherits these parameters, with its defaults, and adds others.

    Raises:
        StudioError: for a parameter outside its bounds.
    """

    steps: TrainingSteps = 1000
    batch: BatchSize = 32
    lr: LearningRate = 1e-3
    weight_decay: WeightDecay = 0.01
    average: Average = 0.0
    pictures: Images = 80_000
    fresh: HeldOut = 500
    seed: Annotated[Seed, Help("Seed of the scenes, the weights and the batches")] = 0
    bfloat16: Annotated[
        bool, Help("Compute in bfloat16: faster on a GPU and on CPUs with AVX-512 BF16 or AMX, slow on others")
    ] = False
    device: Annotated[str, Help("Torch device; empty = CUDA where it is, else the CPU")] = ""
    threads: Annotated[int, Bounds(0, 1024, step=1, help="CPU threads; 0 = all")] = 0
    measure_every: MeasureEvery = 250
    checkpoint_seconds: Annotated[float, Bounds(0.0, 1e9, help="Seconds between two checkpoints")] = 120.0
    restart: Annotated[bool, Help("Begin anew where a run of the same recipe is there already")] = False
    out: Annotated[Path | None, Help("Folder of the finished model; none = the bundled one under assets/")] = None

    def __post_init__(self) -> None:
        check(self)

    def prepare(self) -> torch.device:
        """The device, after setting the number of threads.

        Raises:
            StudioError: for an unknown device or one that this machine lacks.
        """
        if self.threads:
            torch.set_num_threads(self.threads)
        return choose_device(self.device or ("cuda" if torch.cuda.is_available() else "cpu"))

    def autocast(self, device: torch.device) -> torch.autocast:
        """The precision of forward passes."""
        return torch.autocast(device.type, torch.bfloat16, enabled=self.bfloat16)

    def rng(self, *key: int) -> np.random.Generator:
        """Random numbers that are a function of the seed and a key, such as the step, alone."""
        return np.random.default_rng([self.seed, *key])

    def identity(self) -> dict[str, Any]:
        """The parameters that decide about the trained weights, by name; those of the machine and the curves do not."""
        return {name: value for name, value in asdict(self).items() if name not in _INCIDENTAL}
