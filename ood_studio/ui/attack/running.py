"""Running an attack on one picture, and stopping it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import gradio as gr

from ood_studio.attacks import Diverged
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Stopped, silent, stoppable
from ood_studio.studio import AttackImageStep, Studio
from ood_studio.ui.attack import changed, drawing, live, save
from ood_studio.ui.attack.choices import Asked, Choices, read, smoothness_notes
from ood_studio.ui.attack.drawing import Updates
from ood_studio.ui.attack.panels import Panels
from ood_studio.ui.attack.session import Session
from ood_studio.ui.running import MODEL_SLOT, QUICK, message
from ood_studio.ui.zerogpu import on_gpu

_PAUSE = 0.25  # seconds between two updates of the screen


def wire_run(
    studio: Studio, session: gr.State, choices: Choices, p: Panels, run_button: gr.Button, stop_button: gr.Button
) -> Any:
    """The two buttons; returns the event at whose end the results are there."""

    @on_gpu
    def steps(asked: Asked, mine: Session) -> Iterator[AttackImageStep]:
        told = stoppable(silent, mine.stop.asked)
        yield from studio.attack_image(asked.request, asked.source, asked.target, asked.mask, told)

    def attack(mine: Session, *values: Any) -> Iterator[Updates]:
        """Attacks the picture; every step shows at once."""
        try:
            asked = read(*values)
            mine.begin(asked.request, asked.source, asked.target, asked.names)
            mine.running = True
            yield drawing.running(p, mine)
            drawn = 0.0
            for step in steps(asked, mine):
                mine.take(step)
                if time.monotonic() - drawn > _PAUSE:
                    yield drawing.running(p, mine)
                    drawn = time.monotonic()
        except Stopped:
            mine.note = "Stopped: what has come so far is kept."
        except Diverged as error:
            mine.note = f"{error}. The last good picture is kept."
            gr.Warning(mine.note, title="The attack broke off")
        except StudioError as error:
            mine.running = False
            yield {run_button: gr.Button(interactive=True), stop_button: gr.Button(interactive=False)}
            raise message(error) from None
        finally:
            mine.running = False
        if mine.last is None:
            yield {p.verdict: live.verdict(mine)}
            return
        height = min(mine.last.picture.size)
        notes = gr.update(notes=smoothness_notes(asked.request.labels.backbone, height))
        yield drawing.running(p, mine) | {choices.smoothness: notes}
        yield drawing.finished(p, mine, changed.explored(studio, mine), save.files(mine))

    def started(mine: Session) -> tuple[Any, Any]:
        mine.stop.set(False)
        return gr.Button(interactive=False), gr.Button(interactive=True)

    def ended(mine: Session) -> tuple[Any, Any, str]:
        return gr.Button(interactive=True), gr.Button(interactive=False), live.verdict(mine)

    begun = run_button.click(started, session, [run_button, stop_button], api_name="attack_started", **QUICK)
    done = begun.then(
        attack,
        [session, *choices.all()],
        [*p.all(), choices.smoothness, run_button, stop_button],
        api_name="attack_run",
        show_progress="hidden",
        **MODEL_SLOT,
    )
    done.then(ended, session, [run_button, stop_button, p.verdict], api_name="attack_ended", **QUICK)
    stop_button.click(lambda mine: mine.stop.set(True), session, None, api_name="attack_stop", **QUICK)
    return done
