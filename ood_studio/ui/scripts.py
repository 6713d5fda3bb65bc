"""The scripts of the app's own boxes: the page holds each once, in its head, and every box that needs it calls it."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from ood_studio.core.paths import ASSETS

_NAMES: Final = ("film", "filter", "notices", "pick", "plot", "share", "slider")
_GIVEN = "element, trigger, props, watch"  # what gradio gives to a box's script


def script(*names: str) -> str:
    """The ``js_on_load`` of a `gr.HTML` that runs scripts of ``assets/`` by their names, one after the other.

    They are on pages whose head holds `scripts`. Gradio wants to read the names of a box's events in it.
    """
    events = sorted({event for name in names for event in re.findall(r'trigger\(("\w+")', _text(name))})
    return "\n".join(f"studioScripts.{name}({_GIVEN});" for name in names) + f" // {' '.join(events)}"


def scripts() -> str:
    """All of them for a page's head, as functions of ``window.studioScripts``."""
    functions = "".join(f"studioScripts.{name} = ({_GIVEN}) => {{\n{_text(name)}\n}};\n" for name in _NAMES)
    return f"<script>window.studioScripts = {{}};\n{functions}</script>"


@cache
def _text(name: str) -> str:
    assert name in _NAMES
    return (ASSETS / f"{name}.js").read_text(encoding="utf-8")
