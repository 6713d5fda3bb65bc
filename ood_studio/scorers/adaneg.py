"""AdaNeg: NegLabel whose labels learn what they look like from the test images that pass (Zhang & Zhang 2024)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor

from ood_studio.core.parameters import Bounds, Help, Tau
from ood_studio.core.progress import pulse
from ood_studio.scorers.base import Reference, temperature
from ood_studio.scorers.neglabel import Groups, GroupScorer, GroupSeed, NegLabel, group_share
from ood_studio.scorers.streaming import AtOnce, Order, Streaming, is_heard, tell_learnt
from ood_studio.scorers.vectors import unit_rows

Proxy = Literal["sample", "task"]
"""Whether a label's stored images weigh by their likeness to the image scored, or all the same."""

_BLOCK_BYTES = 16 * 2**20  # of similarities at a time
_BLOCK_ROWS = 256  # a stored image touches the rest of its block, so that longer blocks cost more than they save
_LABELS = 256  # labels whose memories are gathered at a time


@dataclass(frozen=True)
class AdaNeg(Streaming, GroupScorer):
    """The NegLabel score on text and on proxies made of test images, one call being one stream (NeurIPS 2024).

    Every ID and negative label has a memory of up to L test images besides its text feature t; all are empty when a
    call begins. For each image v of the stream, in its order:

    1. S_nl(v) is NegLabel's Eq. 6 on the text features, grouped as there.
    2. v is stored under its nearest ID label if S_nl(v) > γ + g (1 - γ), and under its nearest negative label if
       S_nl(v) < γ - g γ; else nowhere. In a full memory it replaces the image of the highest entropy if its own is
       lower: that of the softmax over the ID labels alone, or over the negative ones alone.
    3. The proxy of a label, of unit length, is the direction of Σ_m φ_m m over m = t and the images in its memory:
       "task": φ_m = 1; "sample": φ_m = e^(-β (1 - cos(v, m))).
    4. S_ada(v) is S_nl's equation with the proxies in place of the text features, in the same groups.
    5. The score is (S_ada + λ S_nl) / (1 + λ), in [0, 1].

    With empty memories the proxies are the text features and the score is NegLabel's.

    Steps 1 to 5 are the authors' code but for these:

    - There, a batch of 256 images is stored before the first of them is scored. Here that is `batch`, 1 unless told
      otherwise; and with `update` "after", a batch is scored before it is stored.
    - There, the score is S_ada + λ S_nl; the division ranks alike.
    - There, a memory of "length L" holds the text and L - 1 images.
    - There, the β of 5.5 is cut to 5 before use.
    - There, images can be stored under the negative labels that the grouping leaves over, and those count for the
      entropies; here they take no part at all.
    - "AdaGap", which sets g from the stream's mix of ID and OOD, is not here.

    The score of an image depends on those before it: mix ID and OOD images in the stream as they would come, and
    vary `order` to see how much it matters.

    Attributes:
        tau: τ of both scores; None = 1 / logit_scale of the reference.
        groups, seed: n_g, as in `NegLabel`, and the seed of the shuffle before grouping; 5 groups are the authors'.
        proxy: "sample" or "task".
        threshold: γ, the middle between ID and OOD.
        gap: g; 0 stores every image, 1 none.
        length: L.
        batch: how many images come at once; the authors' 256.
        update: whether a batch is stored "before" its own scores are found, or "after".
        sharpness: β; the higher, the more the most alike images count.
        weight: λ, the weight of S_nl.
        order: seed of a shuffle of the stream; None = in the order given. Scores come back in the order given.
    """

    name: ClassVar[str] = "adaneg"
    title: ClassVar[str] = "AdaNeg"
    needs: ClassVar[tuple[str, ...]] = ("class_text", "negative_text")

    tau: Tau = None
    groups: Groups = 5
    seed: GroupSeed = 0
    proxy: Annotated[Proxy, Help("Stored pictures weigh by likeness to the one scored (sample), or alike (task)")] = (
        "sample"
    )
    threshold: Annotated[float, Bounds(0.0, 1.0, step=0.01, help="The middle between ID and OOD")] = 0.5
    gap: Annotated[float, Bounds(0.0, 1.0, step=0.01, help="How sure a picture must be to be stored")] = 0.5
    length: Annotated[int, Bounds(1, 1000, log=True, step=1, help="Pictures stored under a label")] = 10
    sharpness: Annotated[float, Bounds(0.0, 1000.0, help="Sharpness of the sample-adaptive proxies")] = 5.5
    weight: Annotated[float, Bounds(0.0, 10.0, help="Weight of the text's own score")] = 0.1
    batch: AtOnce = 1
    update: Annotated[
        Literal["before", "after"], Help("Whether a batch is stored before or after its own scores are found")
    ] = "before"
    order: Order = None

    @property
    def learns_first(self) -> bool:
        """See `Streaming.learns_first`."""
        return self.update == "before"

    def _neglabel(self) -> NegLabel:
        return NegLabel(tau=self.tau, groups=self.groups, seed=self.seed)

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        assert reference.class_text is not None and reference.negative_text is not None
        reference.check_fixed(self.title)
        classes = unit_rows(reference.class_text)
        negatives, groups = self._neglabel().grouped(reference.negative_text)
        taken = self._neglabel().taken(len(reference.negative_text))
        text = torch.cat((classes, negatives.to(classes)))
        scale = 1 / temperature(self.tau, reference.logit_scale)

        def score(features: Tensor) -> Tensor:
            def run(stream: Tensor) -> Tensor:
                return self._run(_Memory(text.to(stream), stream, self), len(classes), taken, groups, scale)

            return self._streamed(features, run)

        return score

    def _run(self, memory: _Memory, classes: int, taken: Tensor, groups: int, scale: float) -> Tensor:
        """(n,) scores of the whole stream; ``taken`` are the numbers of the negative labels in the memory's text."""
        text, stream = memory.text, memory.stream
        rows = min(_BLOCK_ROWS, max(16, _BLOCK_BYTES // (len(text) * text.element_size())))
        rows = self.batch * max(1, rows // self.batch)
        scores = [stream.new_empty(0)]
        for start in range(0, len(stream), rows):
            pulse()
            block = stream[start : start + rows]
            cosines = block @ text.T
            logits = cosines * scale
            first = group_share(logits[:, :classes], logits[:, classes:].clone(), groups)
            memory.replace(cosines, block)
            sure_in = first > self.threshold + self.gap * (1 - self.threshold)
            sure_out = first < self.threshold - self.gap * self.threshold
            nearest_in, entropy_in = _nearest(logits[:, :classes])
            nearest_out, entropy_out = _nearest(logits[:, classes:])
            label = torch.where(sure_in, nearest_in, nearest_out + classes).tolist()
            entropy = torch.where(sure_in, entropy_in, entropy_out).tolist()
            for row in torch.nonzero(sure_in | sure_out)[:, 0].tolist():
                evicted = memory.store(label[row], start + row, entropy[row])
                if evicted is not None:
                    known = bool(sure_in[row])
                    labels = None if known or not is_heard() else taken[memory.fullest(classes)].tolist()
                    tell_learnt(start + row + 1, [start + row] * known, [start + row] * (not known), evicted, labels)
                    # The label's proxy is another one from this batch on, or from the next.
                    begin = (row // self.batch + (self.update == "after")) * self.batch
                    which = torch.tensor([label[row]], device=block.device)
                    cosines[begin:, which] = memory.cosines(block[begin:], which)
            cosines *= scale
            second = group_share(cosines[:, :classes], cosines[:, classes:], groups)
            scores.append((second + self.weight * first) / (1 + self.weight))
        return torch.cat(scores)


class _Memory:
    """What the labels have stored of one stream: places of images in it, no copies.

    Attributes:
        text: (labels, dim), unit rows.
        stream: (n, dim), unit rows.
    """

    def __init__(self, text: Tensor, stream: Tensor, parameters: AdaNeg) -> None:
        self.text, self.stream = text, stream
        self._sharpness = parameters.sharpness if parameters.proxy == "sample" else 0.0
        self._length = parameters.length
        self._stored: dict[int, list[tuple[float, int]]] = {}  # label: entropies and places

    def store(self, label: int, place: int, entropy: float) -> list[int] | None:
        """Offers an image to a label's memory: the places that it takes the place of, or None where it is refused."""
        stored, evicted = self._stored.setdefault(label, []), []
        if len(stored) == self._length:
            worst = max(range(len(stored)), key=lambda i: stored[i][0])
            if entropy >= stored[worst][0]:
                return None
            evicted = [stored.pop(worst)[1]]
        stored.append((entropy, place))
        return evicted

    def fullest(self, classes: int) -> Tensor:
        """(n,) the negative labels that have stored anything, those with most first, counted from 0."""
        found = sorted((-len(stored), label) for label, stored in self._stored.items() if label >= classes)
        return torch.tensor([label - classes for _, label in found], dtype=torch.long)

    def replace(self, cosines: Tensor, block: Tensor) -> None:
        """Overwrites the columns of (rows, labels) cosines to the text by those to the proxies, where they differ."""
        stored = torch.tensor(sorted(self._stored), dtype=torch.long, device=block.device)
        for which in torch.split(stored, _LABELS):
            cosines[:, which] = self.cosines(block, which)

    def cosines(self, block: Tensor, which: Tensor) -> Tensor:
        """(rows, m), cosines of images to the proxies of some labels, m of them."""
        places = torch.full((len(which), self._length), -1)
        for row, label in enumerate(which.tolist()):
            stored = [place for _, place in self._stored[label]]
            places[row, : len(stored)] = torch.tensor(stored)
        places = places.to(block.device)
        members = torch.cat((self.text[which][:, None], self.stream[places.clamp(min=0)]), dim=1)
        there = torch.cat((torch.ones_like(places[:, :1], dtype=torch.bool), places >= 0), dim=1)
        likeness = members @ block.T  # (m, 1 + L, rows)
        # No proxy is made: its product with v is Σ φ cos(v, m), its squared length φᵀ G φ with G = cos(m, m′).
        absent = ~there[:, :, None]
        best = likeness.masked_fill(absent, -1.0).amax(dim=1, keepdim=True)  # for the 1 in the exponent: no underflow
        shares = (self._sharpness * (likeness - best)).masked_fill(absent, -torch.inf).exp()
        lengths = (shares * ((members @ members.mT) @ shares)).sum(dim=1).clamp(min=torch.finfo(block.dtype).tiny)
        return ((shares * likeness).sum(dim=1) / lengths.sqrt()).T


def _nearest(logits: Tensor) -> tuple[Tensor, Tensor]:
    """(batch,) the largest of (batch, labels) logits, and the entropy of their softmax."""
    logs = logits.log_softmax(dim=1)
    return logits.argmax(dim=1), -(logs.exp() * logs).sum(dim=1)
