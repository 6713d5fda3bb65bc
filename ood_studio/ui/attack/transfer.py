"""Does it transfer: what other models make of the attacked picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress, Stopped
from ood_studio.studio import ExploreRequest, Reading, Studio
from ood_studio.studio.jobs import Job
from ood_studio.studio.lanes import PICTURE
from ood_studio.ui.attack.session import Session
from ood_studio.ui.attack.trace import AttackTrace
from ood_studio.ui.cards import number, side
from ood_studio.ui.model_names import typed_name
from ood_studio.ui.page import Page
from ood_studio.ui.run import Asked, Buttons, Run, run_buttons
from ood_studio.ui.tables import figures_table
from ood_studio.ui.wiring import Updates
from ood_studio.worlds import worlds


@dataclass(frozen=True)
class Transfer:
    """What one model makes of the picture before and after; or the reason why it cannot say."""

    backbone: str
    before: tuple[Reading, ...] = ()
    after: tuple[Reading, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class TransferPanel:
    """The components: which models, the buttons, and the answer."""

    models: gr.Dropdown
    buttons: Buttons
    table: gr.HTML


def build_transfer() -> TransferPanel:
    """Draws the components inside the current `gr.Blocks`."""
    names = [name for world in worlds() for name in world.backbones]
    models = gr.Dropdown(
        names,
        value=names,
        multiselect=True,
        allow_custom_value=True,
        label="Models that look at it",
        info="They see the picture made for another one; any name of a model may be typed.",
        elem_id="attack-models",
    )
    buttons = run_buttons("attack-transfer", "Ask the other models")
    return TransferPanel(models, buttons, gr.HTML(elem_id="attack-transfer-table"))


def wire_transfer(page: Page, session: gr.State, panel: TransferPanel) -> None:
    """One click: what other models make of it."""

    def begin(mine: Session, names: list[str] | None) -> Asked:
        """Scores the picture on other backbones."""
        trace = mine.finished()
        attacked = {trace.request.labels.backbone, *trace.request.ensemble}
        chosen = [typed_name(name) for name in names or ()]

        def work(progress: Progress) -> Iterator[str]:
            for found in evaluated(page.studio, trace, chosen, progress):
                yield table(found, attacked)

        return Asked(work, title="other models asked")

    def draw(mine: Session, job: Job) -> Updates:
        return {} if job.result is None else {panel.table: job.result}

    run = Run(page, "attack_transfer", PICTURE, panel.buttons, session, draw, [panel.table])
    run.on(panel.buttons.run[0].click, begin, [panel.models])


def evaluated(studio: Studio, trace: AttackTrace, names: list[str], progress: Progress) -> Iterator[list[Transfer]]:
    """One model after the other, the attacked one first."""
    assert trace.last is not None
    pictures = [("before", trace.last.original), ("after", trace.last.image)]
    found: list[Transfer] = []
    for name in dict.fromkeys((trace.request.labels.backbone, *names)):
        labels = replace(trace.request.labels, backbone=name)
        request = ExploreRequest(labels, trace.request.score, trace.request.reference)
        try:
            before, after = studio.explore(request, pictures, progress).reports
            found.append(Transfer(name, before.readings, after.readings))
        except Stopped:
            raise
        except StudioError as error:
            found.append(Transfer(name, reason=str(error)))
        yield found


def table(found: list[Transfer], attacked: set[str]) -> str:
    """A row a model: its first score before and after, and how many of its detectors are fooled."""
    rows = ""
    for each in found:
        name = f'<th scope="row">{escape(each.backbone)}{" (attacked)" if each.backbone in attacked else ""}</th>'
        if each.reason:
            rows += f'<tr>{name}<td colspan="4">{escape(each.reason)}</td></tr>'
            continue
        was, now = each.before[0], each.after[0]
        count = [sum(reading.inside is True for reading in side) for side in (each.before, each.after)]
        rows += (
            f"<tr>{name}<td>{number(was.value)}</td><td><b>{number(now.value)}</b></td>"
            f"<td>{side(was.inside)} → {side(now.inside)}</td>"
            f"<td>{count[0]} → <b>{count[1]}</b> of {len(each.after)}</td></tr>"
        )
    if not rows:
        return ""
    first = next((each.after[0].title for each in found if each.after), "score")
    columns = ("model", f"{escape(first)} before", "after", "verdict", "detectors that say ID")
    return figures_table("The same picture, seen by several models", columns, rows)
