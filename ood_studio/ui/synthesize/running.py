"""Making one picture, and stopping it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import with_values
from ood_studio.core.progress import Progress, Stopped, stoppable
from ood_studio.studio import Assessment, Studio, SynthesizeImageStep
from ood_studio.synthesis.boundary import LoopBroken
from ood_studio.ui.running import MODEL_SLOT, QUICK, message, progress_on
from ood_studio.ui.synthesize import drawing, live, save
from ood_studio.ui.synthesize.choices import Asked, Choices, read
from ood_studio.ui.synthesize.drawing import Updates
from ood_studio.ui.synthesize.panels import Panels
from ood_studio.ui.synthesize.session import Session
from ood_studio.ui.zerogpu import on_gpu


def wire_run(
    studio: Studio, session: gr.State, choices: Choices, p: Panels, run_button: gr.Button, stop_button: gr.Button
) -> Any:
    """The two buttons; returns the event at whose end the results are there."""
    ready: Updates = {run_button: gr.update(interactive=True), stop_button: gr.update(interactive=False)}

    @on_gpu
    def made(asked: Asked, told: Progress) -> Iterator[tuple[Assessment, SynthesizeImageStep]]:
        first = None
        for step in studio.synthesize_image(asked.request, asked.source, asked.words, asked.mask, told):
            if first is None:
                first = studio.assess(asked.request, [step.original])[0]
            yield first, step

    def synthesize(
        mine: Session,
        *values: Any,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Iterator[Updates]:
        """Leads the picture to the boundary; every iteration shows at once."""
        try:
            asked = read(*values)
            mine.begin(asked.request, asked.source, asked.mask, asked.words, asked.name)
            mine.running = True
            yield drawing.running(p, mine)
            for first, step in made(asked, stoppable(progress_on(progress), mine.stop.asked)):
                mine.first = first
                mine.steps.append(step)
                mine.running = step.iteration < step.total
                yield drawing.running(p, mine)
        except Stopped:
            mine.note = "Stopped: what has come so far is kept."
        except LoopBroken as error:
            mine.note = f"{error}. The last good picture is kept."
            gr.Warning(mine.note, title="The loop broke off")
        except StudioError as error:
            mine.running = False
            yield drawing.running(p, mine) | ready  # what would follow does not come after an error
            raise message(error) from None
        finally:
            mine.running = False
        yield drawing.running(p, mine)
        if mine.last is not None:
            yield drawing.finished(p, mine, save.files(mine))

    def compared(
        mine: Session,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Iterator[Updates]:
        """Adds a random direction, and a picture straight from the negative label."""
        try:
            if mine.last is None:
                raise StudioError("there is no result yet; press Synthesize first")
            mine.stop.set(False)
            for _ in beside(studio, mine, stoppable(progress_on(progress), mine.stop.asked)):
                yield drawing.running(p, mine) | {p.progress: live.WAITING}
        except Stopped:
            pass
        except StudioError as error:
            yield {p.progress: ""} | ready
            raise message(error) from None
        finally:
            mine.beside = {name: found for name, found in mine.beside.items() if found is not None}
        yield drawing.running(p, mine) | drawing.finished(p, mine, save.files(mine))

    def started(mine: Session) -> tuple[Any, Any, str]:
        mine.stop.set(False)
        return gr.Button(interactive=False), gr.Button(interactive=True), live.WAITING

    def ended(mine: Session) -> tuple[Any, Any, str, str]:
        return gr.Button(interactive=True), gr.Button(interactive=False), "", live.verdict(mine)

    buttons = [run_button, stop_button, p.progress]
    shown = [*p.all(), run_button, stop_button]
    busy: dict[str, Any] = {"show_progress": "full", "show_progress_on": [p.progress], **MODEL_SLOT}
    begun = run_button.click(started, session, buttons, api_name="synthesize_started", **QUICK)
    done = begun.then(synthesize, [session, *choices.all()], shown, api_name="synthesize_run", **busy)
    done.then(ended, session, [*buttons, p.verdict], api_name="synthesize_ended", **QUICK)
    asked = p.compare.click(started, session, buttons, api_name="synthesize_beside_started", **QUICK)
    added = asked.then(compared, session, shown, api_name="synthesize_beside", **busy)
    added.then(ended, session, [*buttons, p.verdict], api_name="synthesize_beside_ended", **QUICK)
    stop_button.click(lambda mine: mine.stop.set(True), session, None, api_name="synthesize_stop", **QUICK)
    return done


RANDOM, NEGATIVE = "Random direction", "Neg Image"


@on_gpu
def beside(studio: Studio, mine: Session, told: Progress) -> Iterator[None]:
    """Fills ``mine.beside``, one picture after the other."""
    assert mine.request is not None and mine.source is not None and mine.last is not None
    title = f"{NEGATIVE}: {mine.last.negative.label}"
    mine.beside = {RANDOM: None, title: None}
    yield
    request = with_values(mine.request, {"loop.direction": "random"})
    for step in studio.synthesize_image(request, mine.source, mine.words, mine.mask, told):
        mine.beside[RANDOM] = step
        yield
    mine.beside[title] = studio.negative_image(mine.request, mine.last.negative.label, told)
    yield
