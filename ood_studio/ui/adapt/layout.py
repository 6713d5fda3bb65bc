"""How the tab's boxes are ordered and drawn."""

from __future__ import annotations

from typing import Any, cast

from ood_studio.adapters import ADAPTERS
from ood_studio.attacks.attack_set import attacked_sets
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import texts
from ood_studio.evaluation.suites import suites
from ood_studio.studio import AdaptRequest
from ood_studio.synthesis.synthetic_set import synthetic_sets
from ood_studio.ui.form import Box, Layout
from ood_studio.worlds import OWN_SUITE

START = AdaptRequest(train_count=1000)
"""What the boxes hold at first: enough to learn something within a minute."""

_JUDGES = ("energy", "msp", "rmd", "neglabel", "mcm", "cooked")
"""Scores to choose from; any other may be typed."""


def _methods() -> list[tuple[str, Any]]:
    return [(f"{kind.title} ({name})", name) for name, kind in ADAPTERS.items()]


def _scores() -> list[tuple[str, Any]]:
    return [("what it can change", ""), *((name, name) for name in _JUDGES)]


def _suites() -> list[tuple[str, Any]]:
    return [(name, name) for name in suites() if name != OWN_SUITE]


def made_sets() -> list[tuple[str, Any]]:
    """Titles and folders of the sets that were made here, the newest first."""
    found = [(f"{each.name} ({len(each.entries):,} synthetic)", str(each.folder)) for each in synthetic_sets()]
    found += [(f"{each.name} ({each.count:,} attacked)", str(each.folder)) for each in attacked_sets()]
    return [("none", ""), *found]


def _here(folder: Any) -> str:
    """A set that was made here: no visitor names folders of the server."""
    chosen = str(folder or "").strip()
    if chosen and chosen not in {value for _, value in made_sets()}:
        raise StudioError("the near-boundary pictures must be a set that was made here")
    return chosen


def parameters_said(method: Any) -> str:
    """What the method in the box can be told behind its name, with the values that it has; empty for none of ours."""
    name = str(method or "").partition(":")[0].strip()
    if name not in ADAPTERS:
        return ""
    held = texts(cast(Any, ADAPTERS[name]()))
    first = "shots" if "shots" in held else "epochs"
    said = " ".join(f"{key}={value}" for key, value in held.items())
    return f"Typed behind it, as in {name}:{first}=10, what is to be other than {said}"


LAYOUT = Layout(
    "adapt",
    {
        "main": (("method",), ("score",)),
        "material": (("suite",), ("synthetic",)),
        "more": (("train_count", "held_out"), ("seed", "images")),
    },
    {
        "method": Box("What is learnt", choices=_methods, free=True),
        "score": Box("Judged by", choices=_scores, free=True),
        "suite": Box("ID pictures", choices=_suites),
        "synthetic": Box("Near-boundary pictures", "dropdown", choices=made_sets, guard=_here, private=True),
        "train_count": Box("ID pictures learnt from"),
        "held_out": Box("Held-out pictures a set"),
        "seed": Box("Seed"),
        "images": Box("Own ID pictures, a folder of this machine", private=True),
    },
)
