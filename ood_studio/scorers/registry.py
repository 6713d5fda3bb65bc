"""Every scorer by name, those of plug-ins (``ood_studio.scorers``) among them."""

from __future__ import annotations

import inspect
import re
from dataclasses import is_dataclass
from typing import Any, TypeGuard, cast

from ood_studio.core.errors import StudioError
from ood_studio.core.plugins import Registry
from ood_studio.scorers.base import Scorer


def _is_scorer(thing: object) -> TypeGuard[type[Scorer]]:
    return isinstance(thing, type) and issubclass(thing, Scorer) and not inspect.isabstract(thing)


def _check(scorer: type[Scorer]) -> None:
    name, title = getattr(scorer, "name", None), getattr(scorer, "title", None)
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise StudioError(f"the name of a scorer has small letters, digits and hyphens, not {name!r}")
    if not isinstance(title, str) or not title:
        raise StudioError(f"the scorer {name} has no title")
    if not is_dataclass(scorer) or not cast(Any, scorer).__dataclass_params__.frozen:
        raise StudioError(f"the scorer {name} is no frozen dataclass")
    try:
        scorer()
    except TypeError as error:
        raise StudioError(f"the parameters of the scorer {name} need defaults ({error})") from error


SCORERS: Registry[type[Scorer]] = Registry(
    "scorers",
    "scorer",
    takes=_is_scorer,
    name=lambda scorer: scorer.name,
    check=_check,
    reserved=(
        "all",
        "pseudo-msp",
        "mcm-scale",
    ),  # a benchmark's names for every scorer, and for MCM at other temperatures
)
"""Every scorer by name: what a benchmark calls ``all``, the Compare tab lists and the contract tests run over."""
