"""Pictures that are ready: galleries filled when the app opens, of which a click takes one."""

from __future__ import annotations

import filecmp
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import gradio as gr

from ood_studio.ui.page import Page
from ood_studio.ui.pictures.box import PictureBox
from ood_studio.ui.wiring import Updates
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


def offer(mine: WithOffered, box: PictureBox, turn: int = 0) -> list[tuple[str, str]]:
    """Paths and captions of a gallery's pictures; another turn, other pictures where there are more."""
    gallery = galleries()[box.split]
    found = gallery.take(COUNT, turn, gallery.first, short=False)
    mine.offered.paths[box.split], mine.offered.rounds[box.split] = [path for path, _ in found], turn
    return found


def place_of(mine: WithOffered, box: PictureBox, path: str) -> int | None:
    """Which of the gallery's pictures a file is, also a copy of it; None for none."""
    shown = mine.offered.paths.get(box.split, [])
    return next((i for i, each in enumerate(shown) if same_file(each, path)), None)


def same_file(one: str, other: str) -> bool:
    """Whether two files are copies of each other, under the same name."""
    return Path(one).name == Path(other).name and filecmp.cmp(one, other, shallow=False)


def wire_galleries(page: Page, session: gr.State, boxes: tuple[PictureBox, ...], name: str, take_first: bool) -> Any:
    """A click takes a picture, the button draws others; returns the event at whose end the first ones are there.

    Args:
        page: the page's; the galleries are filled when it opens.
        session: holds a `WithOffered`.
        boxes: each of another gallery.
        name: of the tab, for the names of handlers.
        take_first: whether the first picture of each is taken at once.
    """

    def first(mine: WithOffered) -> Updates:
        """The galleries, and their first pictures taken."""
        offered = {box: offer(mine, box) for box in boxes}
        taken = {box.image: found[0][0] for box, found in offered.items() if take_first}
        return {box.gallery: found for box, found in offered.items()} | taken

    for box in boxes:
        called = str(box.gallery.elem_id).replace("-", "_")

        def others(mine: WithOffered, box: PictureBox = box) -> list[tuple[str, str]]:
            return offer(mine, box, mine.offered.rounds.get(box.split, 0) + 1)

        def take(mine: WithOffered, event: gr.SelectData, box: PictureBox = box) -> Any:
            """The picture of the gallery that was clicked."""
            shown = mine.offered.paths.get(box.split, [])
            return shown[int(event.index)] if 0 <= int(event.index) < len(shown) else gr.skip()

        page.on(box.more.click, others, session, box.gallery, name=f"{called}_others")
        page.on(box.gallery.select, take, session, box.image, name=f"{called}_take")
    filled = [*(box.gallery for box in boxes), *(box.image for box in boxes if take_first)]
    return page.load(first, session, filled, name=f"{name}_examples")
