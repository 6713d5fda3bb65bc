"""The stream view: methods play a stream side by side, and the page plays it as a film."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress
from ood_studio.detectors import Promise
from ood_studio.evaluation.streams import Stream
from ood_studio.figures.film import Thumbnails, film, thumbnail_places
from ood_studio.studio import Studio
from ood_studio.studio.commands import command_line
from ood_studio.studio.jobs import Job
from ood_studio.studio.lanes import FIT
from ood_studio.studio.requests.stream import StreamRequest
from ood_studio.studio.stream import StreamResult
from ood_studio.ui.compare.film import film_box, film_update
from ood_studio.ui.compare.names import method_titles
from ood_studio.ui.compare.variants import with_scorers
from ood_studio.ui.form import Box, Form, Layout, changes_of, read_query
from ood_studio.ui.opening import wire_opening
from ood_studio.ui.page import Page
from ood_studio.ui.run import Asked, Buttons, Run, run_buttons
from ood_studio.ui.share import share_box, share_update, shared_view
from ood_studio.ui.sidebar import Sidebar
from ood_studio.ui.wiring import SEARCH, Updates

VIEW = "stream"
"""What a link to it says for its tab."""

START = StreamRequest(
    ood=("near-ood", "far-ood-textures"), stream=Stream(share=0.5, count=192), promise=Promise(0.05, None), count=120
)
"""A stream that is played in a minute or so, and computed in seconds."""

LAYOUT = Layout(
    "stream",
    {"main": (("preset", "stream.shape"), ("stream.share", "stream.styles"), ("stream.count", "stream.seed"))},
    {
        "preset": Box("Protocol"),
        "stream.shape": Box("Order"),
        "stream.share": Box("Share of OOD", more={"min_width": 90}),
        "stream.styles": Box("Styles", more={"min_width": 90}),
        "stream.count": Box("Pictures in the stream", more={"min_width": 90}),
        "stream.seed": Box("Seed", more={"min_width": 90}),
    },
)
ABOUT = (
    '<p class="studio-about">Pictures pass one by one, ID and OOD mixed, and detectors that learn from what passes '
    "(AdaNeg, TANL) decide beside NegLabel, which does not. Or the scorers chosen for a comparison play. The "
    "model is the sidebar’s; thresholds are frozen beforehand, on ID pictures that do not come.</p>"
)


@dataclass
class Session:
    """What one user has seen played; it changes in place.

    Attributes:
        request: of the film that is shown; None before there is one.
    """

    request: StreamRequest | None = field(default=None)


@dataclass(frozen=True, eq=False)
class Shown:
    """A stream that was played, and its film as JSON."""

    result: StreamResult
    film: str


@dataclass(frozen=True)
class View:
    """The components."""

    folded: gr.Accordion
    form: Form[StreamRequest]
    buttons: Buttons
    share: gr.HTML
    film: gr.HTML
    notes: gr.HTML


def build_stream(page: Page) -> View:
    """Draws the view inside the current `gr.Blocks`."""
    form: Form[StreamRequest] = Form(START, LAYOUT, page.strangers)
    with gr.Accordion("Streams: detectors that learn from what passes", open=False, elem_id="stream") as folded:
        gr.HTML(ABOUT)
        form.draw("main")
        buttons = run_buttons("stream-run", "Play a stream")
        shown, notes = film_box("stream-film"), gr.HTML(elem_id="stream-notes")
        share = share_box("stream")
    form.wire()
    return View(folded, form, buttons, share, shown, notes)


def wire_stream(page: Page, sidebar: Sidebar, v: View, scorers: gr.CheckboxGroup) -> None:
    """Wires the view; ``scorers`` are those that the tab compares, which play where the protocol is "chosen"."""
    sidebar.kinds[VIEW] = StreamRequest
    session = gr.State(Session())

    def draw(mine: Session, job: Job) -> Updates:
        if job.result is None:
            return {}
        found: Shown = job.result
        mine.request = found.result.request
        query = sidebar.query(mine.request, LAYOUT.boxes, START)
        command = command_line("stream", sidebar.shown(mine.request))
        return {
            v.film: film_update(v.film, found.film),
            v.notes: notes_html(found.result.notes),
            v.share: share_update(v.share, shared_view(VIEW, query, command)),
        }

    said = "Stopped. What was played is still there."
    run = Run(page, VIEW, FIT, v.buttons, session, draw, [v.film, v.notes, v.share], said=said)

    def play(mine: Session, *values: Any) -> Asked:
        """Plays what is chosen."""
        return asked(page.studio, read(sidebar, v.form, values))

    def repeat(mine: Session) -> Asked | None:
        """What is shown, once more."""
        return None if mine.request is None else asked(page.studio, mine.request)

    inputs = [*v.form.inputs(), *sidebar.inputs, scorers]
    run.on(v.buttons.run[0].click, play, inputs, name="stream_play")
    run.on(v.share.click, repeat, [], name="stream_repeat")
    wire_opening(page, sidebar, v.form, VIEW)

    def unfold(search: str) -> Updates:
        """Opens the view where a link asks for it, with the scorers that it names."""
        query = read_query(search)
        if query.pop("tab", "") != VIEW:
            return {}
        named = changes_of(StreamRequest, query, LAYOUT.boxes).get("scorers")
        return {v.folded: gr.Accordion(open=True)} | ({scorers: with_scorers(named)} if named else {})

    search = gr.Textbox(visible=False)
    page.on(sidebar.restored.then, unfold, search, [v.folded, scorers], js=SEARCH, name="stream_unfold")


def read(sidebar: Sidebar, form: Form[StreamRequest], values: Sequence[Any]) -> StreamRequest:
    """The request that values of the form's inputs, then the sidebar's, then the tab's scorers stand for; the suite
    brings its ID labels.

    Raises:
        StudioError: one sentence.
    """
    count = len(form.inputs())
    changes = {**form.changes(values[:count]), "labels.labels": START.labels.labels}
    if changes["preset"] == "chosen":
        changes["scorers"] = tuple(values[-1])
    return sidebar.read(values[count:-1], START, changes)


def asked(studio: Studio, request: StreamRequest) -> Asked:
    """The work of a request."""

    def work(progress: Progress) -> Iterator[Shown]:
        result = studio.stream(request, progress)
        yield Shown(result, json.dumps(film_of(result, progress), separators=(",", ":")))

    return Asked(work, title=f"a stream on {request.labels.backbone}", key=request)


def film_of(result: StreamResult, progress: Progress) -> dict[str, Any]:
    """The film of a stream; a picture that cannot be read any more has no thumbnail."""
    places, images, captions = [], [], []
    every = thumbnail_places(len(result.flow))
    for done, place in enumerate(every):
        if done % 50 == 0:
            progress("drawing the film", done, len(every))
        try:
            image, caption = result.image(place)
        except StudioError:
            continue
        places.append(place)
        images.append(image)
        captions.append(caption)
    thumbnails = Thumbnails(places, images, captions)
    titles = method_titles(each.method for each in result.played)
    return film(result.flow, result.played, thumbnails, str(result.request.promise), titles)


def notes_html(notes: Sequence[str]) -> str:
    """What is to be said beside a stream."""
    lines = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f'<section class="studio-notes"><ul>{lines}</ul></section>' if lines else ""
