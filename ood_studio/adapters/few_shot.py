"""A few images of each class, and what to do about classes without any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import torch
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds, Help

Shots = Annotated[int | None, Bounds(1, 100_000, log=True, step=1, help="Images of each class; none = all there are")]
EmptyClasses = Annotated[
    Literal["keep", "leave-out", "refuse"],
    Help("Classes without an image: kept, as never seen; left out of what is learnt; or refused"),
]

_MOST_NAMED = 5


def few_shot_rows(targets: Tensor, classes: int, shots: int | None, seed: int) -> Tensor:
    """Rows, ascending, of at most so many images of each class, drawn by the seed; images without a class never.

    Args:
        targets: (n,) class of each image, -1 for none.
        classes: how many there are.
        shots: images a class; None = all.
        seed: of the draw. The images of fewer shots are among those of more.
    """
    targets = targets.cpu().long()
    if shots is None:
        return torch.nonzero(targets >= 0)[:, 0]
    order = torch.randperm(len(targets), generator=torch.Generator().manual_seed(seed))
    order = order[targets[order] >= 0]
    drawn = targets[order]
    order = order[drawn.argsort(stable=True)]  # class after class, each in the order of the draw
    counts = torch.bincount(drawn, minlength=classes)
    places = torch.arange(len(order)) - (counts.cumsum(0) - counts).repeat_interleave(counts)
    return order[places < shots].sort().values


def shot_notes(targets: Tensor, labels: Sequence[str], shots: int | None) -> tuple[str, ...]:
    """What to say where classes have fewer images than shots, but for those that have none."""
    if shots is None:
        return ()
    counts = torch.bincount(targets[targets >= 0].cpu().long(), minlength=len(labels)).tolist()
    few = [label for label, count in zip(labels, counts, strict=True) if 0 < count < shots]
    return (f"Fewer than {shots} images: {_named(few)}; all of theirs are used.",) if few else ()


def filled_classes(
    targets: Tensor, labels: Sequence[str], empty: EmptyClasses, what: str = "an image"
) -> tuple[Tensor, tuple[str, ...]]:
    """Which classes are learnt, ascending, and what to say about the others.

    Args:
        targets: (n,) class of each image learnt from, -1 for none.
        labels: of all classes.
        empty: see `EmptyClasses`.
        what: they lack, with its article.

    Raises:
        StudioError: for fewer than two classes that have one, or where empty ones are refused.
    """
    counts = torch.bincount(targets[targets >= 0].cpu().long(), minlength=len(labels))
    there = torch.nonzero(counts)[:, 0]
    if len(there) < 2:
        raise StudioError(
            f"images of two classes or more are needed to tell them apart; these have {what} of {len(there)} "
            f"of {len(labels)} labels"
        )
    lacking = [label for label, count in zip(labels, counts.tolist(), strict=True) if not count]
    if not lacking:
        return there, ()
    if empty == "refuse":
        raise StudioError(
            f"there is no {what.split()[-1]} of {_named(lacking)}; give some, or choose what to do with such classes"
        )
    if empty == "leave-out":
        return there, (f"Left out, as there is no {what.split()[-1]} of them: {_named(lacking)}.",)
    return torch.arange(len(labels)), (
        f"There is no {what.split()[-1]} of {_named(lacking)}; they are kept, as never seen.",
    )


def _named(labels: Sequence[str]) -> str:
    more = len(labels) - _MOST_NAMED
    return ", ".join(labels[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
