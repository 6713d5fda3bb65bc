"""How the boxes of what is measured are ordered and drawn."""

from __future__ import annotations

from typing import Any

from ood_studio.backbones import offered_backbones
from ood_studio.studio import ZooRequest
from ood_studio.ui.form import Box, Layout
from ood_studio.worlds import zoo

START = ZooRequest(count=200, shift_count=100, train_count=1000)
"""What the boxes hold at first: enough to see something within minutes."""


def _models() -> list[tuple[str, Any]]:
    return [(name, name) for name in dict.fromkeys([*zoo(), *offered_backbones()])]


LAYOUT = Layout(
    "models",
    {
        "main": (("models",),),
        "more": (("count", "shift_count"), ("train_count", "resamples", "seed")),
    },
    {
        "models": Box("Models", "dropdown", choices=_models, free=True),
        "count": Box("Pictures a set"),
        "shift_count": Box("Pictures a factor, a style"),
        "train_count": Box("Pictures to learn from"),
        "resamples": Box("Resamples"),
    },
)
