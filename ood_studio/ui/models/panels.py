"""The components of the tab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ood_studio.studio import ZooRequest
from ood_studio.ui.form import Form
from ood_studio.ui.models.cards import EMPTY
from ood_studio.ui.models.layout import LAYOUT, START
from ood_studio.ui.models.view import View
from ood_studio.ui.plot import click_plot
from ood_studio.ui.run import Buttons
from ood_studio.ui.scripts import script
from ood_studio.ui.share import share_box


@dataclass(frozen=True)
class Chooser:
    """The components that say what is measured, and what was.

    Attributes:
        form: boxes of the request.
        buttons: Measure, Stop, and how far it is.
        share: the view as a link, as a command, and once more.
        earlier: the list of earlier results.
    """

    form: Form[ZooRequest]
    buttons: Buttons
    share: Any
    earlier: Any


@dataclass(frozen=True)
class Panels:
    """The components that show a run."""

    about: Any
    x: Any
    y: Any
    by: Any
    scatter: Any
    card: Any
    trends: Any
    table: Any
    csv: Any
    latex: Any
    first: Any
    second: Any
    factors: Any
    factors_about: Any
    reliability: Any
    reliability_about: Any
    found: Any
    changes: Any

    def all(self) -> list[Any]:
        """As a list, for gradio."""
        return [getattr(self, name) for name in self.__dataclass_fields__]


def build_chooser(strangers: bool) -> Chooser:
    """Draws the components inside the current `gr.Blocks`."""
    form: Form[ZooRequest] = Form(START, LAYOUT, strangers)
    with gr.Row(elem_classes="studio-buttons"):
        run = gr.Button("Measure", variant="primary", size="sm", elem_id="models-run")
        stop = gr.Button("Stop", variant="stop", size="sm", elem_id="models-stop", interactive=False)
    progress = gr.HTML(elem_id="models-progress")
    form.draw("main")
    with gr.Accordion("More", open=False, elem_id="models-more"):
        form.draw("more")
    form.wire()
    share = share_box("models")
    earlier = gr.HTML(elem_id="models-earlier", js_on_load=script("pick", "filter"))
    return Chooser(form, Buttons((run,), stop, progress), share, earlier)


def build_panels() -> Panels:
    """Draws the components inside the current `gr.Blocks`; those below the table show once there is something."""
    p: dict[str, Any] = {}
    usual = View()
    p["about"] = gr.HTML(EMPTY, elem_id="models-about")
    with gr.Column(elem_id="models-results"):
        with gr.Row(equal_height=False):
            p["x"] = gr.Dropdown([usual.x], value=usual.x, label="Across", elem_id="models-x", min_width=185)
            p["y"] = gr.Dropdown([usual.y], value=usual.y, label="Upward", elem_id="models-y", min_width=185)
            choices = [("kind of model", "group"), ("training source", "source")]
            p["by"] = gr.Dropdown(choices, value=usual.by, label="Colours by", elem_id="models-by", min_width=185)
        with gr.Row(equal_height=False, elem_id="models-both"):
            p["scatter"] = click_plot("Models along two axes", elem_id="models-scatter", height=520)
            p["table"] = gr.HTML(elem_id="models-table", js_on_load=script("pick"))
        p["card"] = gr.HTML(elem_id="models-card", js_on_load=script("pick"))
        p["trends"] = gr.HTML(elem_id="models-trends")
        with gr.Row(elem_classes="studio-buttons studio-few"):
            p["csv"] = gr.DownloadButton("All figures as CSV", size="sm", elem_id="models-csv")
            p["latex"] = gr.DownloadButton("The table as LaTeX", size="sm", elem_id="models-latex")
        p["changes"] = gr.HTML(elem_id="models-changes")
        with gr.Row(equal_height=False):
            p["first"] = gr.Dropdown([], label="Model", elem_id="models-first", min_width=180)
            p["second"] = gr.Dropdown([], label="Beside", elem_id="models-second", min_width=180)
        p["factors"] = click_plot("Accuracy on visual factors", elem_id="models-factors", height=420)
        p["factors_about"] = gr.HTML(elem_id="models-factors-about")
        p["reliability"] = click_plot("Reliability before and after scaling", elem_id="models-reliability", height=430)
        p["reliability_about"] = gr.HTML(elem_id="models-reliability-about", js_on_load=script("pick"))
        p["found"] = gr.HTML(elem_id="models-found")
    return Panels(**p)
