"""What scorers share that learn from the test images as they pass."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ood_studio.core.parameters import Bounds, Help, Seed
from ood_studio.scorers.base import Protocol

AtOnce = Annotated[int, Bounds(1, 100_000, log=True, step=1, help="Pictures that come at once")]
Order = Annotated[Seed | None, Help("Seed of a shuffle of the stream; none = in the order given")]


@dataclass(frozen=True)
class Learnt:
    """What a scorer took into its memory, or out of it, at one place of a stream.

    Attributes:
        at: how many images had come.
        kept: images, by their place in the order given, and whether each is believed to be OOD.
        dropped: images that left.
        labels: numbers of the negative labels that it takes OOD images to be, the surest first; None = as before.
    """

    at: int
    kept: tuple[tuple[int, bool], ...] = ()
    dropped: tuple[int, ...] = ()
    labels: tuple[int, ...] | None = None


_HEARD: ContextVar[list[Learnt] | None] = ContextVar("heard", default=None)
_LABELS = 10  # that are told of a memory


@contextmanager
def overhearing() -> Iterator[list[Learnt]]:
    """Gathers what scorers learn meanwhile in this thread, in the stream's order."""
    heard: list[Learnt] = []
    token = _HEARD.set(heard)
    try:
        yield heard
    finally:
        _HEARD.reset(token)


def is_heard() -> bool:
    """Whether anybody gathers what is learnt."""
    return _HEARD.get() is not None


def tell_learnt(
    at: int,
    inside: Iterable[int] = (),
    outside: Iterable[int] = (),
    dropped: Iterable[int] = (),
    labels: Iterable[int] | None = None,
) -> None:
    """Says what was learnt, where anybody gathers it; see `Learnt`, with places in the stream's order."""
    heard = _HEARD.get()
    if heard is None:
        return
    kept = (*((place, False) for place in inside), *((place, True) for place in outside))
    evicted, named = tuple(dropped), None if labels is None else tuple(labels)[:_LABELS]
    if named is not None and named == next((each.labels for each in reversed(heard) if each.labels is not None), None):
        named = None
    if kept or evicted or named is not None:
        heard.append(Learnt(at, kept, evicted, named))


def otsu(moments: NDArray[np.float64]) -> int:
    """Otsu's threshold, by its place: the one with the least variance within the scores up to it and within those above
    it; of ties the middle one.

    Args:
        moments: (3, thresholds + 1) count, sum and sum of squares of the scores above the threshold before and not
            above that of their place; the last ones lie above all.
    """
    below = np.cumsum(moments, axis=1)[:, :-1]
    within = np.zeros(below.shape[1])
    for count, total, squares in (below, moments.sum(axis=1)[:, None] - below):
        within += squares - np.divide(total**2, count, out=np.zeros_like(within), where=count > 0)
    best = np.flatnonzero(within <= within.min() + 1e-9)
    return int(best[len(best) // 2])


class Streaming:
    """A scorer of whom one call is one stream, batch by batch; stands before `Scorer` among the bases.

    Attributes:
        batch: images that come at once.
        order: seed of a shuffle of the stream; None = in the order given.
    """

    stream: ClassVar[bool] = True
    batch: AtOnce
    order: Order

    @property
    @abstractmethod
    def learns_first(self) -> bool:
        """Whether anything of a batch reaches its own scores."""

    @property
    def differentiable(self) -> bool:
        """False: a stream decides what to learn, and no gradient is recorded through that."""
        return False

    @property
    def protocol(self) -> Protocol:
        """Online where nothing of a batch reaches its own scores."""
        return "transductive" if self.learns_first else "online"

    @property
    def seen(self) -> str:
        """See `Scorer.seen`."""
        return "batches before it and its own" if self.learns_first else "batches before it"

    @property
    def at_once(self) -> int:
        """See `Scorer.at_once`."""
        return self.batch

    def _streamed(self, features: Tensor, run: Callable[[Tensor], Tensor]) -> Tensor:
        """(n,) scores in the order given of features (n, dim) that ``run`` takes in the order of the stream."""
        order = torch.arange(len(features))
        if self.order is not None:
            order = torch.randperm(len(features), generator=torch.Generator().manual_seed(self.order))
        order = order.to(features.device)
        heard = _HEARD.get()
        before = len(heard or ())
        with torch.no_grad():
            scores = torch.empty_like(features[:, 0])
            scores[order] = run(features[order])
        if heard is not None:
            place = order.tolist()
            heard[before:] = [
                replace(
                    each,
                    kept=tuple((place[i], outside) for i, outside in each.kept),
                    dropped=tuple(place[i] for i in each.dropped),
                )
                for each in heard[before:]
            ]
        # Adding 0 times the features says to autograd that the gradient is 0.
        return scores + 0 * features.sum(dim=1)
