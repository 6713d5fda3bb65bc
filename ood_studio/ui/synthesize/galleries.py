"""Pictures that are ready: filled when the app opens; nothing is computed until one is chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from ood_studio.ui.attack.examples import example_pictures
from ood_studio.ui.attack.source import PictureBox
from ood_studio.ui.running import QUICK
from ood_studio.ui.synthesize.session import Session


def wire_gallery(session: gr.State, box: PictureBox) -> Callable[[Callable[..., Any]], None]:
    """A click takes a picture, the button draws others; returns what wires the first ones to an event."""

    def drawn(mine: Session) -> list[tuple[str, str]]:
        found = example_pictures(box.split, mine.round)
        mine.examples = [path for path, _ in found]
        return found

    def others(mine: Session) -> list[tuple[str, str]]:
        mine.round += 1
        return drawn(mine)

    def take(mine: Session, event: gr.SelectData) -> Any:
        """The picture of the gallery that was clicked."""
        return mine.examples[int(event.index)] if 0 <= int(event.index) < len(mine.examples) else gr.skip()

    box.more.click(others, session, box.gallery, api_name="synthesize_others", **QUICK)
    box.gallery.select(take, session, box.image, api_name="synthesize_take", **QUICK)

    def start(load: Callable[..., Any]) -> None:
        load(drawn, session, box.gallery, api_name="synthesize_examples", **QUICK)

    return start
