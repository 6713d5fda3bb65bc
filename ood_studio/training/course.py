"""The loop that the models of synthesis are trained in: seeded, resumable, with curves on disk."""

from __future__ import annotations

import copy
import csv
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from ood_studio.core.paths import cache_dir

Losses = Callable[[int], Mapping[str, Tensor]]
Measure = Callable[[nn.Module], Mapping[str, float]]


@dataclass(frozen=True, kw_only=True)
class Course:
    """How a training runs.

    Attributes:
        steps: optimiser steps.
        batch: pictures a step.
        lr: peak learning rate, warm-up over 3 % of the steps and then cosine decay.
        weight_decay: on matrices alone.
        average: decay of the exponential moving average of the weights, which is what is saved; 0 for none.
        pictures: training scenes rendered.
        fresh: scenes that are not trained on, for the curves.
        seed: of everything.
        bfloat16: compute in bfloat16 (autocast): faster on a GPU and on CPUs with AVX-512 BF16 or AMX, slow on others.
        device: torch device; picked by itself where empty.
        threads: CPU threads; 0 for all.
        measure_every: steps between two rows of the curves.
        checkpoint_seconds: how often the state is written.
        out: where the finished model goes; its folder under ``assets/`` where None.
    """

    steps: int = 1000
    batch: int = 32
    lr: float = 1e-3
    weight_decay: float = 0.01
    average: float = 0.0
    pictures: int = 80_000
    fresh: int = 500
    seed: int = 0
    bfloat16: bool = False
    device: str = ""
    threads: int = 0
    measure_every: int = 250
    checkpoint_seconds: float = 120.0
    out: Path | None = None

    def where(self) -> torch.device:
        """The device, after setting the number of threads."""
        if self.threads:
            torch.set_num_threads(self.threads)
        return torch.device(self.device or ("cuda" if torch.cuda.is_available() else "cpu"))

    def autocast(self, device: torch.device) -> torch.autocast:
        """The precision of forward passes."""
        return torch.autocast(device.type, torch.bfloat16, enabled=self.bfloat16)


def follow(course: Course, name: str, module: nn.Module, losses: Losses, measure: Measure) -> nn.Module:
    """Trains ``module`` (or goes on where an interrupted run of the same name, steps and seed was).

    Args:
        name: of the run, whose checkpoint and curves lie under ``cache/training/``.
        module: what is trained, on its device; its parameters without gradient stay as they are.
        losses: the losses of a step, whose sum is minimised; a function of the step and of torch's random numbers
            alone, which are seeded by the step.
        measure: figures for the curves, taken without gradients from the weights that will be kept.

    Returns:
        the trained module: the average of the weights over time where the course asks for it, else ``module``.
    """
    run = cache_dir() / "training" / f"{name}-{course.steps}-{course.seed}"
    run.mkdir(parents=True, exist_ok=True)
    checkpoint, log = run / "checkpoint.pt", run / "log.csv"
    kept = copy.deepcopy(module).requires_grad_(False) if course.average else module
    optimizer = adamw(module, course.lr, course.weight_decay)
    step = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)
        module.load_state_dict(state["module"])
        kept.load_state_dict(state["kept"])
        optimizer.load_state_dict(state["optimizer"])
        step = state["step"]
        print(f"going on from step {step} of {course.steps}")
    started = saved = time.monotonic()
    first, since, sums = step, 0, dict[str, float]()
    while step < course.steps:
        torch.manual_seed(course.seed * 1_000_003 + step)  # a resumed run draws the same
        terms = losses(step)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, course.lr, course.steps)
        optimizer.zero_grad(set_to_none=True)
        torch.stack(list(terms.values())).sum().backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
        step, since = step + 1, since + 1
        if course.average:
            _average(kept, module, min(course.average, step / (step + 10)))
        for key, value in terms.items():
            sums[key] = sums.get(key, 0.0) + value.item()
        if step % course.measure_every == 0 or step == course.steps:
            kept.eval()
            with torch.no_grad():
                row = {key: value / since for key, value in sums.items()} | dict(measure(kept))
            kept.train()
            row = {key: round(value, 4) for key, value in row.items()}
            rate = (step - first) / (time.monotonic() - started)
            print(f"{name} step {step}/{course.steps} {row} {rate:.2f} steps/s", flush=True)
            append_row(log, {"step": step, **row})
            since, sums = 0, {}
        if time.monotonic() - saved > course.checkpoint_seconds or step == course.steps:
            parts = {"module": module.state_dict(), "kept": kept.state_dict(), "optimizer": optimizer.state_dict()}
            torch.save({**parts, "step": step}, checkpoint.with_suffix(".partial"))
            checkpoint.with_suffix(".partial").replace(checkpoint)
            saved = time.monotonic()
    return kept.eval()


@torch.no_grad()
def _average(kept: nn.Module, module: nn.Module, decay: float) -> None:
    torch._foreach_lerp_(list(kept.parameters()), list(module.parameters()), 1 - decay)
    for old, new in zip(kept.buffers(), module.buffers(), strict=True):
        old.copy_(new)


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


def append_row(path: Path, row: Mapping[str, float]) -> None:
    """Adds a row to curves kept as CSV."""
    new = not path.exists()
    with open(path, "a", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if new:
            writer.writeheader()
        writer.writerow(row)
