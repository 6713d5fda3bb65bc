"""InterNeg: negative labels chosen by what ID images look like, and learnt from images that look OOD (CVPR 2026)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from ood_studio.core.errors import StudioError
from ood_studio.core.memory import halving
from ood_studio.core.parameters import Bounds, Help, Seed, Tau
from ood_studio.scorers.base import Reference, Scorer
from ood_studio.scorers.label_texts import PseudoWords
from ood_studio.scorers.neglabel import Groups, NegativeCount, NegLabel
from ood_studio.scorers.remarks import remark
from ood_studio.scorers.streaming import AtOnce, Order, Streaming, tell_learnt
from ood_studio.scorers.vectors import unit_rows

_START = 0.02  # standard deviation of a pseudo-word before it learns
_DECAY = 0.01  # AdamW's


@dataclass(frozen=True)
class _InterModal(Scorer):
    """What both share: the choice of negative labels, and NegLabel's score with them.

    Attributes:
        tau: τ; None = 1 / logit_scale of the reference.
        groups, seed: n_g, as in `NegLabel`, and the seed of every draw; the authors take 5 groups, 1 for near OOD.
        count: M.
        shots: ID images of a class that make its prototype, drawn by the seed; none = all.
    """

    needs: ClassVar[tuple[str, ...]] = ("class_text", "negative_text", "images", "labels")
    wants: ClassVar[tuple[str, ...]] = ("texts",)

    tau: Tau = None
    groups: Groups = 5
    seed: Annotated[Seed, Help("Seed of the grouping, of the pictures drawn and of what is learnt")] = 0
    count: NegativeCount = 2000
    shots: Annotated[
        int | None, Bounds(1, 100_000, log=True, step=1, help="ID pictures of a class looked at; none = all")
    ] = 16

    def _dim(self, reference: Reference) -> int:
        assert reference.class_text is not None
        return reference.class_text.shape[1]

    def _chosen(self, reference: Reference) -> tuple[Tensor, Tensor, _Criterion]:
        """(classes, dim) ID labels and (M, dim) negative ones, of unit length, and the criterion."""
        assert reference.class_text is not None and reference.negative_text is not None
        reference.check_fixed(self.title)
        classes = unit_rows(reference.class_text)
        criterion = _Criterion(classes, prototypes(reference, self.shots, self.seed).to(classes))
        negatives = unit_rows(reference.negative_text).to(classes)
        gain, passes = criterion(negatives)
        if not bool(passes.any()):
            raise StudioError(f"{self.title} keeps no negative label: each is nearer to an ID class than its own label")
        adjectives = torch.zeros(len(negatives), dtype=torch.bool)
        if reference.texts is not None:
            adjectives = reference.texts.adjectives.cpu()
        kinds = [passes.cpu() & ~adjectives, passes.cpu() & adjectives]
        total = min(self.count, int(passes.sum()))
        nouns = round(total * int(kinds[0].sum()) / int(passes.sum()))
        taken = []
        for which, size in zip(kinds, (nouns, total - nouns), strict=True):
            rows = which.nonzero()[:, 0]
            order = gain.cpu()[rows].argsort(descending=True, stable=True)
            taken.append(rows[order[:size]])
        remark(
            f"{self.title} keeps {total:,} of {len(negatives):,} negative labels; {int(passes.sum()):,} are farther "
            "from every ID class than its own label is",
            interneg=float(total),
        )
        return classes, negatives[torch.cat(taken).to(negatives.device)], criterion

    def _neglabel(self, reference: Reference, classes: Tensor, negatives: Tensor) -> Callable[[Tensor], Tensor]:
        """NegLabel's score with these labels."""
        own = Reference(classes, negatives, logit_scale=reference.logit_scale)
        return NegLabel(tau=self.tau, groups=self.groups, seed=self.seed).score_of(own)


@dataclass(frozen=True)
class InterNeg(_InterModal):
    """NegLabel over negative labels that the inter-modal criterion chooses.

    The prototype p_k of a class is the direction of the mean of some of its ID images, b_k = cos(e_k, p_k) its nearness
    to its own label. A negative label ẽ passes where cos(ẽ, p_k) < b_k for every k; of those that pass, the M with the
    largest mean_k(b_k - cos(ẽ, p_k)) are taken, nouns and adjectives in the proportion in which they pass. Text and
    images lie in two regions of a CLIP-like space, so that a text's distance to other texts, which NegMining takes,
    says little about its distance to images. The reference's negative labels are the candidates; ID images are needed,
    so it is no zero-shot method.
    """

    name: ClassVar[str] = "interneg"
    title: ClassVar[str] = "InterNeg"

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        classes, negatives, _ = self._chosen(reference)
        return self._neglabel(reference, classes, negatives)


