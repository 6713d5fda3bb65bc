"""λ swept: the same attack from patchy to smooth, a picture each, with its scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from ood_studio.attacks import Quality, quality
from ood_studio.core.parameters import with_values
from ood_studio.core.progress import Progress
from ood_studio.data.pixels import to_pixels
from ood_studio.studio import AttackImageStep, Studio
from ood_studio.studio.jobs import Job
from ood_studio.studio.lanes import PICTURE
from ood_studio.ui import run
from ood_studio.ui.attack.choices import Asked, Choices
from ood_studio.ui.attack.session import Session
from ood_studio.ui.cards import number, side
from ood_studio.ui.page import Page
from ood_studio.ui.pictures.shown import data_uri
from ood_studio.ui.wiring import Updates

VALUES = (0.0, 50.0, 500.0, 2000.0, 5000.0, 10_000.0)


@dataclass(frozen=True)
class StripPanel:
    """The components."""

    buttons: run.Buttons
    strip: Any


def build_strip() -> StripPanel:
    """Draws the components inside the current `gr.Blocks`."""
    gr.HTML(
        '<p class="studio-about">Attacks the picture above once for each λ, with the other settings as they are: '
        "without smoothness the change is strong and patchy, with much of it hardly seen.</p>"
    )
    return StripPanel(run.run_buttons("attack-sweep", "Sweep λ"), gr.HTML(elem_id="attack-strip"))


def wire_strip(page: Page, session: gr.State, choices: Choices, panel: StripPanel) -> None:
    """λ swept."""

    def begin(mine: Session, *values: Any) -> run.Asked:
        """Attacks the picture once for each λ."""
        asked = choices.read(values)

        def work(progress: Progress) -> Iterator[str]:
            for found in swept(page.studio, asked, progress):
                yield cells(found)

        return run.Asked(work, title=f"{asked.names[0]} attacked, patchy to smooth")

    def draw(mine: Session, job: Job) -> Updates:
        return {} if job.result is None else {panel.strip: job.result}

    sweep = run.Run(page, "attack_sweep", PICTURE, panel.buttons, session, draw, [panel.strip])
    sweep.on(panel.buttons.run[0].click, begin, choices.inputs)


def swept(studio: Studio, asked: Asked, progress: Progress) -> Iterator[list[tuple[float, AttackImageStep | None]]]:
    """λ after λ, each with where its attack ended; None while it is still to come."""
    found: list[tuple[float, AttackImageStep | None]] = [(value, None) for value in VALUES]
    yield found
    for i, value in enumerate(VALUES):
        request = with_values(asked.request, {"attack.smoothness": value, "every": 10})
        for last in studio.attack_image(request, asked.source, asked.target, asked.mask, progress):
            found[i] = (value, last)
        yield found


def cells(found: list[tuple[float, AttackImageStep | None]]) -> str:
    """The pictures in a row."""
    return f'<div class="studio-strip">{"".join(_cell(value, last) for value, last in found)}</div>'


def _cell(value: float, last: AttackImageStep | None) -> str:
    title = f"λ = {value:,.0f}"
    if last is None:
        return f'<figure><div class="studio-waiting">…</div><figcaption><b>{title}</b></figcaption></figure>'
    found: Quality = quality(to_pixels([last.original]), to_pixels([last.image]))[0]
    first = last.readings[0]
    fooled = sum(reading.inside is True for reading in last.readings)
    return (
        f'<figure><img src="{data_uri(last.image)}" alt="Attacked with {title}"><figcaption><b>{title}</b>'
        f"{escape(first.title)} {number(first.value)} {side(first.inside)}<br>"
        f"{fooled} of {len(last.readings)} say ID<br>similarity {number(last.similarity)}<br>PSNR {found.psnr:.1f} dB"
        "</figcaption></figure>"
    )
