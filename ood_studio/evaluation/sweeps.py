"""Sweeps: one parameter walks through values, everything else stays. Those of the NegLabel paper, and of any scorer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Parameter, parameters
from ood_studio.labels.prompts import PROMPT_SETS
from ood_studio.scorers import FORMS, SCORERS


@dataclass(frozen=True)
class Sweep:
    """A parameter and the values that it walks through.

    Attributes:
        name: of the parameter, for rows.
        path: where it stands in a `BenchRequest`, such as ``labels.mining.count``; ``scorers`` for a parameter of the
            scorer itself.
        title: for people.
        values: those of the paper, or as near as any labels allow; else some between the parameter's bounds.
        source: the paper's table; empty for none.
        usual: the paper's default, or the scorer's.
        log: whether an axis should be logarithmic; None where values are no numbers.
        changes: what else is set while it walks, by path.
        scorer: key of the scorer that is measured.
        parameter: of the scorer, where it is one of its own.
    """

    name: str
    path: str
    title: str
    values: tuple[Any, ...]
    source: str
    usual: Any
    log: bool | None = True
    changes: Mapping[str, Any] = field(default_factory=dict)
    scorer: str = "neglabel"
    parameter: Parameter | None = None

    def at(self, value: Any) -> dict[str, Any]:
        """What a request is changed to at a value, by path."""
        if self.parameter is not None:
            return {"scorers": (f"{self.scorer}:{self.name}={self.text(value)}",)}
        return {"scorers": (self.scorer,), self.path: value, **self.changes}

    def text(self, value: Any) -> str:
        """A value as it is typed."""
        return str(value) if self.parameter is None else self.parameter.text(value)

    def place(self, value: Any) -> float | str:
        """A value on an axis: numbers as they are, anything else, such as None or several words, as its text."""
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else self.text(value)


_POINTS = 9  # values of a scorer's own parameter
_COUNTS = (100, 200, 1000, 2000, 5000, 10_000, 20_000, 30_000, 50_000)
_TAUS = (0.001, 0.002, 0.005, 0.0063, 0.0079, 0.01, 0.0126, 0.0158, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)

SWEEPS: dict[str, Sweep] = {
    "count": Sweep("count", "labels.mining.count", "negative labels M, mined", _COUNTS, "NegLabel, Table 8", 10_000),
    "random-count": Sweep(
        "count",
        "labels.mining.count",
        "negative labels M, chosen at random",
        _COUNTS,
        "NegLabel, Table 9",
        10_000,
        changes={"labels.mining.selection": "random"},
    ),
    "eta": Sweep(
        "eta",
        "labels.mining.eta",
        "percentile η of NegMining",
        tuple(round(0.05 * i, 2) for i in range(21)),
        "NegLabel, Table 10",
        0.05,
        False,
    ),
    "corpus": Sweep("corpus", "labels.corpus", "corpus", ("wordnet", "diorama"), "NegLabel, Table 11", "wordnet", None),
    "form": Sweep(
        "form", "score.form", "form of the score", tuple(FORMS[:9]), "NegLabel, Table 12", "sum-softmax", None
    ),
    "tau": Sweep("tau", "score.tau", "temperature τ", _TAUS, "NegLabel, Table 13", 0.01),
    "prompts": Sweep(
        "prompts",
        "labels.prompts",
        "prompt",
        (
            "A dark photo of a {}.",
            "A blurry photo of a {}.",
            "A low resolution photo of a {}.",
            "A cropped photo of a {}.",
            "A photo of a {}.",
            "A good photo of a {}.",
            "{}.",
            "The nice {}.",
            *(prompts.name for prompts in PROMPT_SETS),
        ),
        "NegLabel, Table 14",
        "The nice {}.",
        None,
    ),
    "groups": Sweep(
        "groups",
        "score.groups",
        "groups of negative labels",
        (1, 50, 100, 150, 200, 250, 300, 350, 400, 450, 500, 1000),
        "NegLabel, Table 15",
        100,
    ),
    "fuse": Sweep("fuse", "score.fuse", "groups fused", (1, 2, 5, 10, 20, 50, 100), "NegLabel, Table 16", 100),
}
"""Every sweep of the NegLabel paper by name."""


def sweep_values(sweep: Sweep, texts: Sequence[str]) -> tuple[Any, ...]:
    """The values to walk through: the sweep's own, or those given as texts.

    Raises:
        StudioError: for a text that is no such value, or where the sweep has no values of its own and none are given.
    """
    if not texts:
        if not sweep.values:
            raise StudioError(f"{sweep.title} may be any text; give the values to walk through")
        return sweep.values
    if sweep.parameter is not None:
        read = sweep.parameter.parse if sweep.parameter.many else sweep.parameter.parse_one
        return tuple(read(text) for text in texts)
    kind = type(sweep.values[0])
    try:
        return tuple(kind(text) for text in texts)
    except ValueError:
        wanted = "whole numbers" if kind is int else "numbers"
        raise StudioError(f"the values of {sweep.name} must be {wanted}, not {', '.join(texts)}") from None


def find_sweep(name: str) -> Sweep:
    """The sweep of that name, or over a parameter of any scorer, such as ``knn:k``.

    Raises:
        StudioError: for an unknown name, listing the known ones.
    """
    if name in SWEEPS:
        return SWEEPS[name]
    scorer, colon, parameter = name.partition(":")
    if colon and scorer in SCORERS and parameter in parameters(SCORERS[scorer]):
        return _of_scorer(scorer, parameters(SCORERS[scorer])[parameter])
    own = [f"{key}:{each}" for key, kind in SCORERS.items() for each in parameters(kind)]
    meant = get_close_matches(name, own, n=1, cutoff=0.8)
    hint = f"did you mean {meant[0]}?" if meant else "or SCORER:PARAMETER, such as knn:k"
    raise StudioError(f"unknown sweep {name!r}; expected one of {', '.join(SWEEPS)}; {hint}")


def _of_scorer(scorer: str, parameter: Parameter) -> Sweep:
    numeric = parameter.bounds is not None and not parameter.choices
    return Sweep(
        parameter.name,
        "scorers",
        f"{parameter.name} of {SCORERS[scorer].title}",
        _values_of(parameter),
        "",
        parameter.default,
        parameter.bounds.log if parameter.bounds is not None and numeric else None,
        scorer=scorer,
        parameter=parameter,
    )


def _values_of(parameter: Parameter) -> tuple[Any, ...]:
    """Some values between the bounds, evenly on the scale of its slider; every choice; none of a text."""
    if parameter.choices:
        return parameter.choices
    if parameter.kind is bool:
        return (False, True)
    if parameter.bounds is None:
        return ()
    low, high = parameter.bounds.low, parameter.bounds.high
    shares = [i / (_POINTS - 1) for i in range(_POINTS)]
    if parameter.bounds.log:
        found = [low * (high / low) ** share for share in shares]
    else:
        found = [low + (high - low) * share for share in shares]
    if parameter.kind is int:
        return tuple(dict.fromkeys(round(value) for value in found))
    return tuple(float(f"{value:.3g}") for value in found[1:-1]) if parameter.bounds.log else tuple(found)
