"""Defences live: a small change of the input before the model sees it, and what that does to every score."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr
from PIL import Image

from ood_studio.attacks.defences import DEFENCES, Defence, Kind
from ood_studio.core.progress import Progress
from ood_studio.studio import Reading, Studio
from ood_studio.studio.jobs import Job
from ood_studio.studio.lanes import ANSWER
from ood_studio.ui.attack.session import Session
from ood_studio.ui.attack.trace import AttackTrace
from ood_studio.ui.cards import number, side
from ood_studio.ui.page import Page
from ood_studio.ui.pictures.shown import data_uri
from ood_studio.ui.run import Asked, Buttons, Run
from ood_studio.ui.tables import figures_table
from ood_studio.ui.wiring import Updates

_START: dict[str, float] = {"jpeg": 60, "blur": 4, "resize": 0.1, "crops": 8}  # strong enough to be seen
_SHOWN = {"blur": 16.0}  # how far a slider goes where its bounds go on beyond what is of use


@dataclass(frozen=True)
class DefencePanel:
    """The components."""

    kind: Any
    strength: Any
    table: Any
    picture: Any
    buttons: Buttons

    def shown(self) -> list[Any]:
        """What an answer changes."""
        return [self.table, self.picture]


def build_defences() -> DefencePanel:
    """Draws the components inside the current `gr.Blocks`."""
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=260):
            kind = gr.Radio(
                [("JPEG", "jpeg"), ("blur", "blur"), ("resize", "resize"), ("random crops", "crops")],
                value="jpeg",
                label="Before the model looks, the picture goes through",
                elem_id="attack-defence",
            )
            strength = slider_for("jpeg", elem_id="attack-strength")
            # With a large model many crops take minutes.
            with gr.Row(elem_classes="studio-buttons"):
                stop = gr.Button("Stop", variant="stop", size="sm", elem_id="attack-defence-stop", interactive=False)
            progress = gr.HTML(elem_id="attack-defence-progress")
            picture = gr.HTML(elem_id="attack-defended")
        with gr.Column(scale=3, min_width=300):
            table = gr.HTML(elem_id="attack-defence-table")
    return DefencePanel(kind, strength, table, picture, Buttons((), stop, progress))


def slider_for(kind: Kind, **more: Any) -> Any:
    """The slider as it fits a kind of defence."""
    bounds = DEFENCES[kind].bounds
    high = _SHOWN.get(kind, bounds.high)
    return gr.Slider(bounds.low, high, _START[kind], step=bounds.step or 0.1, label=bounds.help, **more)


def wire_defences(page: Page, session: gr.State, panel: DefencePanel, done: Any) -> None:
    """Live: at every move of the slider, and once an attack has ended.

    Args:
        done: a component that changes when an attack has ended.
    """

    def begin(mine: Session, kind: Kind, strength: float) -> Asked | None:
        """Every score with a defence."""
        trace = mine.trace
        if trace is None or trace.last is None:
            return None
        defence = Defence(kind, float(strength))

        def work(progress: Progress) -> Iterator[tuple[str, str]]:
            yield answer(page.studio, trace, defence)

        return Asked(work, title="a defence tried")

    def draw(mine: Session, job: Job) -> Updates:
        return {} if job.result is None else dict(zip(panel.shown(), job.result, strict=True))

    run = Run(page, "attack_defend", ANSWER, panel.buttons, session, draw, panel.shown(), said="")
    inputs = [panel.kind, panel.strength]
    fitted = page.on(panel.kind.input, slider_for, panel.kind, panel.strength, name="attack_defence")
    run.on([panel.strength.release, done.change], begin, inputs, quiet=True)
    run.on(fitted.then, begin, inputs, name="attack_defend_kind", quiet=True)


def answer(studio: Studio, trace: AttackTrace, defence: Defence) -> tuple[str, str]:
    """The table and the picture of a defence."""
    assert trace.last is not None
    plain = studio.with_defence(trace.request, [trace.last.image], None)[0]
    before, after = studio.with_defence(trace.request, [trace.last.original, trace.last.image], defence)
    return _table(plain, after, before), _picture(defence, trace.last.image)


def _table(plain: tuple[Reading, ...], after: tuple[Reading, ...], before: tuple[Reading, ...]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(now.title)}</th>{_cell(bare)}{_cell(now)}{_cell(was)}</tr>'
        for bare, now, was in zip(plain, after, before, strict=True)
    )
    saved = sum(bare.inside is True and now.inside is False for bare, now in zip(plain, after, strict=True))
    fooled = sum(bare.inside is True for bare in plain)
    said = f"The defence uncovers the attack for {saved} of the {fooled} fooled detectors." if fooled else ""
    columns = ("score", "attacked", "attacked, defended", "original, defended")
    table = figures_table("What the scores become", columns, rows)
    return f'<p role="status" class="studio-about"><b>{said}</b></p>{table}'


def _cell(reading: Reading) -> str:
    return f"<td>{number(reading.value)} {side(reading.inside)}</td>"


def _picture(defence: Defence, attacked: Image.Image) -> str:
    shown = data_uri(defence.apply(attacked))
    about = "one of the crops" if defence.kind == "crops" else f"after {defence}"
    return (
        f'<figure class="studio-one"><img src="{shown}" alt="The attacked picture {about}">'
        f"<figcaption>What the model sees: {about}</figcaption></figure>"
    )
