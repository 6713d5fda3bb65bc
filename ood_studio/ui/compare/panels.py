"""The components that show a result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ood_studio.ui.compare import cards
from ood_studio.ui.compare.save import FORMATS
from ood_studio.ui.compare.view import LAYOUT, View
from ood_studio.ui.compare.views import HEIGHT
from ood_studio.ui.form import Form
from ood_studio.ui.plot import click_plot
from ood_studio.ui.scripts import script
from ood_studio.ui.share import share_box

NOT_KEPT = "Scores of single pictures are not kept with a result; Repeat computes them."


@dataclass(frozen=True)
class Panels:
    """The components by name."""

    quick: Any
    summary: Any
    notes: Any
    tabs: Any
    metric: Any
    share: Any
    table: Any
    about: Any
    stored: Any
    keep: Any
    counts: Any
    histogram: Any
    mistakes: Any
    id_heading: Any
    id_gallery: Any
    ood_heading: Any
    ood_gallery: Any
    roc: Any
    log: Any
    precision: Any
    bars: Any
    other: Any
    verdict: Any
    scatter: Any
    first_heading: Any
    first_gallery: Any
    second_heading: Any
    second_gallery: Any
    published: Any
    earlier: Any
    earlier_about: Any
    earlier_table: Any
    earlier_notes: Any
    earlier_published: Any
    earlier_again: Any
    earlier_csv: Any
    earlier_latex: Any
    earlier_markdown: Any
    earlier_json: Any
    csv: Any
    latex: Any
    markdown: Any
    json: Any
    figures: Any
    figure_file: Any

    def all(self) -> list[Any]:
        """As a list, for gradio."""
        return [getattr(self, name) for name in self.__dataclass_fields__]

    def gallery(self, name: str) -> Any:
        """One of the galleries ``id``, ``ood``, ``first`` and ``second``."""
        return getattr(self, f"{name}_gallery")


def build_panels() -> Panels:
    """Draws the components inside the current `gr.Blocks`."""
    p: dict[str, Any] = {}
    pick = script("pick")
    view = Form(View(), LAYOUT)
    p["summary"] = gr.HTML(elem_id="compare-summary")
    p["notes"] = gr.HTML(elem_id="compare-notes")
    with gr.Column(elem_id="compare-empty"):
        gr.HTML(cards.EMPTY)
        p["quick"] = gr.Button("Make a quick comparison", variant="primary", size="sm", elem_id="compare-quick")
    with gr.Column(elem_id="compare-results"):  # the style sheet shows what there is something in
        with gr.Row(equal_height=False, elem_id="compare-looks"):
            view.draw("metric")
            p["share"] = share_box("compare")
        p["table"] = gr.HTML(elem_id="compare-table", js_on_load=pick)
        p["stored"] = gr.HTML(elem_id="compare-stored")
        with gr.Row(equal_height=False, elem_id="compare-scored"):
            with gr.Column(scale=2, min_width=220):
                view.draw("threshold")
            with gr.Column(scale=3, min_width=300):
                p["counts"] = gr.HTML(elem_id="compare-counts")
        with gr.Tabs(elem_id="compare-tabs") as p["tabs"]:
            with gr.Tab("Scores", id="scores"):
                p |= _scores()
            with gr.Tab("Curves", render_children=True):
                p |= _curves(view)
            with gr.Tab("All sets", id="sets", render_children=True):
                p["bars"] = click_plot("Every scorer on every set", elem_id="compare-bars")
            with gr.Tab("Two scorers", render_children=True):
                p |= _pair()
            with gr.Tab("Published", render_children=True):
                p["published"] = gr.HTML(elem_id="compare-published")
            with gr.Tab("Earlier results", render_children=True):
                p |= _earlier(pick)
            with gr.Tab("Save", render_children=True):
                p |= _save()
        p["about"] = gr.HTML(elem_id="compare-about")
    p |= {name: view[name] for name in ("metric", "keep", "log")}
    return Panels(**p)


def _scores() -> dict[str, Any]:
    p: dict[str, Any] = {}
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=300):
            p["histogram"] = click_plot(
                "Histogram of scores", elem_id="compare-histogram", height=HEIGHT, empty=NOT_KEPT
            )
            p["mistakes"] = gr.Button("Show the mistakes at the threshold", size="sm", elem_id="compare-mistakes")
        with gr.Column(scale=1, min_width=300):
            p |= _gallery("id") | _gallery("ood")
    return p


def _curves(view: Form[View]) -> dict[str, Any]:
    p: dict[str, Any] = {}
    with gr.Row(equal_height=False):
        with gr.Column(min_width=420):
            p["roc"] = click_plot("ROC curves", elem_id="compare-roc", empty=NOT_KEPT)
            view.draw("log")
        with gr.Column(min_width=420):
            p["precision"] = click_plot("Precision and recall", elem_id="compare-precision", empty=NOT_KEPT)
    return p


def _pair() -> dict[str, Any]:
    p: dict[str, Any] = {}
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=300):
            p["other"] = gr.Dropdown([], label="Against", elem_id="compare-other", filterable=False)
            p["verdict"] = gr.HTML(elem_id="compare-verdict")
            p |= _gallery("first") | _gallery("second")
        with gr.Column(scale=1, min_width=300):
            p["scatter"] = click_plot("One scorer against the other", elem_id="compare-scatter", empty=NOT_KEPT)
    return p


def _gallery(name: str) -> dict[str, Any]:
    heading = gr.HTML(elem_id=f"compare-{name}-heading")
    gallery = gr.Gallery(
        show_label=False,
        elem_id=f"compare-{name}-gallery",
        elem_classes="studio-gallery studio-row-gallery",
        interactive=False,
        columns=12,
        object_fit="cover",
        allow_preview=False,
        buttons=[],
    )
    return {f"{name}_heading": heading, f"{name}_gallery": gallery}


def _earlier(pick: str) -> dict[str, Any]:
    p: dict[str, Any] = {}
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=220):
            p["earlier"] = gr.HTML(elem_id="compare-earlier", js_on_load=script("pick", "filter"))
        with gr.Column(scale=2, min_width=300):
            p["earlier_table"] = gr.HTML(elem_id="compare-earlier-table")
            p["earlier_notes"] = gr.HTML(elem_id="compare-earlier-notes")
            p["earlier_about"] = gr.HTML(elem_id="compare-earlier-about")
            with gr.Column(elem_id="compare-earlier-more"):
                p["earlier_again"] = gr.Button(
                    "Run again: put its choices into the form", size="sm", elem_id="compare-earlier-again"
                )
                with gr.Row(elem_classes="studio-buttons"):
                    p |= _downloads("earlier_")
                p["earlier_published"] = gr.HTML(elem_id="compare-earlier-published")
    return p


def _save() -> dict[str, Any]:
    with gr.Row(elem_classes="studio-buttons"):
        p = _downloads("")
        p["figures"] = gr.Button("Figures as HTML", size="sm", elem_id="compare-figures")
        p["figure_file"] = gr.DownloadButton("", visible="hidden", elem_id="compare-figure-file")
    gr.HTML(
        '<p class="studio-about">Every figure saves itself as PNG or SVG with the camera in its upper right corner.</p>'
    )
    return p


def _downloads(before: str) -> dict[str, Any]:
    return {
        f"{before}{name}": gr.DownloadButton(
            title if before else f"Table as {title}", size="sm", elem_id=f"compare-{before.replace('_', '-')}{name}"
        )
        for name, (title, _, _) in FORMATS.items()
    }
