"""The training loop of every adapter: seeded batches of cached features, losses by epoch, a last good state."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from ood_studio.adapters.optimisers import Recipe, restore, state_of
from ood_studio.core.errors import StudioError
from ood_studio.core.memory import OutOfMemory, is_out_of_memory
from ood_studio.core.progress import Progress, Stopped, heard, silent

_KEEP_SECONDS = 30.0  # after which an unfinished epoch is kept: what a killed run may lose
_KEEP_FROM = 5.0  # seconds of work that are worth it where a run is stopped
_FAR = 10.0  # an epoch's loss this many times its start (and more by 1) has run away


class Diverged(StudioError):
    """Training ran away before anything was learnt."""


class Learner(ABC):
    """One fit under way.

    Attributes:
        parameters: what is learnt, by name: floats that require gradients, changed in place.
        count: examples in an epoch.
    """

    parameters: Mapping[str, Tensor]
    count: int

    @abstractmethod
    def losses(self, rows: Tensor) -> dict[str, Tensor]:
        """Means over a batch; the first is what is minimised, the others are its parts.

        Args:
            rows: (batch,) which examples, ascending.
        """

    def kept(self) -> dict[str, Tensor]:
        """The tensors that an adapter keeps of the parameters as they are: here themselves."""
        return {name: tensor.detach() for name, tensor in self.parameters.items()}


@dataclass(frozen=True, eq=False)
class State:
    """A training between two steps: enough to go on with to the same bits.

    Attributes:
        epoch: how many epochs are done.
        tensors: the parameters as ``parameter/NAME``, the optimiser's memory as ``optimiser/NAME/WHAT``; within an
            epoch also those it began with as ``good/NAME``, and its losses so far as ``sum/NAME``; on the CPU.
        history: the losses by epoch, the first one before any step.
        step: how many steps of the next epoch are done.
    """

    epoch: int
    tensors: Mapping[str, Tensor]
    history: tuple[Mapping[str, float], ...]
    step: int = 0


@dataclass(frozen=True, eq=False)
class Passed:
    """An epoch that has passed.

    Attributes:
        number: of epochs done; 0 = the start, before any step.
        losses: their means over the epoch; of the start, over one batch.
        rate: of the last step.
        diverged: a sentence where the loss ran away; then the parameters are those of the last good epoch.
        history: the losses of all epochs so far, the start first.
        state: makes what a later run goes on from, until the next epoch is asked for.
    """

    number: int
    losses: Mapping[str, float]
    rate: float
    diverged: str
    history: tuple[Mapping[str, float], ...]
    state: Callable[[], State]


def run(
    learner: Learner,
    recipe: Recipe,
    *,
    seed: int,
    stage: str,
    progress: Progress = silent,
    resume: State | None = None,
    keep: Callable[[State], None] | None = None,
) -> Generator[Passed]:
    """Trains, epoch by epoch; to stop, stop asking: what was learnt stays in the learner's parameters.

    The order of the examples depends on the seed and the epoch alone, so that a run that goes on from a `State` comes
    to the same bits on a CPU as one that was never interrupted.

    Args:
        learner: what learns; its parameters are those of the last good epoch when an epoch is given.
        recipe: how.
        seed: of the order of the examples.
        stage: what progress is told.
        progress: told the steps; may raise to stop, in the middle of an epoch too.
        resume: where to go on from.
        keep: takes what a later run goes on from within an epoch that takes long: twice a minute, and where it ends
            early.

    Raises:
        Diverged: if the loss runs away in the first epoch.
    """
    names, count = learner.parameters, learner.count
    size = min(recipe.batch, count)
    recipe = recipe.of(size)
    per_epoch = math.ceil(count / size)
    steps = per_epoch * recipe.epochs
    optimiser = recipe.make(names)
    first = 0
    history: tuple[Mapping[str, float], ...]
    if resume is None:
        with torch.no_grad(), _one_step(size, stage, progress):
            history = (_floats(learner.losses(_order(count, seed, 1)[:size].sort().values), 1),)
        yield Passed(0, history[0], 0.0, "", history, partial(_state, 0, names, optimiser, history))
    else:
        first, history = resume.epoch, tuple(resume.history)
        _load(names, optimiser, resume)
    good = {name: tensor.detach().clone() for name, tensor in names.items()}
    sums: dict[str, Tensor] = {}
    begun = 0
    if resume is not None and resume.step:
        begun = resume.step
        good |= {name: tensor.to(good[name].device) for name, tensor in _named("good/", resume).items()}
        sums = {name: tensor.to(good[next(iter(good))].device) for name, tensor in _named("sum/", resume).items()}

    def within(epoch: int, step: int) -> State:
        """Within the epoch behind ``epoch`` others."""
        state = _state(epoch, names, optimiser, history)
        more = {f"good/{name}": tensor.cpu().clone() for name, tensor in good.items()}
        more |= {f"sum/{name}": tensor.cpu().clone() for name, tensor in sums.items()}
        return replace(state, tensors={**state.tensors, **more}, step=step)

    for epoch in range(first + 1, recipe.epochs + 1):
        rate, since, number = 0.0, time.monotonic(), begun
        order = torch.split(_order(count, seed, epoch), size)
        try:
            for number in range(begun, per_epoch):
                if keep is not None and time.monotonic() - since > _KEEP_SECONDS:
                    keep(within(epoch - 1, number))
                    since = time.monotonic()
                rows, step = order[number], (epoch - 1) * per_epoch + number
                rate = optimiser.param_groups[0]["lr"] = recipe.rate_at(step, steps)
                with _one_step(size, stage, progress) as report:
                    report(stage, step, steps)
                    found = learner.losses(rows.sort().values)  # ascending: files are read in one direction
                    optimiser.zero_grad()
                    torch.autograd.backward([next(iter(found.values()))])
                # From here on the step is whole or was not made at all.
                optimiser.step()
                for name, value in found.items():
                    sums[name] = sums.get(name, 0) + value.detach() * len(rows)
        except BaseException:
            if keep is not None and number and time.monotonic() - since > _KEEP_FROM:
                keep(within(epoch - 1, number))
            raise
        losses = _floats(sums, count)
        finite = all(bool(torch.isfinite(tensor).all()) for tensor in names.values())
        if not finite or _ran_away(next(iter(losses.values())), next(iter(history[0].values()))):
            reason = f"the loss ran away in epoch {epoch} of {recipe.epochs}; lower the rate of {recipe.rate:g}"
            if epoch == 1:
                raise Diverged(f"nothing was learnt: {reason}")
            with torch.no_grad():
                for name, tensor in names.items():
                    tensor.copy_(good[name])
            kept = f"{reason}. Kept is what was learnt until epoch {epoch - 1}"
            yield Passed(
                epoch - 1, history[-1], rate, kept, history, partial(_state, epoch - 1, names, optimiser, history)
            )
            return
        history = (*history, losses)
        sums, begun = {}, 0
        with torch.no_grad():
            for name, tensor in names.items():
                good[name].copy_(tensor)
        if epoch == recipe.epochs:
            with suppress(Stopped):  # too late to stop anything
                progress(stage, steps, steps)
        yield Passed(epoch, losses, rate, "", history, partial(_state, epoch, names, optimiser, history))


@contextmanager
def _one_step(size: int, stage: str, progress: Progress) -> Iterator[Progress]:
    """Within a step the models below hear of a stop, and a lack of memory is one sentence."""
    try:
        with heard(progress) as report:
            yield report
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise OutOfMemory(
            f"{stage} ran out of memory with {size:,} examples in a step; take fewer (batch), or a smaller model or "
            "another device"
        ) from error


def _order(count: int, seed: int, epoch: int) -> Tensor:
    generator = torch.Generator().manual_seed((seed * 1_000_003 + epoch) % 2**63)
    return torch.randperm(count, generator=generator)


def _floats(sums: Mapping[str, Tensor], count: int) -> dict[str, float]:
    return {name: float(value) / count for name, value in sums.items()}


def _ran_away(loss: float, start: float) -> bool:
    return not math.isfinite(loss) or loss > max(_FAR * abs(start), start + 1) + 1


def _state(
    epoch: int, names: Mapping[str, Tensor], optimiser: torch.optim.Optimizer, history: tuple[Mapping[str, float], ...]
) -> State:
    tensors = {f"parameter/{name}": tensor.detach().cpu().clone() for name, tensor in names.items()}
    tensors |= {f"optimiser/{key}": value for key, value in state_of(optimiser, names).items()}
    return State(epoch, tensors, history)


def _named(start: str, state: State) -> dict[str, Tensor]:
    return {name[len(start) :]: tensor for name, tensor in state.tensors.items() if name.startswith(start)}


def _load(names: Mapping[str, Tensor], optimiser: torch.optim.Optimizer, state: State) -> None:
    with torch.no_grad():
        for name, tensor in names.items():
            tensor.copy_(state.tensors[f"parameter/{name}"])
    restore(optimiser, names, _named("optimiser/", state))
