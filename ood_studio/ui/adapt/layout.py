"""How the tab's boxes are ordered and drawn."""

from __future__ import annotations

from typing import Any, cast

from ood_studio.adapters import ADAPTERS
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import texts
from ood_studio.evaluation.suites import suites
from ood_studio.studio import AdaptRequest
from ood_studio.studio.fit import score_of
from ood_studio.ui.form import Box, Layout
from ood_studio.ui.image_sets import folder_choices
from ood_studio.worlds import OWN_SUITE

START = AdaptRequest(train_count=1000)
"""What the boxes hold at first: enough to learn something within a minute."""

_SCORES = ("energy", "msp", "rmd", "neglabel", "mcm", "cooked")
"""Scores to choose from; any other may be typed."""


def _methods() -> list[tuple[str, Any]]:
    return [(f"{kind.title} ({name})", name) for name, kind in ADAPTERS.items()]


def score_choices(method: Any = START.method) -> list[tuple[str, Any]]:
    """Scores that may judge what a method learns, first the one that does unless another is chosen."""
    try:
        usual = score_of(str(method))
    except StudioError:  # half typed
        usual = "the score"
    return [(f"{usual}, which this method is to improve", ""), *((name, name) for name in _SCORES)]


def _suites() -> list[tuple[str, Any]]:
    return [(name, name) for name in suites() if name != OWN_SUITE]


def _here(folder: Any) -> str:
    """A set that was made here: no visitor names folders of the server."""
    chosen = str(folder or "").strip()
    if chosen and chosen not in {value for _, value in folder_choices()}:
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
        "score": Box("Judged by", choices=score_choices, free=True),
        "suite": Box("ID pictures", choices=_suites),
        "synthetic": Box("Near-boundary pictures", "dropdown", choices=folder_choices, guard=_here, private=True),
        "train_count": Box("ID pictures learnt from"),
        "held_out": Box("Held-out pictures a set"),
        "seed": Box("Seed"),
        "images": Box("Own ID pictures, a folder of this machine", private=True),
    },
)
