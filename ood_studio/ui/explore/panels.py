"""The components of the tab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ood_studio.ui import cards
from ood_studio.ui.explore.examples import sources
from ood_studio.ui.plot import click_plot
from ood_studio.ui.run import Buttons
from ood_studio.ui.scripts import script
from ood_studio.ui.share import share_box

HEAT = "Show where the ID evidence is"
NO_HEAT = "No map: this model has no patches to compare with labels"
LARGE, HISTOGRAM = 300, 260  # pixels high


@dataclass(frozen=True)
class Chooser:
    """The components that choose pictures."""

    gallery: Any
    add: Any
    stop: Any
    clear: Any
    source: Any
    examples: Any
    more: Any
    share: Any


@dataclass(frozen=True)
class Panels:
    """The components that show what came of them."""

    progress: Any
    verdict: Any
    details: Any
    large: Any
    heat: Any
    bars: Any
    score: Any
    histogram: Any
    table: Any
    about: Any
    fold: Any
    change: Any
    thing: Any
    value: Any
    reset: Any
    strip: Any
    batch: Any
    frame: Any
    download: Any

    def all(self) -> list[Any]:
        """As a list, for gradio."""
        return [getattr(self, name) for name in self.__dataclass_fields__]


def build_chooser() -> Chooser:
    """Draws the components inside the current `gr.Blocks`."""
    with gr.Row(elem_classes="studio-buttons"):
        add = gr.UploadButton("Add pictures", file_count="multiple", variant="primary", elem_id="add", size="sm")
        stop = gr.Button("Stop", variant="stop", elem_id="stop", size="sm", interactive=False)
        clear = gr.Button("Clear", elem_id="clear", size="sm")
    gallery = gr.Gallery(
        label="Your pictures: drop, paste or photograph",
        show_label=False,
        elem_id="pictures",
        elem_classes="studio-gallery",
        interactive=True,
        type="filepath",
        sources=["upload", "webcam", "clipboard"],
        columns=5,
        fit_columns=False,
        object_fit="cover",
        allow_preview=False,
        buttons=[],
    )
    source = gr.Dropdown(
        sources(), value=sources()[0][1], label="Or take an example", elem_id="source", filterable=False
    )
    examples = gr.Gallery(
        label="Examples: click one",
        show_label=False,
        elem_id="examples",
        elem_classes="studio-gallery",
        interactive=False,
        columns=4,
        object_fit="cover",
        allow_preview=False,
        buttons=[],
    )
    more = gr.Button("Draw others", size="sm", elem_id="more")
    return Chooser(gallery, add, stop, clear, source, examples, more, share_box("explore"))


def build_panels() -> tuple[Panels, Buttons]:
    """Draws the components inside the current `gr.Blocks`; the buttons are those of "What flips it?"."""
    with gr.Row(equal_height=False, elem_id="explore-result"):
        with gr.Column(scale=5, min_width=280, visible="hidden") as details:
            large = gr.Image(
                label="The picture",
                show_label=False,
                interactive=False,
                elem_id="large",
                height=LARGE,
                buttons=["fullscreen"],
            )
            heat = gr.Checkbox(False, label=HEAT, elem_id="heat", container=False)
            score = gr.Dropdown(
                [],
                label="Among the reference pictures",
                show_label=False,
                elem_id="score-name",
                interactive=True,
                container=False,
                filterable=False,
            )
            histogram = click_plot(
                "Where the picture stands among the reference pictures", elem_id="histogram", height=HISTOGRAM
            )
        with gr.Column(scale=6, min_width=300, elem_id="explore-said"):
            progress = gr.HTML(elem_id="explore-progress")
            verdict = gr.HTML(cards.EMPTY, elem_id="verdict")
            bars = gr.HTML(elem_id="bars")
            table = gr.HTML(elem_id="scores")
    about = gr.HTML(elem_id="about")
    changing, buttons = _build_change()
    with gr.Accordion("All pictures as a table", open=False, visible="hidden", elem_id="explore-batch") as batch:
        frame = gr.Dataframe(interactive=False, elem_id="batch", wrap=True, show_label=False)
        download = gr.DownloadButton("Download as CSV", elem_id="download", size="sm")
    panels = Panels(
        progress=progress,
        verdict=verdict,
        details=details,
        large=large,
        heat=heat,
        bars=bars,
        score=score,
        histogram=histogram,
        table=table,
        about=about,
        batch=batch,
        frame=frame,
        download=download,
        **changing,
    )
    return panels, buttons


def _build_change() -> tuple[dict[str, Any], Buttons]:
    """What of the picture can be changed, and what flips the verdict."""
    p: dict[str, Any] = {}
    with gr.Accordion("Change one thing", open=False, visible="hidden", elem_id="explore-change") as p["fold"]:
        p["change"] = gr.HTML(elem_id="explore-changed")
        with gr.Row(equal_height=False, elem_id="explore-thing-row"):
            p["thing"] = gr.Dropdown([], label="Thing", elem_id="explore-thing", filterable=False)
            p["value"] = gr.Dropdown([], label="What it is", elem_id="explore-value", filterable=False)
        with gr.Row(elem_classes="studio-buttons"):
            p["reset"] = gr.Button("As it was", size="sm", elem_id="explore-reset")
            flips = gr.Button("What flips it?", variant="primary", size="sm", elem_id="explore-flips")
            stop = gr.Button("Stop", variant="stop", size="sm", elem_id="explore-flips-stop", interactive=False)
        progress = gr.HTML(elem_id="explore-flips-progress")
        p["strip"] = gr.HTML(elem_id="explore-strip", js_on_load=script("pick"))
    return p, Buttons((flips,), stop, progress)
