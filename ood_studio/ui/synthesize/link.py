"""What is seen as a link and as a command, and a link followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from ood_studio.studio import SynthesizeImageRequest
from ood_studio.synthesis.answers import parse_typed
from ood_studio.ui.form import changes_of, read_query
from ood_studio.ui.page import Page
from ood_studio.ui.pictures.galleries import offer, place_of
from ood_studio.ui.share import shared_view
from ood_studio.ui.synthesize.choices import Choices
from ood_studio.ui.synthesize.layout import LAYOUT
from ood_studio.ui.synthesize.session import Session
from ood_studio.ui.synthesize.trace import SynthesisTrace
from ood_studio.ui.wiring import SEARCH, Updates

EXAMPLE, CONTEXTS = "example", "contexts"
"""Names of a link's parts: which picture of the gallery is open, its turn and place; and the words."""


def view_of(choices: Choices, mine: Session, trace: SynthesisTrace) -> str:
    """The value of the box that shares it; pictures of one's own are in no link, and in the command by their names."""
    query = choices.sidebar.query(trace.request, LAYOUT.boxes) | {CONTEXTS: ", ".join(trace.words)}
    place = place_of(mine, choices.source, trace.path)
    if place is not None:
        query[EXAMPLE] = f"{mine.offered.rounds.get(choices.source.split, 0)}/{place}"
    return shared_view("synthesize", query, choices.command(trace))


def wire_link(page: Page, opened: Any, session: gr.State, choices: Choices) -> None:
    """The tab's own part of a link: its settings, which example is open, and the words; without one, the first example.

    Args:
        opened: the event at whose end the gallery is there.
    """
    box = choices.source

    def follow(mine: Session, search: str) -> Updates:
        """What the link says."""
        query = read_query(search)
        own = query if query.get("tab") == "synthesize" else {}
        turn, place = _example(own)
        shown = offer(mine, box, turn)
        mine.linked = shown[min(place, len(shown) - 1)][0]
        mine.wanted = parse_typed(own.get(CONTEXTS, ""))
        settings = choices.form.updates(changes_of(SynthesizeImageRequest, own, LAYOUT.boxes)) if own else {}
        return {box.gallery: shown, box.image: mine.linked, **settings}

    search = gr.Textbox(visible=False)
    outputs = [box.gallery, box.image, *choices.form.inputs()]
    page.on(opened, follow, [session, search], outputs, js=SEARCH, name="synthesize_opening")


def _example(query: Mapping[str, str]) -> tuple[int, int]:
    turn, _, place = query.get(EXAMPLE, "").partition("/")
    return (int(turn), int(place)) if turn.isdigit() and place.isdigit() else (0, 0)
