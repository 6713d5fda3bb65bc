"""What was measured of one model: a figure with its interval for each quantity, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.calibration import FEW, Reliability

_VERSION = 2


@dataclass(frozen=True)
class Figure:
    """One measured quantity.

    Attributes:
        value: the figure.
        low, high: the ends of its bootstrap interval; None where there is none.
        n: over how many images it is.
    """

    value: float
    low: float | None = None
    high: float | None = None
    n: int = 0


@dataclass(frozen=True)
class Diagram:
    """A reliability diagram in plain numbers: 15 bins of equal width of the largest probability.

    Attributes:
        counts: images in each bin.
        confidence, accuracy: the mean of the largest probability and the share that was right, in [0, 1]; None for an
            empty bin.
    """

    counts: tuple[int, ...]
    confidence: tuple[float | None, ...]
    accuracy: tuple[float | None, ...]

    @classmethod
    def of(cls, found: Reliability) -> Diagram:
        """The diagram of `ood_studio.evaluation.calibration.reliability`, to four digits."""

        def plain(values: Any) -> tuple[float | None, ...]:
            return tuple(None if np.isnan(value) else round(float(value), 4) for value in values)

        return cls(tuple(map(int, found.counts)), plain(found.confidence), plain(found.accuracy))

    @property
    def few(self) -> int:
        """How many bins hold some images, but fewer than `FEW`."""
        return sum(0 < count < FEW for count in self.counts)


@dataclass(frozen=True)
class Retrieved:
    """The images that lie nearest to a caption.

    Attributes:
        text: the caption.
        rows: indices of the captioned images, the nearest first.
        right: whether each has that caption.
    """

    text: str
    rows: tuple[int, ...]
    right: tuple[bool, ...]


@dataclass(frozen=True)
class Measured:
    """All figures of one model.

    Attributes:
        backbone: the model's name.
        fingerprint: of its weights.
        rules: how a class is chosen (``accuracy``) and which score stands for which group (``ood``).
        figures: by name: ``accuracy``, ``accuracy 20-nn``, ``auroc RULE SET``, ``fpr95 RULE SET``, ``factor NAME``,
            ``shift NAME``, ``ece SET``, ``ece scaled SET`` (and ``nll``, ``brier``), ``temperature``,
            ``recall@K image-to-text`` and ``text-to-image``, ``parameters``, ``images a second``, and means over sets:
            ``mean auroc RULE``, ``mean fpr95 RULE``, ``mean factor``, ``mean shift``; ``ece change SET`` is what the
            temperature changes.
        skipped: what could not be measured, by the beginning of its name, and why.
        notes: sentences for people.
        diagrams: reliability diagrams by set, of plain and (``scaled SET``) of temperature-scaled probabilities.
        retrieved: what was found for some captions; empty without a text tower.
    """

    backbone: str
    fingerprint: str
    rules: Mapping[str, str]
    figures: Mapping[str, Figure]
    skipped: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    diagrams: Mapping[str, Diagram] = field(default_factory=dict)
    retrieved: tuple[Retrieved, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values that `from_dict` reads."""
        return {"version": _VERSION, **asdict(self)}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Measured:
        """The figures that `to_dict` wrote.

        Raises:
            StudioError: for what another version wrote, or is no such thing.
        """
        if plain.get("version") != _VERSION:
            raise StudioError(f"these figures are of version {plain.get('version')}, and this program reads {_VERSION}")
        try:
            figures = {name: Figure(**each) for name, each in plain["figures"].items()}
            diagrams = {
                name: Diagram(*(tuple(each[part]) for part in ("counts", "confidence", "accuracy")))
                for name, each in plain["diagrams"].items()
            }
            retrieved = tuple(
                Retrieved(str(each["text"]), tuple(each["rows"]), tuple(each["right"])) for each in plain["retrieved"]
            )
            return cls(
                str(plain["backbone"]),
                str(plain["fingerprint"]),
                dict(plain["rules"]),
                figures,
                dict(plain["skipped"]),
                tuple(plain["notes"]),
                diagrams,
                retrieved,
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise StudioError(f"these are not the figures of a model: {error}") from None
