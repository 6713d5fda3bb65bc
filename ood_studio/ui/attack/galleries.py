"""Pictures that are ready: filled when the app opens, so that the first click has something to attack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from ood_studio.ui.attack.examples import example_pictures
from ood_studio.ui.attack.session import Session
from ood_studio.ui.attack.source import PictureBox
from ood_studio.ui.running import QUICK


def wire_galleries(session: gr.State, boxes: tuple[PictureBox, ...]) -> Callable[[Callable[..., Any]], None]:
    """A click takes a picture, the button draws others; returns what wires the first ones to an event."""

    def drawn(mine: Session, box: PictureBox) -> list[tuple[str, str]]:
        found = example_pictures(box.split, mine.seeds.get(box.split, 0))
        mine.examples[box.split] = [path for path, _ in found]
        return found

    def first(mine: Session) -> list[Any]:
        """The galleries, and their first pictures taken."""
        galleries = [drawn(mine, box) for box in boxes]
        return [*galleries, *(found[0][0] for found in galleries)]

    for box in boxes:
        name = str(box.gallery.elem_id).replace("-", "_")

        def others(mine: Session, box: PictureBox = box) -> list[tuple[str, str]]:
            mine.seeds[box.split] = mine.seeds.get(box.split, 0) + 1
            return drawn(mine, box)

        def take(mine: Session, event: gr.SelectData, box: PictureBox = box) -> Any:
            shown = mine.examples.get(box.split, [])
            return shown[int(event.index)] if 0 <= int(event.index) < len(shown) else gr.skip()

        box.more.click(others, session, box.gallery, api_name=f"{name}_others", **QUICK)
        box.gallery.select(take, session, box.image, api_name=f"{name}_take", **QUICK)

    def start(load: Callable[..., Any]) -> None:
        load(
            first,
            session,
            [*(box.gallery for box in boxes), *(box.image for box in boxes)],
            api_name="attack_examples",
            **QUICK,
        )

    return start
