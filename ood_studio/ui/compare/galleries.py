"""A picture of a gallery opens in the Explore tab."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from ood_studio.ui.compare.parts import Parts
from ood_studio.ui.compare.pictures import shown_picture
from ood_studio.ui.compare.session import Session
from ood_studio.ui.explore.session import Session as ExploreSession
from ood_studio.ui.explore.tab import ExploreTab


def wire_galleries(parts: Parts, tabs: gr.Tabs, explorer: ExploreTab) -> None:
    """Wires the galleries; ``tabs`` has the Explore tab among them."""

    def opener(name: str) -> Callable[..., Any]:
        def open_picture(mine: Session, theirs: ExploreSession, event: gr.SelectData) -> Any:
            """Puts the picture into the Explore tab and goes there."""
            shown = mine.shown.get(name, [])
            if mine.result is None or not 0 <= int(event.index) < len(shown):
                return gr.skip()
            picture = shown[int(event.index)]
            pictures = mine.result.sets[picture.set]
            path = shown_picture(pictures, picture.index)
            theirs.take(f"{picture.set} {pictures.caption(picture.index)}", path)
            return gr.Tabs(selected="explore")

        return open_picture

    for name in ("id", "ood", "first", "second"):
        inputs = [parts.session, explorer.session]
        opened = parts.page.on(
            parts.panels.gallery(name).select, opener(name), inputs, tabs, mode="once", name=f"compare_open_{name}"
        )
        explorer.explore(opened.then, f"compare_explore_{name}")
