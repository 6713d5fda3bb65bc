"""The Explore tab: its components and their wiring."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from ood_studio.core.progress import Progress
from ood_studio.studio import ExploreRequest, ExploreResult
from ood_studio.studio.jobs import Job
from ood_studio.studio.lanes import ANSWER
from ood_studio.ui.explore import drawing
from ood_studio.ui.explore.change import wire_change
from ood_studio.ui.explore.link import view_of
from ood_studio.ui.explore.opening import wire_examples
from ood_studio.ui.explore.panels import Chooser, Panels, build_chooser, build_panels
from ood_studio.ui.explore.session import Session
from ood_studio.ui.notices import tell_left_out
from ood_studio.ui.page import Page
from ood_studio.ui.run import Asked, Buttons, Run
from ood_studio.ui.share import share_update
from ood_studio.ui.sidebar import Sidebar
from ood_studio.ui.wiring import Updates


@dataclass(frozen=True)
class ExploreTab:
    """What the rest of the app needs of the tab.

    Attributes:
        page: the page's.
        session: the state with what belongs to one user, a `Session`.
        explore: wires an event to exploring what the session holds, under a name.
        detector: the button that makes a detector of the choice.
    """

    page: Page
    session: gr.State
    explore: Callable[[Any, str], Any]
    detector: gr.Button

    def receive(
        self, button: gr.Button, session: gr.State, file: Callable[[Any], Path], tabs: gr.Tabs, name: str
    ) -> None:
        """Wires a button of another tab that opens a picture here.

        Args:
            session: the other tab's.
            file: writes the picture and returns its path; may raise a StudioError.
            tabs: with this tab among them, called "explore".
            name: of the other tab.
        """

        def send(theirs: Any, mine: Session) -> gr.Tabs:
            """Opens the picture in the Explore tab."""
            path = file(theirs)
            mine.take(path.stem, str(path))
            return gr.Tabs(selected="explore")

        sent = self.page.on(button.click, send, [session, self.session], tabs, mode="once", name=f"{name}_open")
        self.explore(sent.then, f"{name}_explore")


def build(page: Page, sidebar: Sidebar) -> ExploreTab:
    """Draws the tab inside the current `gr.Blocks`."""
    session = gr.State(Session())
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=240):
            chooser = build_chooser()
            detector = gr.Button("Make it a detector", size="sm", elem_id="explore-detector")
        with gr.Column(scale=7, min_width=300):
            panels, flips = build_panels()
    sidebar.kinds["explore"] = ExploreRequest
    explore = _wire_run(page, sidebar, session, chooser, panels)
    _wire_pictures(page, session, chooser, panels, explore)
    _wire_view(page, session, chooser, panels)
    wire_change(page, session, panels, flips, explore)
    wire_examples(page, sidebar, session, chooser, explore)
    return ExploreTab(page, session, explore, detector)


def scorer_of(mine: Session) -> str:
    """The score that is looked at, where detectors are made of it; else the one that the verdict speaks of."""
    readings = [] if mine.result is None else mine.result.reports[mine.opened].readings
    return next((each.scorer for each in readings if each.title == mine.score), "neglabel")


def _wire_run(
    page: Page, sidebar: Sidebar, session: gr.State, chooser: Chooser, panels: Panels
) -> Callable[[Any, str], Any]:
    def begin(mine: Session, *values: Any) -> Asked | None:
        """Scores the session's pictures under the current choice."""
        if not mine.pictures or sidebar.unfinished(values):
            return None
        request = sidebar.read(values, ExploreRequest())
        pictures, problems = mine.decode()
        tell_left_out(problems)
        held = list(mine.pictures)

        def work(progress: Progress) -> Iterator[tuple[ExploreRequest, ExploreResult, list[tuple[str, str]]]]:
            for result in page.studio.explored(request, pictures, progress):
                yield request, result, held

        return Asked(work, title="pictures explored") if pictures else None

    def draw(mine: Session, job: Job) -> Updates:
        if job.result is None:
            return {}
        mine.request, mine.result, mine.pictures = job.result
        mine.opened = min(mine.opened, len(mine.pictures) - 1)
        view = view_of(sidebar, mine)
        return drawing.everything(chooser, panels, mine) | {chooser.share: share_update(chooser.share, view)}

    outputs = [*panels.all(), chooser.gallery, chooser.share]
    buttons = Buttons((), chooser.stop, panels.progress)
    run = Run(
        page, "explore", ANSWER, buttons, session, draw, outputs, said="Stopped. What was shown before is still there."
    )

    def explore(events: Any, name: str) -> Any:
        return run.on(events, begin, sidebar.inputs, name=name, quiet=True)

    explore(sidebar.changed.change, "explore_changed")
    explore(chooser.share.click, "explore_repeat")
    return explore


def _wire_pictures(
    page: Page, session: gr.State, chooser: Chooser, panels: Panels, explore: Callable[[Any, str], Any]
) -> None:
    def keep(mine: Session, shown: list[tuple[str, str | None]] | None) -> None:
        """Takes what the gallery holds now; anything that is no picture is named and left out."""
        tell_left_out(mine.keep([path for path, _ in shown or []]))

    def add(mine: Session, paths: list[str] | None) -> None:
        """Takes further pictures."""
        tell_left_out(mine.keep([*(path for _, path in mine.pictures), *(paths or [])]))

    def clear(mine: Session) -> Updates:
        mine.clear()
        return drawing.everything(chooser, panels, mine)

    shown = [*panels.all(), chooser.gallery, chooser.share]
    added = page.on(chooser.add.upload, add, [session, chooser.add], name="explore_add")
    explore(added.then, "explore_added")
    for event, name in ((chooser.gallery.upload, "upload"), (chooser.gallery.delete, "remove")):
        kept = page.on(event, keep, [session, chooser.gallery], name=f"explore_{name}")
        explore(kept.then, f"explore_after_{name}")
    cleared = page.on(chooser.clear.click, clear, session, shown, name="explore_clear")
    explore(cleared.then, "explore_cleared")


def _wire_view(page: Page, session: gr.State, chooser: Chooser, panels: Panels) -> None:
    """Looking at a result in another way; nothing is computed by a model."""

    def open_picture(mine: Session, event: gr.SelectData) -> Updates:
        """Opens another of the pictures."""
        if mine.result is not None and int(event.index) < len(mine.result.reports):
            mine.opened = int(event.index)
        return drawing.opened(panels, mine)

    def show_heat(mine: Session, heat: bool) -> Updates:
        mine.heat = heat
        return drawing.opened(panels, mine)

    def choose_score(mine: Session, score: str) -> Updates:
        mine.score = score
        return drawing.opened(panels, mine)

    shown = panels.all()
    page.on(chooser.gallery.select, open_picture, session, shown, name="explore_open")
    page.on(panels.heat.input, show_heat, [session, panels.heat], shown, name="explore_heat")
    page.on(panels.score.input, choose_score, [session, panels.score], shown, name="explore_score")