@dataclass(frozen=True)
class InterNegInverted(Streaming, _InterModal):
    """`InterNeg` whose negative labels grow by texts learnt from the images that look OOD, one call being one stream.

    Of every batch, in the stream's order:

    1. It is scored with the labels chosen, and the texts learnt so far.
    2. For each image v that scores below `threshold`, a vector that stands for a word is learnt through the frozen text
       tower: from N(0, 0.02²), `steps` steps of AdamW (weight decay 0.01) on 1 - cos(T, v), T the text feature of a
       template drawn anew at each step with the vector as its word. The last T is the image's text.
    3. The texts that pass the criterion join those learnt before; the `bank` with the largest mean_k(b_k - cos(T, p_k))
       stay, as with the authors, whose order keeps those farthest from ID images, not the latest.
    4. Where any was learnt, the batch is scored again: these are its scores.

    Needs a model of the open_clip family, whose text tower reads vectors in place of words. The templates are those of
    the negative nouns.

    Attributes:
        threshold: below which an image is learnt from.
        steps, rate: of the optimisation.
        bank: most texts that are kept.
        batch: images that come at once; the authors' 256.
        order: seed of a shuffle of the stream; None = in the order given. Scores come back in the order given.
    """

    name: ClassVar[str] = "interneg-inverted"
    title: ClassVar[str] = "InterNeg with inversion"
    needs: ClassVar[tuple[str, ...]] = (*_InterModal.needs, "texts")
    wants: ClassVar[tuple[str, ...]] = ()

    threshold: Annotated[float, Bounds(0.0, 1.0, step=0.01, help="Score below which a picture is learnt from")] = 0.35
    steps: Annotated[int, Bounds(1, 1000, log=True, step=1, help="Steps of learning")] = 10
    rate: Annotated[float, Bounds(1e-6, 10.0, log=True, help="Learning rate")] = 0.02
    bank: Annotated[int, Bounds(1, 1_000_000, log=True, step=1, help="Learnt texts that are kept")] = 2000
    batch: AtOnce = 256
    order: Order = None

    @property
    def learns_first(self) -> bool:
        """See `Streaming.learns_first`."""
        return True

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        assert reference.texts is not None
        words = reference.texts.pseudo_words()
        classes, negatives, criterion = self._chosen(reference)

        def score(features: Tensor) -> Tensor:
            def run(stream: Tensor) -> Tensor:
                generator = torch.Generator().manual_seed(self.seed)
                texts = negatives[:0].to(stream)
                plain = self._neglabel(reference, classes, negatives)
                scores = [stream.new_empty(0)]
                for number, batch in enumerate(torch.split(stream, self.batch)):
                    start = number * self.batch
                    found = plain(batch)
                    low = found < self.threshold
                    if bool(low.any()):
                        learnt = self._inverted(words, batch[low], generator)
                        texts = torch.cat([texts, learnt[criterion(learnt)[1]]])
                        best = criterion(texts)[0].argsort(descending=True, stable=True)[: self.bank]
                        texts = texts[best]
                        tell_learnt(start + len(batch), outside=(start + low.nonzero()[:, 0]).tolist())
                        plain = self._neglabel(reference, classes, torch.cat([negatives, texts.to(negatives)]))
                        found = plain(batch)
                    scores.append(found)
                return torch.cat(scores)

            return self._streamed(features, run)

        return score

    def _inverted(self, words: PseudoWords, images: Tensor, generator: torch.Generator) -> Tensor:
        """(n, dim) texts learnt from images (n, dim)."""
        start = torch.randn(len(images), words.width, generator=generator) * _START
        templates = torch.randint(words.templates, (self.steps,), generator=generator).tolist()
        full = f"{self.title} ran out of memory with a single picture; choose a smaller model or another device"

        def some(rows: Tensor) -> Tensor:
            return self._learnt(words, images[rows.to(images.device)], start[rows], templates)

        parts = torch.split(torch.arange(len(images)), words.at_once)
        return torch.cat([halving(some, rows, torch.cat, full) for rows in parts])

    def _learnt(self, words: PseudoWords, images: Tensor, start: Tensor, templates: list[int]) -> Tensor:
        """(n, dim) texts of vectors (n, width) that learn from images (n, dim), each as if it were alone."""
        with torch.inference_mode(False), torch.enable_grad():
            target = images.detach().clone().float()
            vectors = start.clone().to(target.device).requires_grad_()
            optimiser = torch.optim.AdamW([vectors], lr=self.rate, weight_decay=_DECAY)
            for template in templates:
                optimiser.zero_grad()
                text = words.encode(vectors, template).to(target)
                # A sum, so that every vector learns as if it were alone.
                (1 - (text * target).sum(dim=1)).sum().backward()  # type: ignore[no-untyped-call]
                optimiser.step()
            last = words.encode(vectors, templates[-1]).detach()
        return functional.normalize(last.to(images), dim=1)


@dataclass(frozen=True, eq=False)
class _Criterion:
    """How much farther texts are from ID images than the ID labels are."""

    classes: Tensor
    prototypes: Tensor

    def __call__(self, texts: Tensor) -> tuple[Tensor, Tensor]:
        """(n,) mean_k(b_k - cos(T, p_k)), and whether b_k - cos(T, p_k) > 0 for every k."""
        own = (self.classes * self.prototypes).sum(dim=1).to(texts)
        gains = own - texts @ self.prototypes.to(texts).T
        return gains.mean(dim=1), (gains > 0).all(dim=1)


def prototypes(reference: Reference, shots: int | None, seed: int) -> Tensor:
    """(classes, dim) direction of the mean of the joint features, of unit length each, of some images of every class.

    Raises:
        StudioError: naming a class without an image, or one that there is no label for.
    """
    assert reference.class_text is not None and reference.images is not None and reference.labels is not None
    labels, count = reference.labels.cpu(), len(reference.class_text)
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < count:
        raise StudioError(
            f"the classes of the ID pictures must lie between 0 and {count - 1}, as there are {count} labels"
        )
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    found = []
    for which in range(count):
        rows = order[labels[order] == which][:shots]
        if not len(rows):
            raise StudioError(
                f"ID label {which + 1} of {count} has no ID picture, and each needs one for its prototype"
            )
        found.append(unit_rows(reference.images, rows.to(reference.images.device)).mean(dim=0))
    return functional.normalize(torch.stack(found), dim=1)
