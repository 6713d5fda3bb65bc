"""Changing one thing of the opened picture, and the search for what flips its verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress
from ood_studio.studio import FlipRequest
from ood_studio.studio.jobs import Job
from ood_studio.studio.lanes import PICTURE
from ood_studio.ui.explore.panels import Panels
from ood_studio.ui.explore.redrawing import change_updates, opened_picture, redraw
from ood_studio.ui.explore.session import Flipping, Session
from ood_studio.ui.explore.strip import shown_variants
from ood_studio.ui.page import Page
from ood_studio.ui.run import Asked, Buttons, Run
from ood_studio.ui.wiring import Updates


def wire_change(
    page: Page, session: gr.State, panels: Panels, buttons: Buttons, explore: Callable[[Any, str], Any]
) -> None:
    """Wires the choice, and the search."""
    shown = [panels.change, panels.thing, panels.value, panels.reset, panels.strip]

    def choose(mine: Session, thing: str) -> Updates:
        """Another thing; nothing is changed yet."""
        mine.thing = thing or ""
        return change_updates(panels, mine)

    def change(mine: Session, thing: str, value: str) -> None:
        """The chosen thing is another one now, and all else as it was."""
        held = opened_picture(mine)
        if held is not None and thing and value:
            redraw(mine, held.picture.as_it_was().changed(thing, value))

    def reset(mine: Session) -> None:
        held = opened_picture(mine)
        if held is not None:
            redraw(mine, held.picture.as_it_was())

    def take(mine: Session, event: gr.EventData) -> None:
        """A picture of the strip that was clicked."""
        if mine.flipping is None or not str(event.value).isdigit():
            return
        found = mine.flipping.found
        known = [found.origin, *shown_variants(found)]
        if int(event.value) < len(known):
            redraw(mine, known[int(event.value)].picture)

    page.on(panels.thing.input, choose, [session, panels.thing], shown, name="explore_thing")
    changed = page.on(panels.value.input, change, [session, panels.thing, panels.value], name="explore_change")
    explore(changed.then, "explore_after_change")
    undone = page.on(panels.reset.click, reset, session, name="explore_reset")
    explore(undone.then, "explore_after_reset")
    taken = page.on(panels.strip.select, take, session, name="explore_strip")
    explore(taken.then, "explore_after_strip")

    def begin(mine: Session) -> Asked:
        """Searches the smallest change of the opened picture."""
        held = opened_picture(mine)
        if held is None or mine.request is None:
            raise StudioError("there is no picture here of which one thing can be changed")
        request, score = mine.request, mine.score
        asked = FlipRequest(request.labels, request.score, request.reference, score)

        def work(progress: Progress) -> Iterator[Flipping]:
            for found in page.studio.flips(asked, held.picture, progress):
                yield Flipping(held.path, request, score, found)

        return Asked(work, title=f"what flips {held.name}")

    def draw(mine: Session, job: Job) -> Updates:
        if job.result is None:
            return {}
        mine.flipping = job.result
        return change_updates(panels, mine)

    search = Run(page, "explore_flips", PICTURE, buttons, session, draw, shown)
    search.on(buttons.run[0].click, begin, [])
