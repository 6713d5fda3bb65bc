"""The components that show a result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ood_studio.ui.compare import cards
from ood_studio.ui.compare.session import KEPT, METRICS
from ood_studio.ui.plot import click_plot


@dataclass(frozen=True)
class Panels:
    """The components by name."""

    progress: Any
    summary: Any
    notes: Any
    metric: Any
    table: Any
    about: Any
    ood: Any
    scorer: Any
    keep: Any
    counts: Any
    roc: Any
    log: Any
    histogram: Any
    mistakes: Any
    id_heading: Any
    id_gallery: Any
    ood_heading: Any
    ood_gallery: Any
    bars: Any
    precision: Any
    other: Any
    verdict: Any
    scatter: Any
    first_heading: Any
    first_gallery: Any
    second_heading: Any
    second_gallery: Any
    published: Any
    link: Any
    command: Any
    csv: Any
    latex: Any
    markdown: Any
    json: Any
    figures: Any
    figure_file: Any
    query: Any

    def all(self) -> list[Any]:
        """As a list, for gradio."""
        return [getattr(self, name) for name in self.__dataclass_fields__]

    def gallery(self, name: str) -> Any:
        """One of the galleries ``id``, ``ood``, ``first`` and ``second``."""
        return getattr(self, f"{name}_gallery")


def build_panels() -> Panels:
    """Draws the components inside the current `gr.Blocks`."""
    p: dict[str, Any] = {}
    p["progress"] = gr.HTML(elem_id="compare-progress")
    p["summary"] = gr.HTML(cards.EMPTY, elem_id="compare-summary")
    p["notes"] = gr.HTML(elem_id="compare-notes")
    with gr.Column(elem_id="compare-results"):  # the style sheet hides it while it holds no table
        p["metric"] = gr.Radio(
            [(title, metric) for metric, (title, _) in METRICS.items()],
            value="auroc",
            label="What the table shows",
            elem_id="compare-metric",
        )
        p["table"] = gr.HTML(elem_id="compare-table", js_on_load=cards.PICK_JS)
        p["about"] = gr.HTML(elem_id="compare-about")
        p |= _inside()
        with gr.Tabs(elem_id="compare-tabs"):
            with gr.Tab("All sets"):
                p["bars"] = click_plot("AUROC of every scorer on every set", elem_id="compare-bars")
            with gr.Tab("Precision and recall", render_children=True):
                p["precision"] = click_plot("Precision and recall", elem_id="compare-precision")
            with gr.Tab("Two scorers", render_children=True):
                p |= _pair()
            with gr.Tab("Published numbers"):
                p["published"] = gr.HTML(elem_id="compare-published")
            with gr.Tab("Save and share", render_children=True):
                p |= _save()
    p["query"] = gr.Textbox(visible="hidden", elem_id="compare-query")
    return Panels(**p)


def _inside() -> dict[str, Any]:
    p: dict[str, Any] = {}
    with gr.Row():
        p["ood"] = gr.Dropdown([], label="OOD set", info="Which pictures to look at.", elem_id="compare-set")
        p["scorer"] = gr.Dropdown([], label="Scorer", info="Whose threshold you move.", elem_id="compare-scorer")
        p["keep"] = gr.Slider(
            1,
            100,
            KEPT,
            step=0.5,
            label="Threshold: percent of ID pictures kept",
            info="Moves the ring on the curve, the line in the histogram and the counts.",
            scale=2,
            elem_id="compare-keep",
        )
    p["counts"] = gr.HTML(elem_id="compare-counts")
    with gr.Row(equal_height=False):
        with gr.Column(min_width=300):
            p["roc"] = click_plot("ROC curves", elem_id="compare-roc")
            p["log"] = gr.Checkbox(False, label="Logarithmic false positive rate", elem_id="compare-log")
        with gr.Column(min_width=300):
            p["histogram"] = click_plot("Histogram of scores", elem_id="compare-histogram")
            p["mistakes"] = gr.Button("Show the mistakes at the threshold", size="sm", elem_id="compare-mistakes")
    return p | _galleries("id", "ood")


def _pair() -> dict[str, Any]:
    p: dict[str, Any] = {}
    with gr.Row(equal_height=True):
        p["other"] = gr.Dropdown(
            [], label="Against", info="The second scorer, on the same pictures.", elem_id="compare-other"
        )
        with gr.Column(scale=3, min_width=300):
            p["verdict"] = gr.HTML(elem_id="compare-verdict")
    p["scatter"] = click_plot("One scorer against the other", elem_id="compare-scatter")
    return p | _galleries("first", "second")


def _galleries(*names: str) -> dict[str, Any]:
    p: dict[str, Any] = {}
    with gr.Row(equal_height=False):
        for name in names:
            with gr.Column(min_width=300):
                p[f"{name}_heading"] = gr.HTML(elem_id=f"compare-{name}-heading")
                p[f"{name}_gallery"] = gr.Gallery(
                    show_label=False,
                    elem_id=f"compare-{name}-gallery",
                    elem_classes="studio-gallery",
                    interactive=False,
                    columns=4,
                    object_fit="cover",
                    allow_preview=False,
                    buttons=[],
                )
    return p


def _save() -> dict[str, Any]:
    p: dict[str, Any] = {}
    p["link"] = gr.Textbox(
        label="A link to this view", interactive=False, lines=2, buttons=["copy"], elem_id="compare-link"
    )
    p["command"] = gr.Textbox(
        label="The command line that gives the same figures",
        interactive=False,
        lines=2,
        buttons=["copy"],
        elem_id="compare-command",
    )
    with gr.Row(elem_classes="studio-buttons"):
        for name, title in (("csv", "CSV"), ("latex", "LaTeX"), ("markdown", "Markdown"), ("json", "JSON")):
            p[name] = gr.DownloadButton(f"Table as {title}", size="sm", elem_id=f"compare-{name}")
        p["figures"] = gr.Button("Figures as HTML", size="sm", elem_id="compare-figures")
        p["figure_file"] = gr.DownloadButton("", visible="hidden", elem_id="compare-figure-file")
    gr.HTML(
        '<p class="studio-about">Every figure saves itself as PNG or SVG with the camera in its upper right corner.</p>'
    )
    return p
