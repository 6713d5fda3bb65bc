"""A zoo as it was measured at one time: the models' figures, what was asked, and the passport that figures need."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ood_studio.core.errors import StudioError
from ood_studio.core.versions import versions
from ood_studio.evaluation.zoo.figures import Measured
from ood_studio.evaluation.zoo.measurement import Measurement
from ood_studio.evaluation.zoo.rules import RULES


@dataclass(frozen=True)
class ZooRun:
    """Models that were measured together.

    Attributes:
        measured: their figures.
        problems: why others could not be measured, by name.
        asked: what was asked for, as names and texts, see `ood_studio.core.parameters.texts`.
        passport: what figures cannot be compared without, see `passport`.
        added: when it was kept, such as ``2025-03-01T12:00:00Z``; empty where it was not.
        number: its own in the file of results; 0 where it is not there.
    """

    measured: tuple[Measured, ...]
    problems: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    passport: Mapping[str, Any] = field(default_factory=dict)
    added: str = ""
    number: int = 0

    def model(self, name: str) -> Measured | None:
        """The figures of a model; None where it has none."""
        return next((each for each in self.measured if each.backbone == name), None)

    def to_json(self, digits: int | None = None) -> str:
        """A text that `from_json` reads, one model a line; numbers rounded to so many significant digits."""
        models = ",\n".join(_compact(_rounded(each.to_dict(), digits)) for each in self.measured)
        head = {name: getattr(self, name) for name in ("added", "passport", "asked", "problems")}
        return f'{_compact(head)[:-1]},"measured":[\n{models}\n]}}\n'

    @classmethod
    def from_json(cls, text: str, *, number: int = 0, added: str = "") -> ZooRun:
        """The run that `to_json` wrote.

        Raises:
            StudioError: for what another version wrote, or is no such thing.
        """
        try:
            plain = json.loads(text)
            return cls(
                tuple(Measured.from_dict(each) for each in plain["measured"]),
                dict(plain["problems"]),
                dict(plain["asked"]),
                dict(plain["passport"]),
                added or str(plain["added"]),
                number,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StudioError(f"this is no run of the zoo: {error}") from None


def passport(on: Measurement, prompts: str) -> dict[str, Any]:
    """What the figures of a run cannot be compared without, in plain values.

    Args:
        on: what models were measured on.
        prompts: the set of prompts of zero-shot models.
    """
    return {
        "versions": versions(),
        "seed": on.seed,
        "resamples": on.resamples,
        "labels": len(on.labels),
        "prompts": prompts,
        "sets": {each.name: len(each) for each in on.datasets()},
        "content": on.id.key,
        "rules": {rule.name: rule.about for rule in RULES},
        "seen": "no test image",
    }


def other_versions(run: ZooRun) -> str:
    """What a run was measured with where that is not what computes here, as a sentence; empty where it is."""
    then, now = dict(run.passport.get("versions", {})), versions()
    apart = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    if not then or not apart:
        return "" if then else "It does not say with which versions it was measured."
    differing = ", ".join(f"{name} {then.get(name, 'none')} (here {now.get(name, 'none')})" for name in sorted(apart))
    return f"It was measured with other versions: {differing}. Figures may differ in their last digits."


@dataclass(frozen=True)
class Change:
    """A figure in two runs.

    Attributes:
        model, figure: of which model, and which.
        before, after: its values.
        apart: whether their intervals do not touch; False where one has none.
    """

    model: str
    figure: str
    before: float
    after: float
    apart: bool


def compare_runs(before: ZooRun, after: ZooRun, figures: Sequence[str] = ()) -> tuple[Change, ...]:
    """What differs between two runs, for models and figures that both have; those furthest apart first.

    Args:
        before, after: the runs.
        figures: which; all where empty, but for speed, which no two runs share.
    """
    found = []
    for old in before.measured:
        new = after.model(old.backbone)
        for name, one in old.figures.items():
            other = None if new is None else new.figures.get(name)
            if other is None or name == "images a second" or (figures and name not in figures):
                continue
            if one.value != other.value:
                ends = (one.low, one.high, other.low, other.high)
                low, high, later_low, later_high = ends
                apart = None not in ends and (low > later_high or later_low > high)  # type: ignore[operator]
                found.append(Change(old.backbone, name, one.value, other.value, apart))
    return tuple(sorted(found, key=lambda each: (not each.apart, -abs(each.after - each.before))))


def _rounded(value: Any, digits: int | None) -> Any:
    if isinstance(value, Mapping):
        return {key: _rounded(each, digits) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each, digits) for each in value]
    return float(f"{value:.{digits}g}") if digits is not None and isinstance(value, float) else value


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
