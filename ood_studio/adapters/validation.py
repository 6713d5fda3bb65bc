"""What images that an adapter has not learnt from said of it while it was fitted; a part of its record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Rates:
    """What a model makes of held-out sets, in [0, 1].

    Attributes:
        accuracy: the share of ID images whose class is right; None where classes are unknown.
        auroc, fpr95: by OOD set.
    """

    accuracy: float | None
    auroc: Mapping[str, float]
    fpr95: Mapping[str, float]


@dataclass(frozen=True)
class Validation:
    """Rates before, after and meanwhile.

    Attributes:
        score: the scorer that judged.
        before, after: of the model without the adapter, and of what was kept.
        epochs: at which it was judged.
        accuracy: of ID images at each; empty where classes are unknown.
        auroc, fpr95: by OOD set, at each.
        scores: of each set before and after, float32; ``""`` is ID.
    """

    score: str
    before: Rates
    after: Rates
    epochs: tuple[int, ...]
    accuracy: tuple[float, ...]
    auroc: Mapping[str, tuple[float, ...]]
    fpr95: Mapping[str, tuple[float, ...]]
    scores: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]]

    @property
    def told(self) -> dict[str, Any]:
        """All but the scores, as plain values."""
        return {name: value for name, value in asdict(self).items() if name != "scores"}


def short(scores: Iterable[float]) -> tuple[float, ...]:
    """Scores with the digits that float32 has, which are fewer letters in a file."""
    return tuple(float(str(np.float32(score))) for score in scores)


def read_validation(found: Mapping[str, Any] | None) -> Validation | None:
    """What `dataclasses.asdict` made of one, after JSON; None for None.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: for anything else.
    """
    if found is None:
        return None
    values = dict(found)
    for part in ("before", "after"):
        values[part] = Rates(**values[part])
    for part in ("epochs", "accuracy"):
        values[part] = tuple(values[part])
    for part in ("auroc", "fpr95"):
        values[part] = {name: tuple(line) for name, line in values[part].items()}
    values["scores"] = {name: (tuple(was), tuple(now)) for name, (was, now) in values["scores"].items()}
    return Validation(**values)
