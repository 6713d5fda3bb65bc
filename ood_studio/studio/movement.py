"""Where an adapter moves features: held-out images and label texts in one plane, before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ood_studio.adapters import Adapted
from ood_studio.scorers import Reference
from ood_studio.studio.judge import Judge

_MOST = 150  # images of each set
_STILL = 1e-5  # cosine distance below which nothing counts as moved


@dataclass(frozen=True, eq=False)
class Moved:
    """Features of one kind.

    Attributes:
        name: of the set, or what the texts are.
        kind: ``id``, ``ood`` or ``text``.
        before, after: (n, 2) places.
        captions: of each.
        turned: the mean of 1 − cos between before and after, in [0, 2].
    """

    name: str
    kind: str
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    captions: tuple[str, ...]
    turned: float


@dataclass(frozen=True, eq=False)
class Movement:
    """All kinds in one plane, and what is to be said of what is not in it."""

    groups: tuple[Moved, ...]
    note: str = ""

    @property
    def still(self) -> bool:
        """Whether nothing moved."""
        return all(each.turned < _STILL for each in self.groups)


@torch.no_grad()
def movement(judge: Judge, adapted: Adapted) -> Movement:
    """The plane in which ID images and ID labels vary most before, each around their own mean (PCA of joint features).

    Texts and images lie apart in such models; around their own means they share a map.

    Args:
        judge: the held-out sets, as the bare model sees them.
        adapted: what was learnt.
    """
    below = judge.space.adaptation
    above = below.with_part(adapted)
    rows: dict[str, tuple[str, Tensor, Tensor, tuple[str, ...]]] = {}
    for name, found in judge.plain.items():
        old, new = (each.features(found).joint for each in (below, above))
        assert old is not None and new is not None
        images = judge.ood[name] if name else judge.id
        captions = tuple(images.caption(int(row)) for row in found.rows[:_MOST])
        rows[name or "ID pictures"] = ("ood" if name else "id", _unit(old[:_MOST]), _unit(new[:_MOST]), captions)
    plain = Reference(judge.space.class_text, judge.space.negative_text, logit_scale=judge.space.backbone.logit_scale)
    before, after = (each.reference(plain) for each in (below, above))
    note = ""
    if after.conditional is not None or before.conditional is not None:
        note = "Its text features are others for every picture, so they have no one place on the map."
    elif before.class_text is not None and after.class_text is not None:
        texts = _unit(before.class_text), _unit(after.class_text)
        rows["ID labels"] = ("text", *texts, judge.space.id_labels)
    return Movement(_places(rows), note)


def _places(rows: Mapping[str, tuple[str, Tensor, Tensor, tuple[str, ...]]]) -> tuple[Moved, ...]:
    images = torch.cat([old for kind, old, _, _ in rows.values() if kind == "id"])
    texts = [old for kind, old, _, _ in rows.values() if kind == "text"]
    middle = {"text": texts[0].mean(dim=0) if texts else images.mean(dim=0)}
    spread = torch.cat([images - images.mean(dim=0), *(each - middle["text"] for each in texts)])
    axes = torch.linalg.svd(spread, full_matrices=False).Vh[:2]
    axes = axes * torch.sign(axes.gather(1, axes.abs().argmax(dim=1, keepdim=True)))  # the same way round every time
    found = []
    for name, (kind, old, new, captions) in rows.items():
        centre = middle.get(kind, images.mean(dim=0))
        places = [((each - centre) @ axes.T).numpy() for each in (old, new)]
        turned = max(0.0, float((1 - (old * new).sum(dim=1)).mean())) if len(old) else 0.0
        found.append(Moved(name, kind, places[0], places[1], captions, turned))
    return tuple(found)


def _unit(rows: Tensor) -> Tensor:
    return functional.normalize(rows.double(), dim=1)
