"""Which scorers a benchmark runs: by key, with parameters where wanted (``knn:k=5:space=joint``)."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, cast, get_args, get_origin

from ood_studio.core.errors import StudioError
from ood_studio.scorers import CSP, MCM, SCORERS, NegLabel, Scorer

ALL = "all"
"""The key that stands for every scorer."""


def bench_scorers(neglabel: NegLabel | None = None) -> dict[str, Scorer]:
    """Every scorer by key, at its defaults; MCM's three temperature conventions each have one.

    Args:
        neglabel: what ``neglabel`` stands for, and whose τ, groups and seed CSP takes; its defaults where None.
    """
    base = neglabel or NegLabel()
    given: dict[str, dict[str, Scorer]] = {
        "neglabel": {"neglabel": base},
        "mcm": {"mcm": MCM(tau=1.0), "pseudo-msp": MCM(tau=0.01), "mcm-scale": MCM(tau=None)},
        "csp": {"csp": CSP(tau=base.tau, groups=base.groups, seed=base.seed)},
    }
    found: dict[str, Scorer] = {}
    for name, kind in SCORERS.items():
        found |= given.get(name) or {name: kind()}
    return found


def choose_scorers(wanted: Sequence[str], known: Mapping[str, Scorer]) -> dict[str, Scorer]:
    """The scorers wanted, in the order given and each once.

    Args:
        wanted: keys of ``known``, each with parameters behind it where they are not to be the defaults
            (``mcm:tau=0.5``, ``knn:k=5:space=joint``); ``all`` is every known one. What was written is the key of the
            result, so that one scorer can be compared with itself.

    Raises:
        StudioError: for no key, an unknown key or parameter, or a value that it cannot have.
    """
    if not wanted:
        raise StudioError(f"there is no scorer to compare; expected some of {', '.join(known)}, or {ALL}")
    chosen: dict[str, Scorer] = {}
    for text in wanted:
        chosen |= known if text == ALL else {text: parse_scorer(text, known)}
    return chosen


def parse_scorer(text: str, known: Mapping[str, Scorer]) -> Scorer:
    """One scorer from its key and parameters, such as ``gen:gamma=0.2``.

    Raises:
        StudioError: see `choose_scorers`.
    """
    key, *settings = text.split(":")
    if key not in known:
        meant = get_close_matches(key, known, n=1)
        hint = f"; did you mean {meant[0]}?" if meant else ""
        raise StudioError(f"unknown scorer {key!r}; expected some of {', '.join(known)}, or {ALL}{hint}")
    scorer = known[key]
    hints = typing.get_type_hints(type(scorer), include_extras=True)
    names = [field.name for field in fields(cast(Any, scorer))]
    changes = {}
    for setting in settings:
        name, given, value = setting.partition("=")
        if name not in names or not given:
            has = f"it has {', '.join(f'{n}=' for n in names)}" if names else "it has none"
            raise StudioError(f"{text!r}: {key} has no parameter {setting!r}; {has}")
        changes[name] = _value(value, hints[name], f"{name} of {key}")
    return cast(Scorer, replace(cast(Any, scorer), **changes)) if changes else scorer


def scorer_text(key: str, scorer: Scorer, known: Mapping[str, Scorer]) -> str:
    """What `parse_scorer` reads back as ``scorer``: the key and the parameters that differ from the known one's."""
    usual = known[key]
    parts = [key]
    for field in fields(cast(Any, scorer)):
        value = getattr(scorer, field.name)
        if value != getattr(usual, field.name):
            parts.append(f"{field.name}={'none' if value is None else value}")
    return ":".join(parts)


def _value(text: str, hint: Any, what: str) -> Any:
    """A parameter from its text, by the type of its field."""
    kinds = _kinds(hint)
    choices = [choice for kind in kinds if get_origin(kind) is Literal for choice in get_args(kind)]
    if NoneType in kinds and text.lower() in ("none", ""):
        return None
    if choices:
        if text not in map(str, choices):
            raise StudioError(f"{what} must be one of {', '.join(map(str, choices))}, not {text!r}")
        return next(choice for choice in choices if str(choice) == text)
    if bool in kinds:
        if text.lower() not in ("true", "false"):
            raise StudioError(f"{what} must be true or false, not {text!r}")
        return text.lower() == "true"
    for kind in (int, float):
        if kind in kinds:
            try:
                return kind(text)
            except ValueError:
                continue
    if str in kinds:
        return text
    raise StudioError(f"{what} must be a {'whole number' if float not in kinds else 'number'}, not {text!r}")


def _kinds(hint: Any) -> tuple[Any, ...]:
    if get_origin(hint) is Annotated:
        return _kinds(get_args(hint)[0])
    if isinstance(hint, UnionType) or get_origin(hint) is typing.Union:
        return tuple(kind for each in get_args(hint) for kind in _kinds(each))
    return (hint,)
