"""Names of scorers for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from typing import Any, cast

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.choose import bench_scorers, parse_scorer
from ood_studio.evaluation.playing import MOVING
from ood_studio.scorers import Scorer

_SIGNS = {"tau": "τ", "tau_local": "local τ", "gamma": "γ"}


@cache
def known_scorers() -> dict[str, Scorer]:
    """Every scorer that can be compared, by key, at its defaults."""
    return bench_scorers()


def scorer_title(text: str) -> str:
    """A scorer's title, with the parameters that tell it from its defaults and from its namesakes.

    A text that names no scorer is its own title.
    """
    known = known_scorers()
    try:
        scorer = parse_scorer(text, known)
    except StudioError:
        return text
    usual = known[text.split(":")[0]]
    namesakes = [each for each in known.values() if type(each) is type(usual)]
    names = [each.name for each in fields(cast(Any, scorer))]
    parameters = [
        f"{_SIGNS.get(name, name)} = {_value(getattr(scorer, name))}"
        for name in names
        if getattr(scorer, name) != getattr(usual, name) or len({getattr(each, name) for each in namesakes}) > 1
    ]
    return f"{scorer.title} ({', '.join(parameters)})" if parameters else scorer.title


def scorer_titles(texts: Iterable[str]) -> dict[str, str]:
    """The titles of several scorers, by what names them."""
    return {text: scorer_title(text) for text in texts}


def method_titles(methods: Iterable[str]) -> dict[str, str]:
    """The titles of what plays a stream, by `Played.method`: as short as tells one from the others."""
    keys = list(dict.fromkeys(methods))
    scorers = dict.fromkeys(key.removesuffix(MOVING) for key in keys)
    short = {key: scorer_title(key).partition(" (")[0] if ":" in key else scorer_title(key) for key in scorers}
    alone = [*short.values()]
    named = {key: title if alone.count(title) == 1 else scorer_title(key) for key, title in short.items()}
    return {key: named[key.removesuffix(MOVING)] + ", moving threshold" * key.endswith(MOVING) for key in keys}


def _value(value: Any) -> str:
    if value is None:
        return "the model’s"
    return f"{value:g}" if isinstance(value, float) else str(value)
