"""The components of the tab."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from ood_studio.detectors import Promise
from ood_studio.detectors.file import SUFFIX
from ood_studio.studio import DetectorRequest
from ood_studio.ui.detect.layout import LAYOUT, START
from ood_studio.ui.form import Form
from ood_studio.ui.plot import click_plot
from ood_studio.ui.run import Buttons
from ood_studio.ui.share import share_box

EMPTY = (
    '<div class="studio-empty"><h2>Decide</h2><p>A detector in one file: model, labels, score, and a threshold with a '
    "promise. Make one of what the sidebar holds, or load a file; then drop pictures, and see which are ID, how "
    "unusual each is, and whether the stream drifts.</p></div>"
)


def promise_words(promise: Promise) -> str:
    """A promise in words, and how many images suffice."""
    said = str(promise)
    return (
        f'<p class="studio-about" role="status">{escape(said[:1].upper() + said[1:])}. It takes at least '
        f"<b>{promise.fewest():,}</b> ID pictures that nothing else has learnt from: the sidebar’s reference pictures."
        "</p>"
    )


ALARMS = (("flags too often", "rate"), ("p-values drift", "jumper"), ("p-values drift, watched for ever", "restarting"))


@dataclass(frozen=True)
class Chooser:
    """The components that make or load a detector, and choose pictures."""

    form: Form[DetectorRequest]
    promise: Any
    buttons: Buttons
    make: Any
    load: Any
    add: Any
    examples: Any
    clear: Any
    share: Any


@dataclass(frozen=True)
class Panels:
    """The components that show a detector and its decisions."""

    card: Any
    file: Any
    decisions: Any
    drift: Any
    wealth: Any
    drift_about: Any
    csv: Any
    json: Any

    def all(self) -> list[Any]:
        """As a list, for gradio."""
        return [getattr(self, name) for name in self.__dataclass_fields__ if name != "drift"]


def build_chooser(strangers: bool) -> Chooser:
    """Draws the components inside the current `gr.Blocks`."""
    form: Form[DetectorRequest] = Form(START, LAYOUT, strangers)
    form.draw("main")
    promise = gr.HTML(promise_words(START.promise), elem_id="detect-promise")
    with gr.Row(elem_classes="studio-buttons"):
        make = gr.Button("Make", variant="primary", size="sm", elem_id="detect-make")
        load = gr.UploadButton(
            "Load a file", file_types=[".safetensors"], variant="secondary", size="sm", elem_id="detect-load"
        )
        stop = gr.Button("Stop", variant="stop", size="sm", elem_id="detect-stop", interactive=False)
    progress = gr.HTML(elem_id="detect-progress")
    with gr.Row(elem_classes="studio-buttons"):
        add = gr.UploadButton("Add pictures", file_count="multiple", variant="primary", size="sm", elem_id="detect-add")
        examples = gr.Button("Add examples", size="sm", elem_id="detect-examples")
        clear = gr.Button("Clear", size="sm", elem_id="detect-clear")
    with gr.Accordion("More", open=False, visible=not strangers, elem_id="detect-further"):
        form.draw("more")
    form.wire()
    buttons = Buttons((make,), stop, progress)
    return Chooser(form, promise, buttons, make, load, add, examples, clear, share_box("detect"))


def build_panels() -> Panels:
    """Draws the components inside the current `gr.Blocks`."""
    card = gr.HTML(EMPTY, elem_id="detect-card")
    file = gr.DownloadButton(f"Download the detector ({SUFFIX})", size="sm", elem_id="detect-file", visible=False)
    decisions = gr.HTML(elem_id="detect-decisions")
    with gr.Column(elem_id="detect-more"):  # the style sheet shows it where there are decisions
        drift = gr.Radio([*ALARMS], value="rate", label="Drift alarm", elem_id="detect-alarm")
        wealth = click_plot("Wealth of the drift alarm", elem_id="detect-wealth", height=300)
        about = gr.HTML(elem_id="detect-drift-about")
        with gr.Row(elem_classes="studio-buttons"):
            csv = gr.DownloadButton("Decisions as CSV", size="sm", elem_id="detect-csv")
            json = gr.DownloadButton("Decisions as JSON", size="sm", elem_id="detect-json")
    return Panels(card, file, decisions, drift, wealth, about, csv, json)
