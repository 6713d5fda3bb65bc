"""Does it transfer: what other models make of the attacked picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape

import gradio as gr

from ood_studio.backbones import bundled_names
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress
from ood_studio.studio import ExploreRequest, Reading, Studio
from ood_studio.ui.attack.session import Session
from ood_studio.ui.cards import number, side


@dataclass(frozen=True)
class Transfer:
    """What one model makes of the picture before and after; or the reason why it cannot say."""

    backbone: str
    before: tuple[Reading, ...] = ()
    after: tuple[Reading, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class TransferPanel:
    """The components: which models, the button, and the answer."""

    models: gr.Dropdown
    button: gr.Button
    table: gr.HTML


def build_transfer() -> TransferPanel:
    """Draws the components inside the current `gr.Blocks`."""
    with gr.Row(equal_height=True):
        models = gr.Dropdown(
            bundled_names(),
            value=bundled_names(),
            multiselect=True,
            allow_custom_value=True,
            label="Judges",
            info="Models that see the picture made for another one; names as under “Backbone”.",
            scale=4,
            elem_id="attack-judges",
        )
        button = gr.Button("Ask the other models", variant="primary", scale=1, elem_id="attack-transfer")
    return TransferPanel(models, button, gr.HTML(elem_id="attack-transfer-table"))


def judged(studio: Studio, mine: Session, names: list[str], progress: Progress) -> Iterator[list[Transfer]]:
    """One model after the other, the attacked one first."""
    assert mine.request is not None and mine.last is not None
    pictures = [("before", mine.last.original), ("after", mine.last.picture)]
    found: list[Transfer] = []
    for name in dict.fromkeys((mine.request.labels.backbone, *names)):
        labels = replace(mine.request.labels, backbone=name)
        request = ExploreRequest(labels, mine.request.score, mine.request.reference)
        try:
            before, after = studio.explore(request, pictures, progress).pictures
            found.append(Transfer(name, before.readings, after.readings))
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
    columns = ("model", f"{first} before", "after", "verdict", "detectors that say ID")
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    return (
        '<div class="studio-scroll"><table class="studio-scores"><caption>The same picture, seen by several models'
        f"</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
