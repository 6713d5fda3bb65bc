"""TANL: negative labels chosen by what test images activate, and weighed by how clearly they do (CVPR 2026)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ood_studio.core.parameters import Bounds, Tau
from ood_studio.core.progress import pulse
from ood_studio.scorers.base import Reference, Scorer, temperature
from ood_studio.scorers.neglabel import NegativeCount
from ood_studio.scorers.streaming import AtOnce, Order, Streaming, is_heard, otsu, tell_learnt
from ood_studio.scorers.vectors import unit_rows

_BLOCK_BYTES = 32 * 2**20  # of similarities at a time
_SCORES = 20_000  # of the past that the threshold is found among
_GRID = np.arange(100) / 100


@dataclass(frozen=True)
class TANL(Streaming, Scorer):
    """Test-time activated negative labels, one call being one stream.

    The activation of an image v is its softmax over the K ID and all N negative labels, the N negative entries of it.
    Two queues hold activations of L images that counted as ID and as OOD. A label's activation difference is the mean
    of the second minus that of the first; the M labels with the largest, in falling order, are the negatives n_1 … n_M
    of the activation-aware score, with P = Σ_k e^(cos(v, e_k)/τ) and steps of γ labels:

        S(v) = mean_j P / (P + Σ_(m ≤ jγ) e^(cos(v, n_m)/τ)), j = 1 … ⌊M/γ⌋;   γ = 0: P / (P + Σ_m …) alone.

    With the sums taken cumulatively it costs O(K + M) an image. For each batch of the stream, in its order:

    1. The batch is scored with the labels that the queues choose.
    2. Otsu's threshold t of the last 20,000 such scores: images above t + g (1 - t) count as ID, below t - g t as OOD.
    3. The mean of each side becomes α times the queue's and 1 - α times that of the batch's images that count, where
       some do; labels are chosen and the batch is scored again: these are its scores.
    4. The activations of those images join the queues, the oldest leave.

    With α = 1 an image's score depends on earlier batches alone; the authors' script takes α = 0, where labels are
    chosen by the very images that are scored with them, in batches of 256.

    The queues begin with the activations of the ID labels' text features, and with those of noise images where the
    reference has them, else of the negative labels' text features; the past scores begin with the scores of both. The
    authors' 15 noise images are not normalised as the model's images are; here they are.

    Attributes:
        tau: τ; None = 1 / logit_scale of the reference.
        count: M, how many negative labels are chosen.
        step: γ.
        mixing: α.
        batch: images that come at once.
        length: L.
        gap: g.
        order: seed of a shuffle of the stream; None = in the order given. Scores come back in the order given.
    """

    name: ClassVar[str] = "tanl"
    title: ClassVar[str] = "TANL"
    needs: ClassVar[tuple[str, ...]] = ("class_text", "negative_text")
    wants: ClassVar[tuple[str, ...]] = ("noise",)

    tau: Tau = None
    count: NegativeCount = 1000
    step: Annotated[int, Bounds(0, 1000, step=1, help="Labels between two prefixes; 0 = all of them alone")] = 1
    mixing: Annotated[float, Bounds(0.0, 1.0, step=0.01, help="Share of the past; 1 = nothing of the batch")] = 1.0
    batch: AtOnce = 1
    length: Annotated[int, Bounds(1, 100_000, log=True, step=1, help="Activations kept of each side")] = 300
    gap: Annotated[float, Bounds(0.0, 1.0, step=0.01, help="How sure a picture must be to be learnt from")] = 0.5
    order: Order = None

    @property
    def learns_first(self) -> bool:
        """See `Streaming.learns_first`."""
        return self.mixing < 1

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        assert reference.class_text is not None and reference.negative_text is not None
        reference.check_fixed(self.title)
        classes, negatives = unit_rows(reference.class_text), unit_rows(reference.negative_text)
        strange = negatives if reference.noise is None else unit_rows(reference.noise)
        scale = 1 / temperature(self.tau, reference.logit_scale)

        def score(features: Tensor) -> Tensor:
            def run(stream: Tensor) -> Tensor:
                text = torch.cat((classes, negatives.to(classes))).to(stream) * scale
                return _Memory(self, text, len(classes), classes.to(stream), strange.to(stream)).run(stream)

            return self._streamed(features, run)

        return score


class _Memory:
    """Queues, past scores and the labels chosen so far.

    Args:
        text: (K + N, dim) ID and negative labels, over τ.
        known: how many are ID.
        inside, outside: (n, dim) what the queues begin with.
    """

    def __init__(self, parameters: TANL, text: Tensor, known: int, inside: Tensor, outside: Tensor) -> None:
        self._own, self._text, self._known = parameters, text, known
        kept = (rows[-parameters.length :] for rows in (inside, outside))  # of more than fit the last ones count
        activations = [self._activations(rows @ text.T) for rows in kept]
        self._queues = [_Queue(rows, parameters.length) for rows in activations]
        self._choice: Tensor | None = None
        begin = torch.split(torch.cat((inside, outside))[-_SCORES:], self._rows())
        past = torch.cat([self._scores(rows @ text.T, self._chosen()) for rows in begin])
        self._past = _Past(past.cpu().double().numpy())

    def _rows(self) -> int:
        """Images whose similarities to all labels are held at a time."""
        return max(1, _BLOCK_BYTES // (self._text.shape[0] * self._text.element_size()))

    def run(self, stream: Tensor) -> Tensor:
        """(n,) scores of the whole stream."""
        size = self._own.batch
        block = size * max(1, self._rows() // size)
        scores = [stream.new_empty(0)]
        for start in range(0, len(stream), block):
            pulse()
            logits = stream[start : start + block] @ self._text.T
            for offset, rows in enumerate(torch.split(logits, size)):
                scores.append(self._batch(rows, start + offset * size))
        return torch.cat(scores)

    def _batch(self, logits: Tensor, start: int) -> Tensor:
        """(batch,) scores of the images from ``start`` on."""
        own = self._own
        first = self._scores(logits, self._chosen())
        self._past.add(first.cpu().double().numpy())
        t = self._past.threshold()
        sure_in, sure_out = first > t + own.gap * (1 - t), first < t - own.gap * t
        if not bool(sure_in.any() | sure_out.any()):
            return first
        activations = self._activations(logits)
        found = [activations[sure_in], activations[sure_out]]
        final = first
        if own.mixing < 1:
            means = [
                queue.mean() if not len(rows) else own.mixing * queue.mean() + (1 - own.mixing) * rows.mean(dim=0)
                for queue, rows in zip(self._queues, found, strict=True)
            ]
            final = self._scores(logits, self._ranked(means[1] - means[0]))
        known, strange = ((start + which.nonzero()[:, 0]).tolist() for which in (sure_in, sure_out))
        evicted = self._queues[0].push(found[0], known) + self._queues[1].push(found[1], strange)
        self._choice = None
        if is_heard():
            tell_learnt(start + len(logits), known, strange, evicted, self._chosen().tolist())
        return final

    def _chosen(self) -> Tensor:
        """The labels that the queues choose, in their order."""
        if self._choice is None:
            self._choice = self._ranked(self._queues[1].mean() - self._queues[0].mean())
        return self._choice

    def _ranked(self, difference: Tensor) -> Tensor:
        return difference.topk(min(self._own.count, len(difference))).indices

    def _activations(self, logits: Tensor) -> Tensor:
        return logits.softmax(dim=1)[:, self._known :]

    def _scores(self, logits: Tensor, chosen: Tensor) -> Tensor:
        """(batch,) activation-aware scores of (batch, K + N) logits."""
        positive = logits[:, : self._known].logsumexp(dim=1, keepdim=True)
        # Measured from the ID labels' log-sum-exp, sums that are too large mean a score of 0.
        odds = (logits[:, self._known + chosen] - positive).exp()
        if self._own.step == 0 or self._own.step > len(chosen):
            return 1 / (1 + odds.sum(dim=1))
        return (1 / (1 + odds.cumsum(dim=1)[:, self._own.step - 1 :: self._own.step])).mean(dim=1)


class _Queue:
    """The last activations of a side, and their sum; of more than fit the last ones count."""

    def __init__(self, rows: Tensor, length: int) -> None:
        self._rows: deque[Tensor] = deque(rows[-length:])
        self._places = deque([-1] * len(self._rows))  # in the stream; of those at the beginning none
        self._like = rows[:0].sum(dim=0)
        self._length, self._sum = length, rows[-length:].cpu().double().sum(dim=0)  # MPS knows no float64

    def mean(self) -> Tensor:
        """(N,)."""
        mean = self._sum / len(self._rows)
        return mean.to(self._like) if self._like.device.type == "mps" else mean.to(self._like.device)

    def push(self, rows: Tensor, places: list[int]) -> list[int]:
        """Takes activations in; the oldest leave. The places of those that left, or never came in."""
        evicted = places[: -self._length]
        for row, place in zip(rows[-self._length :], places[-self._length :], strict=True):
            if len(self._rows) == self._length:
                self._sum -= self._rows.popleft().cpu()
                evicted.append(self._places.popleft())
            self._rows.append(row)
            self._places.append(place)
            self._sum += row.cpu()
        return [place for place in evicted if place >= 0]


class _Past:
    """Scores of the past in a histogram of 100 bins, for Otsu's threshold."""

    def __init__(self, scores: NDArray[np.float64]) -> None:
        self._scores: deque[float] = deque()
        self._moments = np.zeros((3, 101))
        self.add(scores)

    def add(self, scores: NDArray[np.float64]) -> None:
        """Takes scores in; those before the last 20,000 leave."""
        for score in scores.tolist():
            self._move(score, 1)
            self._scores.append(score)
            if len(self._scores) > _SCORES:
                self._move(self._scores.popleft(), -1)

    def _move(self, score: float, sign: int) -> None:
        place = int(np.searchsorted(_GRID, score, side="left"))  # from the place on, t = place / 100 is not below it
        self._moments[:, place] += (sign, sign * score, sign * score**2)

    def threshold(self) -> float:
        """t of 0, 0.01 … 0.99, see `otsu`."""
        return float(_GRID[otsu(self._moments)])
