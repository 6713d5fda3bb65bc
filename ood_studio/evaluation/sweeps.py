"""The ablations of the NegLabel paper as sweeps: one parameter walks through values, everything else stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ood_studio.core.errors import StudioError
from ood_studio.labels.prompts import PROMPT_SETS
from ood_studio.scorers import FORMS


@dataclass(frozen=True)
class Sweep:
    """A parameter and the values that it walks through.

    Attributes:
        name: of the parameter, for rows.
        path: where it stands in a `BenchRequest`, such as ``labels.mining.count``.
        title: for people.
        values: those of the paper, or as near as any labels allow.
        source: the paper's table.
        usual: the paper's default.
        log: whether an axis should be logarithmic; None where values are no numbers.
        changes: what else is set while it walks, by path.
    """

    name: str
    path: str
    title: str
    values: tuple[Any, ...]
    source: str
    usual: Any
    log: bool | None = True
    changes: Mapping[str, Any] = field(default_factory=dict)


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
    "form": Sweep("form", "score.form", "form of the score", tuple(FORMS), "NegLabel, Table 12", "sum-softmax", None),
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
"""Every sweep by name."""


def sweep_values(sweep: Sweep, texts: Sequence[str]) -> tuple[Any, ...]:
    """The values to walk through: the paper's, or those given as texts.

    Raises:
        StudioError: for a text that is no number where the paper's values are numbers.
    """
    if not texts:
        return sweep.values
    kind = type(sweep.values[0])
    try:
        return tuple(kind(text) for text in texts)
    except ValueError:
        wanted = "whole numbers" if kind is int else "numbers"
        raise StudioError(f"the values of {sweep.name} must be {wanted}, not {', '.join(texts)}") from None


def find_sweep(name: str) -> Sweep:
    """The sweep of that name.

    Raises:
        StudioError: for an unknown name, listing the known ones.
    """
    if name not in SWEEPS:
        raise StudioError(f"unknown sweep {name!r}; expected one of {', '.join(SWEEPS)}")
    return SWEEPS[name]
