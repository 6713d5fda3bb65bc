"""What every adapter shares: one validated `fit`, and what comes out of it.

An adapter is a frozen set of hyper-parameters; a fit returns a new `Adapted` and changes nothing, neither the adapter
nor the backbone, which stays frozen.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ood_studio.adapters.loop import Diverged, Learner, State, run
from ood_studio.adapters.material import Material
from ood_studio.adapters.optimisers import Recipe
from ood_studio.adapters.record import AdapterError, Record
from ood_studio.backbones import Backbone, ImageFeatures
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import check, texts
from ood_studio.core.progress import Progress, Stopped, silent
from ood_studio.scorers import Reference, Scorer, Space

__all__ = ["Adapted", "Adapter", "Diverged", "Epoch", "Start"]

_TEXT = ("class_text", "negative_text", "conditional")  # the parts of a reference that make its text side


@dataclass(frozen=True, eq=False)
class Start:
    """A fit that is about to begin.

    Attributes:
        learner: what is going to learn.
        constants: tensors that the adapter keeps besides what is learnt.
        notes: sentences for the person, such as classes without an image.
    """

    learner: Learner
    constants: Mapping[str, Tensor]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Epoch:
    """An epoch of a fit that has passed.

    Attributes:
        number: of epochs done, of ``of``; 0 = before any step.
        losses: by name, means over the epoch; the first is what is minimised, the others are its parts.
        rate: of the last step.
        seconds: since the fit began.
        adapted: what is learnt by now; a copy that later epochs do not change.
        diverged: why the fit ends here, where the loss ran away; ``adapted`` is then the last good one.
        state: what a later fit goes on from (`Adapter.train`); None where it diverged.
    """

    number: int
    of: int
    losses: Mapping[str, float]
    rate: float
    seconds: float
    adapted: Adapted
    diverged: str
    state: State | None


class Adapter(ABC):
    """Something that can be learnt on a frozen backbone. A concrete adapter is a frozen dataclass with small hooks.

    Attributes:
        name: its key in `ADAPTERS` and on the command line.
        title: its name for people.
        needs: the parts of a `Material` that it cannot do without.
        identity: whether it changes no score before its first step, as its paper wants.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    identity: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check(self)

    @property
    def binds(self) -> tuple[str, ...]:
        """What it must meet again where it is used: "labels", "negative labels", both or nothing."""
        return ()

    @final
    def missing(self, material: Material) -> str | None:
        """Why this adapter cannot learn from `material`, in one sentence, or None if it can."""
        lacking = material.missing(self._needs())
        return f"{self.title} needs {' and '.join(lacking)}" if lacking else None

    @final
    def fit(self, backbone: Backbone, material: Material, *, seed: int = 0, progress: Progress = silent) -> Adapted:
        """The whole fit; where progress stops it after an epoch or more, what is learnt by then.

        Raises:
            StudioError: as `train`.
            Stopped: as ``progress`` raises it, before the first epoch has passed.
        """
        last: Epoch | None = None
        try:
            for epoch in self.train(backbone, material, seed=seed, progress=progress):
                last = epoch
        except Stopped:
            if last is None or last.number == 0:
                raise
        assert last is not None
        return last.adapted

    @final
    def train(
        self,
        backbone: Backbone,
        material: Material,
        *,
        seed: int = 0,
        progress: Progress = silent,
        resume: State | None = None,
        keep: Callable[[State], None] | None = None,
    ) -> Generator[Epoch]:
        """The fit, epoch by epoch, the start first; to stop, stop asking.

        Args:
            backbone: whose features the material holds; it does not change.
            material: what to learn from; it does not change.
            seed: of the order of the examples and of what is drawn at the start: equal seeds, equal bits on a CPU.
            progress: told the steps; may raise to stop.
            resume: of an earlier fit of the same adapter, material and seed; the start is then not given again.
            keep: takes what a later fit goes on from within an epoch that takes long, see `run`.

        Raises:
            StudioError: for material that lacks a part or cannot be learnt from; the sentence of `missing`.
            Diverged: if the loss runs away in the first epoch.
        """
        reason = self.missing(material)
        if reason is not None:
            raise StudioError(reason)
        if material.joint is not None and material.joint.shape[1] != backbone.dim:
            raise StudioError(
                f"the material has joint features of {material.joint.shape[1]} numbers, but {backbone.name} has "
                f"{backbone.dim}; take features of that model"
            )
        material.check()
        began = time.perf_counter()
        start = self._start(backbone, material, seed, progress)
        recipe = self._recipe()
        record = Record(
            adapter=self.name,
            parameters=texts(self),
            backbone=backbone.name,
            fingerprint=backbone.fingerprint,
            labels=material.labels,
            negative_labels=material.negative_labels,
            seed=seed,
            material=material.key,
            about=material.about,
            planned=recipe.epochs,
            notes=(*material.notes, *start.notes),
        )
        stage = f"training {self.title}"
        own: Any = {"stage": stage, "progress": progress, "resume": resume, "keep": keep}
        for passed in run(start.learner, recipe, seed=seed, **own):
            notes = (*record.notes, f"{passed.diverged}.") if passed.diverged else record.notes
            tensors = {
                name: tensor.detach().cpu().clone().contiguous()
                for name, tensor in {**start.constants, **start.learner.kept()}.items()
            }
            said = replace(record, epochs=passed.number, history=passed.history, notes=notes)
            yield Epoch(
                passed.number,
                recipe.epochs,
                passed.losses,
                passed.rate,
                time.perf_counter() - began,
                Adapted(self, backbone, tensors, said, material.labels, material.negative_labels),
                passed.diverged,
                None if passed.diverged else passed.state(),
            )

    # --- hooks --------------------------------------------------------------------------------------------------------

    def _needs(self) -> tuple[str, ...]:
        """The parts needed, where that depends on the parameters."""
        return self.needs

    @abstractmethod
    def _recipe(self) -> Recipe:
        """How it is optimised."""

    @abstractmethod
    def _start(self, backbone: Backbone, material: Material, seed: int, progress: Progress) -> Start:
        """The learner of a fit.

        Raises:
            StudioError: for material that cannot be learnt from.
        """

    def _image(self, adapted: Adapted, features: ImageFeatures) -> ImageFeatures:
        """Features as the adapted model sees them; differentiable."""
        return features

    def _reference(self, adapted: Adapted, reference: Reference, space: Space) -> Reference:
        """A reference as the adapted model has it: a new text side, or a head."""
        return reference

    def _scorer(self, adapted: Adapted, scorer: Scorer) -> Scorer:
        """A scorer at its defaults, as it is meant on the adapted model."""
        return scorer

    def _classes(self, adapted: Adapted, joint: Tensor | None, classes: Tensor | None) -> Tensor | None:
        """The classes of ID images, as the adapted model knows them."""
        return classes


