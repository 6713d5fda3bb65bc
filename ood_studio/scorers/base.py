"""What every score shares: the reference it may learn from, one validated `fit`, and the function that comes out.

A score is a real number, higher = more in-distribution (ID). A scorer is a frozen set of parameters; `fit` returns a
new function and changes nothing, so that a scorer can be shared and refitted at will.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Annotated, Any, ClassVar, Literal, NoReturn, Self, cast, final

import torch
from torch import Tensor
from torch.nn import Linear

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Help, check
from ood_studio.scorers.doubles import where_doubles_are
from ood_studio.scorers.label_texts import LabelTexts
from ood_studio.scorers.label_vectors import ConditionalText, FixedVectors, LabelVectors, TextPart
from ood_studio.scorers.remarks import Remark, gathered_remarks
from ood_studio.scorers.vectors import Space, check_features, check_layout, row_norms, shape_of, unit_rows

Protocol = Literal["inductive", "online", "transductive"]
"""What a score may depend on. ``inductive``: on no other test image. ``online``: on those before it, but not on what
the image itself or later ones change. ``transductive``: on images that come with it, or on what the image itself
changes before it is scored."""

VectorSpace = Annotated[Literal["joint", "visual"], Help("Features read: after the projection (joint) or before it")]
"""The space of a scorer that reads one vector an image and lets it be chosen."""

_PARTS = {
    "class_text": "the text features of the ID labels (class_text)",
    "negative_text": "negative labels (negative_text); mine some from a corpus first",
    "conjugated_text": "the labels of a conjugated pool (conjugated_text); make one first",
    "images": "the features of ID training images (images)",
    "labels": "the class labels of the ID training images (labels)",
    "head": "a trained linear head (head)",
    "texts": "the words of the labels and the text tower that reads them (texts)",
    "classifier": "a second head, of a trained classifier (classifier)",
}


@dataclass(frozen=True, eq=False)
class Reference:
    """What a scorer may learn from; any part may be None. Text features need not be of unit length.

    Attributes:
        class_text: (classes, dim), text features of the ID labels.
        negative_text: (negatives, dim), text features of the negative labels.
        conjugated_text: (n, dim), text features of the labels of a conjugated semantic pool.
        images: (n, d), features of ID training images, in the scorer's space.
        labels: (n,), integer class indices of `images`.
        head: a linear layer giving logits from image features; None = the zero-shot text head.
        logit_scale: the backbone's logit scale (CLIP: 100); 1 / logit_scale is its own temperature.
        classifier: another linear layer on visual features, of a classifier that stands beside `head`.
        conditional: what makes text features depend on the image; the three text parts are then those before it.
        noise: (n, dim), joint features of images of noise, which show nothing at all.
        texts: the words behind `class_text` and `negative_text`.
        absent: why a part is None, by its name, where more can be said than that it is.

    Raises:
        StudioError: a part with the wrong shape or type, or with a row that is zero, NaN or infinite.
    """

    class_text: Tensor | None = None
    negative_text: Tensor | None = None
    images: Tensor | None = None
    labels: Tensor | None = None
    head: Linear | None = None
    logit_scale: float = 100.0
    conjugated_text: Tensor | None = None
    classifier: Linear | None = None
    conditional: ConditionalText | None = None
    absent: Mapping[str, str] = field(default_factory=dict)
    noise: Tensor | None = None
    texts: LabelTexts | None = None

    def __post_init__(self) -> None:
        for part in ("class_text", "negative_text", "conjugated_text", "images", "noise"):
            rows = getattr(self, part)
            if rows is None:
                continue
            check_layout(rows, part, ("n", None))
            if len(rows) == 0:
                raise StudioError(f"{part} must have at least one row, not none")
            row_norms(rows, part)
        for part in ("negative_text", "conjugated_text"):
            rows = getattr(self, part)
            if self.class_text is None or rows is None:
                continue
            ours, theirs = self.class_text.shape[1], rows.shape[1]
            if ours != theirs:
                raise StudioError(f"class_text and {part} must have one width, not {ours} and {theirs}")
        if self.labels is not None:
            labels = self.labels
            if labels.ndim != 1 or labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool:
                raise StudioError(f"labels must be whole numbers of shape (n,), not {labels.dtype} {shape_of(labels)}")
            if self.images is not None and len(labels) != len(self.images):
                raise StudioError(f"labels must be as many as images: {len(self.images)}, not {len(labels)}")
        if not (math.isfinite(self.logit_scale) and self.logit_scale > 0):
            raise StudioError(f"logit_scale must be a positive number, not {self.logit_scale!r}")

    def vectors(self, part: TextPart, index: Tensor | None = None) -> LabelVectors:
        """The label vectors of a part that is there: what cosines of image features are asked of. Copies.

        Args:
            part: which text features.
            index: (m,) the rows wanted, in that order; None = all.
        """
        text = getattr(self, part)
        assert text is not None, part
        if self.conditional is None:
            return FixedVectors(unit_rows(text, None if index is None else index.to(text.device)))
        found = self.conditional.vectors(part, unit_rows(text))
        return found if index is None else found.take(index)

    def check_fixed(self, title: str) -> None:
        """Checks that its text features are the same for every image.

        Raises:
            StudioError: where they are not, naming who needs it.
        """
        if self.conditional is not None:
            raise StudioError(
                f"{title} needs text features that are the same for every picture, and these depend on it"
            )


@dataclass(frozen=True, eq=False)
class FittedScore:
    """A fitted score: calling it checks the features and scores them.

    Attributes:
        scorer: the scorer it was fitted from.
        dim: the width of the features it takes.
        remarks: what it had to do with its reference that a person should know.
    """

    scorer: Scorer
    dim: int
    _score: Callable[[Tensor], Tensor]
    remarks: tuple[Remark, ...] = ()

    def __call__(self, features: Tensor) -> Tensor:
        """Scores of image features, higher = more in-distribution; gradients flow to `features`.

        Args:
            features: in the scorer's space, floating point: (batch, dim); (batch, rows, columns, dim) for patches;
                (batch, 1 + rows * columns, dim) for tokens, see `select_features`. They may have any length above 0
                (only their direction counts), but for visual ones and both, which count as they are.

        Returns:
            (batch,), in the type of `features` (half precision: float32).

        Raises:
            StudioError: wrong type or shape, or a row that is zero, NaN or infinite (naming the row).
        """
        return self._score(check_features(features, self.scorer.space, self.dim, self.scorer.title))

    def __reduce__(self) -> NoReturn:
        raise StudioError(
            f"a fitted {self.scorer.title} does not pickle; send the scorer and its reference, and fit it there"
        )


class Scorer(ABC):
    """An OOD score. A concrete scorer is a frozen dataclass of its parameters with one small hook, `_fit`.

    Attributes:
        name: its key in `SCORERS` and on the command line.
        title: its name for people.
        needs: the parts of a `Reference` that it cannot do without.
        space: which image features it reads.
        wants: the parts that it takes where they are there, and does without where they are not.
        stream: True where one call is one stream of test images, scored in order from a fresh state, so that a
            image's score depends on those before it; then there is no batch invariance.
        differentiable: False where the score is a step function of the features, so that its gradient is 0.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    wants: ClassVar[tuple[str, ...]] = ()
    stream: ClassVar[bool] = False
    space: Space = "joint"  # not a ClassVar, so that a scorer that reads two spaces can make it a field

    def __post_init__(self) -> None:
        check(self)

    @property
    def differentiable(self) -> bool:
        return True

    @property
    def protocol(self) -> Protocol:
        """What its scores may depend on; of a `stream` scorer that says nothing else, the most."""
        return "transductive" if self.stream else "inductive"

    @property
    def seen(self) -> str:
        """What of the test images it learns from before a score is final, in words."""
        return "those before it and itself" if self.stream else "no test image"

    @property
    def at_once(self) -> int:
        """How many images of a stream it takes at once; 0 where that does not matter."""
        return 1 if self.stream else 0

    @final
    def missing(self, reference: Reference) -> str | None:
        """Why this scorer cannot be fitted to `reference`, in one sentence, or None if it can."""
        lacking = [part for part in self._needs(reference) if getattr(reference, part) is None]
        reasons = "; ".join(dict.fromkeys(reference.absent[part] for part in lacking if part in reference.absent))
        needs = f"{self.title} needs {' and '.join(_PARTS[part] for part in lacking)}"
        return f"{needs}{': ' if reasons else ''}{reasons}" if lacking else None

    @final
    def reads(self, reference: Reference) -> tuple[str, ...]:
        """The parts of a reference that its score depends on, such as ``class_text`` or ``head``."""
        return self._needs(reference)

    @final
    def fit(self, reference: Reference) -> FittedScore:
        """A new function from image features to scores. Neither the scorer nor the reference changes, and later changes
        to the reference's tensors do not reach the function.

        Args:
            reference: what to learn from; see `needs`.

        Returns:
            A `FittedScore`: features (batch, dim) -> scores (batch,), higher = more in-distribution.

        Raises:
            StudioError: when the reference lacks a part; the sentence of `missing`.
        """
        reason = self.missing(reference)
        if reason is not None:
            raise StudioError(reason)
        reference = where_doubles_are(reference)
        with torch.no_grad():
            with gathered_remarks() as said:
                score = self._fit(reference)
            return FittedScore(self, self._dim(reference), score, tuple(said))

    def resolved(self, reference: Reference) -> Self:
        """The scorer with numbers where None stands for something that the reference says: what makes its scores.

        Here a temperature τ; a scorer with more such parameters adds its own.
        """
        named = {field.name for field in fields(cast(Any, self))}  # every concrete scorer is a dataclass
        if "tau" not in named:
            return self
        tau = temperature(cast(Any, self).tau, reference.logit_scale)
        return cast(Self, replace(cast(Any, self), tau=tau))

    def settled(self, reference: Reference) -> tuple[Self, Tensor | None]:
        """The scorer after it has left out negative labels for what their words mean, which no vector tells.

        Args:
            reference: with all that it needs.

        Returns:
            The scorer that scores alike with the negative labels that stay alone, and their numbers, on the CPU; None
            where it leaves out none for that.
        """
        return self, None

    @abstractmethod
    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        """The score as a function of checked features, float32 or float64, of unit length but for visual ones and both.

        Tensors kept by the function must be copies, and follow the features' device and type at the call.
        """

    def _needs(self, reference: Reference) -> tuple[str, ...]:
        """The parts needed, where that depends on what the reference has."""
        return self.needs

    def _dim(self, reference: Reference) -> int:
        """The width of the features taken: that of the text, or else of the training images."""
        rows = reference.class_text if reference.class_text is not None else reference.images
        assert rows is not None, "a scorer that learns from neither text nor images says its own _dim"
        return rows.shape[1]


def temperature(tau: float | None, logit_scale: float) -> float:
    """τ, or where none is given the model's own, 1 / its logit scale."""
    return 1 / logit_scale if tau is None else tau
