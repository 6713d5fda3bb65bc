"""The components that show an attack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ood_studio.ui.attack import live
from ood_studio.ui.attack.defend import DefencePanel, build_defences
from ood_studio.ui.attack.transfer import TransferPanel, build_transfer
from ood_studio.ui.pictures.shown import before_after
from ood_studio.ui.plot import click_plot


@dataclass(frozen=True)
class Panels:
    """The components by name."""

    progress: Any
    verdict: Any
    spoken: Any
    pictures: Any
    similarity: Any
    margins: Any
    scores: Any
    ready: Any
    slider: Any
    changed: Any
    png: Any
    perturbation: Any
    exact: Any
    record: Any
    saved: Any
    explore: Any
    transfer: TransferPanel
    defence: DefencePanel

    def all(self) -> list[Any]:
        """As a list, for gradio."""
        parts = [getattr(self, name) for name in self.__dataclass_fields__]
        plain = [part for part in parts if not isinstance(part, TransferPanel | DefencePanel)]
        return [*plain, self.transfer.table, *self.defence.shown()]


def build_live() -> dict[str, Any]:
    """What changes while the attack runs, drawn inside the current `gr.Blocks`."""
    p: dict[str, Any] = {}
    p["progress"] = gr.HTML(elem_id="attack-progress")
    p["verdict"] = gr.HTML(live.EMPTY, elem_id="attack-verdict")
    p["spoken"] = gr.HTML(elem_id="attack-spoken", elem_classes="studio-spoken")
    p["pictures"] = gr.HTML(elem_id="attack-pictures")
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=260):
            p["similarity"] = click_plot("Similarity to the target", elem_id="attack-similarity", height=330)
        with gr.Column(scale=3, min_width=320):
            p["margins"] = click_plot("Every score against its threshold", elem_id="attack-margins", height=330)
    p["scores"] = gr.HTML(elem_id="attack-scores")
    return p


def build_results() -> dict[str, Any]:
    """What is there when the attack has ended."""
    p: dict[str, Any] = {}
    # The column is hidden by the style sheet until there is something to show.
    with gr.Column(elem_id="attack-results"):
        p["ready"] = gr.HTML(elem_id="attack-ready")
        with gr.Tabs(elem_id="attack-tabs"):
            with gr.Tab("Before and after", render_children=True):
                p["slider"] = before_after("Before (left) and after (right)", "attack-slider")
            with gr.Tab("What changed?", render_children=True):
                p["changed"] = gr.HTML(elem_id="attack-changed")
            with gr.Tab("Does it transfer?", render_children=True):
                p["transfer"] = build_transfer()
            with gr.Tab("Defences", render_children=True):
                p["defence"] = build_defences()
            with gr.Tab("Save and send", render_children=True):
                p |= _save()
    return p


def _save() -> dict[str, Any]:
    p: dict[str, Any] = {}
    with gr.Row(elem_classes="studio-buttons"):
        for name, title in (
            ("png", "Picture (PNG, without loss)"),
            ("perturbation", "Perturbation (PNG, amplified)"),
            ("exact", "Perturbation (NPY, exact)"),
            ("record", "Everything to repeat it (JSON)"),
        ):
            p[name] = gr.DownloadButton(title, size="sm", elem_id=f"attack-{name}")
    p["saved"] = gr.HTML(elem_id="attack-saved")
    with gr.Row(elem_classes="studio-buttons studio-few"):
        p["explore"] = gr.Button("Open in Explore", size="sm", elem_id="attack-explore")
    return p
