"""COOkeD: what a classifier, a probe and the zero-shot text say of an image, averaged."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor
from torch.nn import Linear

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Help
from ood_studio.scorers.base import Reference, Scorer
from ood_studio.scorers.logits import logits_of
from ood_studio.scorers.remarks import remark
from ood_studio.scorers.vectors import check_features

_HEADS = (("classifier", "classifier"), ("probe", "head"))
"""The parts that are heads, and where a reference holds them."""


@dataclass(frozen=True)
class COOkeD(Scorer):
    """Σ_k p_k log p_k of p = (p_classifier + p_probe + p_zero-shot) / 3, in [-log K, 0] (COOkeD, ICCV workshops 2025).

    p_zero-shot = softmax(logit_scale · cos(joint, class_text)); p_probe is the softmax of `reference.head` and
    p_classifier that of `reference.classifier`, both on visual features as they are (the authors' probe takes CLIP's
    un-normalised ones). Each part is optional: p is the mean of those chosen, and a head that is not there is left out,
    which is said. A classifier of another model is one on visual features of both models, side by side.

    Attributes:
        classifier, probe, zero_shot: which parts take part; a head at least.
        form: the negative entropy, or the largest probability.
    """

    name: ClassVar[str] = "cooked"
    title: ClassVar[str] = "COOkeD"
    needs: ClassVar[tuple[str, ...]] = ("class_text", "head")
    space = "both"

    classifier: Annotated[bool, Help("The classifier takes part")] = True
    probe: Annotated[bool, Help("The probe takes part")] = True
    zero_shot: Annotated[bool, Help("The zero-shot text takes part")] = True
    form: Annotated[Literal["entropy", "max"], Help("Negative entropy, or the largest probability")] = "entropy"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.classifier or self.probe):
            raise StudioError("COOkeD needs classifier or probe: of the zero-shot text alone the score is entropy")

    def _needs(self, reference: Reference) -> tuple[str, ...]:
        return self.needs if self.probe else (*self.needs, "classifier")

    def _dim(self, reference: Reference) -> int:
        assert reference.head is not None
        return super()._dim(reference) + reference.head.in_features

    def _fit(self, reference: Reference) -> Callable[[Tensor], Tensor]:
        assert reference.class_text is not None and reference.head is not None
        classes, dim = reference.class_text.shape
        heads = []
        for part, name in _HEADS:
            head: Linear | None = getattr(reference, name)
            if not getattr(self, part):
                continue
            if head is None:
                remark(f"{self.title} has no {part}: it averages the others")
                continue
            if (head.out_features, head.in_features) != (classes, reference.head.in_features):
                raise StudioError(
                    f"the {part} of {self.title} must give {classes} classes of {reference.head.in_features} features, "
                    f"as labels and probe do, not {head.out_features} of {head.in_features}"
                )
            bias = None if head.bias is None else head.bias.detach().clone()
            heads.append((head.weight.detach().clone(), bias))
        vectors = reference.vectors("class_text") if self.zero_shot else None
        scale, count = reference.logit_scale, len(heads) + self.zero_shot

        def score(features: Tensor) -> Tensor:
            joint, visual = features[:, :dim], features[:, dim:]
            logits = [logits_of(visual, *head) for head in heads]
            if vectors is not None:
                logits.append(vectors.cosines(check_features(joint, "joint", dim, self.title)) * scale)
            # In logarithms: a probability that rounds to 0 has one all the same, and a gradient.
            logs = torch.stack([each.log_softmax(dim=1) for each in logits]).logsumexp(dim=0) - math.log(count)
            return (logs.exp() * logs).sum(dim=1) if self.form == "entropy" else logs.amax(dim=1).exp()

        return score
