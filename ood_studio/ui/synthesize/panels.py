"""The components that show a synthesis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ood_studio.ui.pictures.shown import before_after
from ood_studio.ui.run import Buttons, run_buttons
from ood_studio.ui.synthesize import live
from ood_studio.ui.synthesize.plane import MapPanel, build_map


@dataclass(frozen=True)
class Panels:
    """The components by name."""

    verdict: Any
    spoken: Any
    gauge: Any
    progress: Any
    strip: Any
    ready: Any
    slider: Any
    scores: Any
    baselines: Buttons
    map: MapPanel
    png: Any
    film: Any
    record: Any
    explore: Any

    def all(self) -> list[Any]:
        """As a list, for gradio."""
        parts = [getattr(self, name) for name in self.__dataclass_fields__]
        return [part for part in parts if not isinstance(part, MapPanel | Buttons)]


def build_live() -> dict[str, Any]:
    """What changes while a picture is made, drawn inside the current `gr.Blocks`."""
    p: dict[str, Any] = {}
    p["progress"] = gr.HTML(elem_id="synth-progress")
    p["verdict"] = gr.HTML(live.EMPTY, elem_id="synth-verdict")
    p["spoken"] = gr.HTML(elem_id="synth-spoken", elem_classes="studio-spoken")
    p["gauge"] = gr.HTML(elem_id="synth-gauge")
    p["strip"] = gr.HTML(elem_id="synth-strip")
    return p


def build_results() -> dict[str, Any]:
    """What is there when it has ended."""
    p: dict[str, Any] = {}
    # The column is hidden by the style sheet until there is something to show.
    with gr.Column(elem_id="synth-results"):
        p["ready"] = gr.HTML(elem_id="synth-ready")
        with gr.Tabs(elem_id="synth-tabs"):
            with gr.Tab("Before and after", render_children=True):
                p["slider"] = before_after("Original (left) and result (right)", "synth-slider")
            with gr.Tab("Every score", render_children=True):
                p["scores"] = gr.HTML(elem_id="synth-scores")
            with gr.Tab("Baselines", render_children=True):
                gr.HTML(
                    '<p class="studio-about">Adds two pictures to the strip: the same loop in a random direction of '
                    "the same size, and “Neg Image” (SynOOD, Table 4), painted straight from the name of the negative "
                    "label that the result resembles. The unguided picture is there already, as iteration 0.</p>"
                )
                p["baselines"] = run_buttons("synth-baselines", "Add baselines")
            with gr.Tab("Map", render_children=True):
                p["map"] = build_map()
            with gr.Tab("Save and send", render_children=True):
                with gr.Row(elem_classes="studio-buttons"):
                    for name, title in (
                        ("png", "Result (PNG)"),
                        ("film", "Filmstrip (PNG)"),
                        ("record", "Everything to repeat it (JSON)"),
                    ):
                        p[name] = gr.DownloadButton(title, size="sm", elem_id=f"synth-{name}")
                with gr.Row(elem_classes="studio-buttons studio-few"):
                    p["explore"] = gr.Button("Open in Explore", size="sm", elem_id="synth-explore")
    return p
