"""Example pictures: a click takes one, and a page that is opened begins with one, already answered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.data.changeable import read_changes
from ood_studio.ui.explore.examples import pictures_of, sources
from ood_studio.ui.explore.link import CHANGE, EXAMPLE
from ood_studio.ui.explore.panels import Chooser
from ood_studio.ui.explore.redrawing import redraw_with
from ood_studio.ui.explore.session import Session
from ood_studio.ui.form import read_query
from ood_studio.ui.notices import tell
from ood_studio.ui.page import Page
from ood_studio.ui.sidebar import Sidebar
from ood_studio.ui.wiring import SEARCH, Updates
from ood_studio.worlds import galleries


def wire_examples(
    page: Page, sidebar: Sidebar, session: gr.State, chooser: Chooser, explore: Callable[[Any, str], Any]
) -> None:
    """Fills the gallery, and wires it."""

    def offered(mine: Session, kind: str, turn: int) -> list[tuple[str, str]]:
        drawn = pictures_of(kind, turn)
        mine.kind, mine.turn, mine.examples = kind, turn, [path for path, _ in drawn]
        return drawn

    def others(mine: Session, kind: str) -> list[tuple[str, str]]:
        """Other pictures of the kind."""
        return offered(mine, kind, mine.turn + 1)

    def of_kind(mine: Session, kind: str) -> list[tuple[str, str]]:
        """Pictures of another kind."""
        return offered(mine, kind, mine.turn)

    def take(mine: Session, event: gr.SelectData) -> None:
        """The picture that was clicked."""
        if 0 <= int(event.index) < len(mine.examples):
            path = mine.examples[int(event.index)]
            mine.take(Path(path).stem, path)

    def opening(mine: Session, search: str) -> Updates:
        """The examples, and the one that a link names, or the one that shows best, taken."""
        kind, turn, place = _wanted(search)
        drawn = offered(mine, kind, turn)
        if not mine.pictures:
            path = drawn[min(place, len(drawn) - 1)][0]
            mine.take(Path(path).stem, path)
            if changes := read_query(search).get(CHANGE, ""):
                try:
                    redraw_with(mine, read_changes(changes.split(";")))
                except StudioError as error:  # the picture as it was is seen all the same
                    tell("error", str(error))
        return {chooser.examples: drawn, chooser.source: kind}

    search = gr.Textbox(visible=False)
    opened = page.on(
        sidebar.restored.then,
        opening,
        [session, search],
        [chooser.examples, chooser.source],
        js=SEARCH,
        name="explore_opening",
    )
    explore(opened.then, "explore_first")
    taken = page.on(chooser.examples.select, take, session, name="explore_take")
    explore(taken.then, "explore_example")
    page.on(chooser.source.input, of_kind, [session, chooser.source], chooser.examples, name="explore_examples")
    page.on(chooser.more.click, others, [session, chooser.source], chooser.examples, name="explore_others")


def _wanted(search: str) -> tuple[str, int, int]:
    """Which example a link names: its kind, turn and place; else the one that shows best."""
    kinds = [name for _, name in sources()]
    kind, _, rest = read_query(search).get(EXAMPLE, "").partition("/")
    turn, _, place = rest.partition("/")
    if kind in kinds and turn.isdigit() and place.isdigit():
        return kind, int(turn), int(place)
    return kinds[0], 0, galleries()[kinds[0]].first
