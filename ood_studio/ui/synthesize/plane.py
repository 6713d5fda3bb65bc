"""The map: where ID, OOD and synthetic pictures lie in the backbone's features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
import plotly.graph_objects as go

from ood_studio.core.progress import Progress
from ood_studio.figures.feature_map import feature_map_figure
from ood_studio.studio import FeatureMapRequest
from ood_studio.studio.jobs import Job
from ood_studio.studio.lanes import PICTURE
from ood_studio.synthesis.synthetic_set import synthetic_sets
from ood_studio.ui.image_sets import synthetic_choices
from ood_studio.ui.page import Page
from ood_studio.ui.plot import click_plot, figure_update
from ood_studio.ui.run import Asked, Buttons, Run, run_buttons
from ood_studio.ui.sidebar import Sidebar
from ood_studio.ui.synthesize.session import Session
from ood_studio.ui.wiring import Updates


@dataclass(frozen=True)
class MapPanel:
    """The components."""

    buttons: Buttons
    synthetic: Any
    plot: Any


def build_map() -> MapPanel:
    """Draws the components inside the current `gr.Blocks`."""
    gr.HTML(
        '<p class="studio-about">UMAP lays out the backbone’s features of ID, OOD and synthetic pictures in a plane: '
        "neighbours there are neighbours for the model, distances between groups mean little. "
        "Point at a mark to see its picture.</p>"
    )
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=240):
            synthetic = gr.Dropdown(synthetic_choices(), value="", label="Also show a set", elem_id="synth-map-set")
        with gr.Column(scale=3, min_width=240):
            buttons = run_buttons("synth-map-draw", "Draw the map")
    plot = click_plot(
        "Map of ID, OOD and synthetic pictures",
        elem_id="synth-map",
        height=620,
        empty="About 600 pictures as the backbone sees them; the first map of a session takes half a minute.",
    )
    return MapPanel(buttons, synthetic, plot)


def wire_map(page: Page, session: gr.State, sidebar: Sidebar, panel: MapPanel) -> None:
    """One click: the session's picture and a set among the others."""

    def begin(mine: Session, chosen: str | None, *values: Any) -> Asked:
        """The map with this session's picture."""
        request = sidebar.read(values, FeatureMapRequest())
        trace = mine.trace
        trail = [] if trace is None else [*zip(trace.names(), (each.image for each in trace.trail()), strict=True)]
        titled = [(name if name == "original" else f"iteration {name}", picture) for name, picture in trail]
        synthetic = {str(each.folder): each for each in synthetic_sets()}.get(chosen or "")
        others = None if synthetic is None else (synthetic.name, synthetic.folder)

        def work(progress: Progress) -> Iterator[go.Figure]:
            found = page.studio.feature_map(request, titled, others, progress)
            yield feature_map_figure(found.groups, found.backbone)

        return Asked(work, title="map of pictures")

    def draw(mine: Session, job: Job) -> Updates:
        return {} if job.result is None else {panel.plot: figure_update(panel.plot, job.result)}

    run = Run(page, "synthesize_map", PICTURE, panel.buttons, session, draw, [panel.plot], said="")
    run.on(panel.buttons.run[0].click, begin, [panel.synthetic, *sidebar.inputs])
    page.on(
        panel.synthetic.focus,
        lambda: gr.update(choices=synthetic_choices()),
        None,
        panel.synthetic,
        name="synthesize_map_sets",
    )
