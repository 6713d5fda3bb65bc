"""Pictures that are ready: galleries filled when the app opens, of which a click takes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import gradio as gr

from ood_studio.ui.pictures.box import PictureBox
from ood_studio.ui.running import QUICK
from ood_studio.worlds import galleries

COUNT = 5


@dataclass
class Offered:
    """What a user's galleries show.

    Attributes:
        paths: of the pictures, by split.
        rounds: how often others were asked for, by split.
    """

    paths: dict[str, list[str]] = field(default_factory=dict)
    rounds: dict[str, int] = field(default_factory=dict)


class WithOffered(Protocol):
    """A tab's session."""

    offered: Offered


def wire_galleries(
    session: gr.State, boxes: tuple[PictureBox, ...], name: str, take_first: bool
) -> Callable[[Callable[..., Any]], None]:
    """A click takes a picture, the button draws others; returns what wires the first ones to an event.

    Args:
        session: holds a `WithOffered`.
        boxes: each of another split.
        name: of the tab, for the API.
        take_first: whether the first picture of each is taken at once.
    """

    def drawn(mine: WithOffered, box: PictureBox) -> list[tuple[str, str]]:
        rounds = mine.offered.rounds.get(box.split, 0)
        gallery = galleries()[box.split]
        found = gallery.take(COUNT, rounds, gallery.first, short=False)
        mine.offered.paths[box.split] = [path for path, _ in found]
        return found

    def first(mine: WithOffered) -> dict[Any, Any]:
        """The galleries, and their first pictures taken."""
        galleries = {box: drawn(mine, box) for box in boxes}
        taken = {box.image: found[0][0] for box, found in galleries.items() if take_first}
        return {box.gallery: found for box, found in galleries.items()} | taken

    for box in boxes:
        called = str(box.gallery.elem_id).replace("-", "_")

        def others(mine: WithOffered, box: PictureBox = box) -> list[tuple[str, str]]:
            mine.offered.rounds[box.split] = mine.offered.rounds.get(box.split, 0) + 1
            return drawn(mine, box)

        def take(mine: WithOffered, event: gr.SelectData, box: PictureBox = box) -> Any:
            """The picture of the gallery that was clicked."""
            shown = mine.offered.paths.get(box.split, [])
            return shown[int(event.index)] if 0 <= int(event.index) < len(shown) else gr.skip()

        box.more.click(others, session, box.gallery, api_name=f"{called}_others", **QUICK)
        box.gallery.select(take, session, box.image, api_name=f"{called}_take", **QUICK)

    def start(load: Callable[..., Any]) -> None:
        filled = [*(box.gallery for box in boxes), *(box.image for box in boxes if take_first)]
        load(first, session, filled, api_name=f"{name}_examples", **QUICK)

    return start
