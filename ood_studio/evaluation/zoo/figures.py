"""What was measured of one model: a figure with its interval for each quantity, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ood_studio.core.errors import StudioError

_VERSION = 1


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
class Measured:
    """All figures of one model.

    Attributes:
        backbone: the model's name.
        fingerprint: of its weights.
        rules: how a class is chosen (``accuracy``) and which score stands for which group (``ood``).
        figures: by name: ``accuracy``, ``accuracy 20-nn``, ``auroc RULE SET``, ``fpr95 RULE SET``, ``factor NAME``,
            ``shift NAME``, ``ece SET``, ``ece scaled SET`` (and ``nll``, ``brier``), ``temperature``,
            ``recall@K image-to-text`` and ``text-to-image``, ``parameters``, ``images a second``.
        skipped: what could not be measured, by the beginning of its name, and why.
        notes: sentences for people.
    """

    backbone: str
    fingerprint: str
    rules: Mapping[str, str]
    figures: Mapping[str, Figure]
    skipped: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

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
            return cls(
                str(plain["backbone"]),
                str(plain["fingerprint"]),
                dict(plain["rules"]),
                figures,
                dict(plain["skipped"]),
                tuple(plain["notes"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise StudioError(f"these are not the figures of a model: {error}") from None