@dataclass(frozen=True, eq=False)
class Adapted:
    """What was learnt, on the backbone it was learnt on and with the labels it is used with.

    Attributes:
        adapter: its kind and hyper-parameters.
        backbone: the model, frozen as before.
        tensors: what was learnt, float32, and the constants beside it; on the CPU.
        record: how it came to be.
        labels, negative_labels: those in use, in the order of a reference's text features.

    Raises:
        AdapterError: for another backbone, or for labels that it was not fitted with where it is bound to them.
    """

    adapter: Adapter
    backbone: Backbone
    tensors: Mapping[str, Tensor]
    record: Record
    labels: tuple[str, ...]
    negative_labels: tuple[str, ...]

    def __post_init__(self) -> None:
        record, title = self.record, self.adapter.title
        if record.fingerprint != self.backbone.fingerprint:
            same = " (another version of it)" if record.backbone == self.backbone.name else ""
            raise AdapterError(
                f"{title} was learnt on {record.backbone}{same} and does not fit {self.backbone.name}; train it again"
            )
        for what, fitted, used in (
            ("labels", record.labels, self.labels),
            ("negative labels", record.negative_labels, self.negative_labels),
        ):
            if what in self.adapter.binds and fitted != used:
                raise AdapterError(f"{title} was learnt with other {what}: {_difference(fitted, used)}")

    @property
    def key(self) -> str:
        """Of what it does to scores."""
        return self.record.key

    def on(self, labels: tuple[str, ...], negative_labels: tuple[str, ...]) -> Adapted:
        """The same for other labels.

        Raises:
            AdapterError: where it is bound to those that it was fitted with.
        """
        return replace(self, labels=labels, negative_labels=negative_labels)

    def image(self, features: ImageFeatures) -> ImageFeatures:
        """Features as the adapted model sees them, identity unless it moves images; gradients flow.

        Args:
            features: of the backbone.
        """
        return self.adapter._image(self, features)

    def reference(self, reference: Reference, space: Space = "joint") -> Reference:
        """What scorers learn from on the adapted model: a new text side, a new head.

        Args:
            reference: with text features of ``labels`` and ``negative_labels``, each where it is there at all.
            space: of the scorers that are to learn from it; its images are such features, `image` gave them.

        Raises:
            AdapterError: for text features of other labels.
        """
        for what, text, labels in (
            ("ID labels", reference.class_text, self.labels),
            ("negative labels", reference.negative_text, self.negative_labels),
        ):
            if text is not None and len(text) != len(labels):
                raise AdapterError(f"the reference has {len(text):,} {what}, the adapter {len(labels):,}")
        found = self.adapter._reference(self, reference, space)
        moved = any(getattr(found, part) is not getattr(reference, part) for part in _TEXT)
        if found.texts is None or not moved:
            return found
        why = f"{self.adapter.title} has learnt other vectors for the labels, and none for new texts"
        return replace(found, texts=None, absent={**found.absent, "texts": why})

    def scorer(self, scorer: Scorer) -> Scorer:
        """A scorer at its defaults, as it is meant on the adapted model: a score of logits reads the trained head."""
        return self.adapter._scorer(self, scorer)

    def classes(self, joint: Tensor | None, classes: Tensor | None) -> Tensor | None:
        """The classes of ID training images, as the adapted model knows them: PLP's are its pseudo-labels.

        Args:
            joint: (n, dim) features of the images, where there are some.
            classes: (n,) their true classes, where known.
        """
        return self.adapter._classes(self, joint, classes)

    def tensor(self, name: str, like: Tensor) -> Tensor:
        """One of its tensors, where and as precise as another tensor is."""
        return self.tensors[name].to(like)


def draw(shape: tuple[int, ...], bound: float, generator: torch.Generator) -> Tensor:
    """Uniform numbers in [-bound, bound], drawn on the CPU so that a seed means the same on every device."""
    return torch.empty(shape).uniform_(-bound, bound, generator=generator)


def _difference(fitted: tuple[str, ...], used: tuple[str, ...]) -> str:
    if len(fitted) != len(used):
        return f"{len(fitted):,} of them, not {len(used):,}"
    row = next(i for i, (ours, theirs) in enumerate(zip(fitted, used, strict=True)) if ours != theirs)
    return f"number {row + 1} was {fitted[row]!r}, here it is {used[row]!r}"
