"""What scorers share that learn from the test images as they pass."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from ood_studio.core.parameters import Bounds, Help, Seed
from ood_studio.scorers.base import Protocol

AtOnce = Annotated[int, Bounds(1, 100_000, log=True, step=1, help="Pictures that come at once")]
Order = Annotated[Seed | None, Help("Seed of a shuffle of the stream; none = in the order given")]


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
        with torch.no_grad():
            scores = torch.empty_like(features[:, 0])
            scores[order] = run(features[order])
        # Adding 0 times the features says to autograd that the gradient is 0.
        return scores + 0 * features.sum(dim=1)
