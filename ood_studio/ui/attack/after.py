"""What one does with an attacked picture: ask other models, defend, send it on; and the attacks beside it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import gradio as gr

from ood_studio.attacks.defences import Kind
from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Stopped, stoppable
from ood_studio.studio import Studio
from ood_studio.ui.attack import batch, defend, strip, transfer
from ood_studio.ui.attack.choices import Choices, read
from ood_studio.ui.attack.drawing import Updates
from ood_studio.ui.attack.panels import Panels
from ood_studio.ui.attack.session import Session
from ood_studio.ui.compare.choices import added_choices, attacked_value
from ood_studio.ui.compare.tab import CompareTab
from ood_studio.ui.inputs import backbone_name, whole
from ood_studio.ui.plot import figure_update
from ood_studio.ui.running import MODEL_SLOT, QUICK, message, progress_on
from ood_studio.ui.zerogpu import on_gpu

_NOTHING = "there is no attacked picture yet; press Attack first"


def wire_transfer(studio: Studio, session: gr.State, p: Panels) -> None:
    """One click: what other models make of it."""

    @on_gpu
    def ask(mine: Session, names: list[str], progress: gr.Progress = gr.Progress()) -> Iterator[str]:  # noqa: B008
        """Scores the picture on other backbones."""
        try:
            if mine.last is None or mine.request is None:
                raise StudioError(_NOTHING)
            attacked = {mine.request.labels.backbone, *mine.request.ensemble}
            chosen = [backbone_name(name) for name in names or ()]
            told = stoppable(progress_on(progress), mine.stop.asked)
            mine.stop.set(False)
            for found in transfer.judged(studio, mine, chosen, told):
                yield transfer.table(found, attacked)
        except Stopped:
            return
        except StudioError as error:
            raise message(error) from None

    panel = p.transfer
    panel.button.click(ask, [session, panel.models], panel.table, api_name="attack_transfer", **MODEL_SLOT)


def wire_defences(studio: Studio, session: gr.State, p: Panels, done: Any) -> None:
    """Live: at every move of the slider, and once an attack has ended."""
    panel = p.defence

    @on_gpu
    def defended(mine: Session, kind: Kind, strength: float) -> tuple[Any, Any]:
        """Every score behind a defence."""
        if mine.last is None:
            return gr.skip(), gr.skip()
        try:
            return defend.answer(studio, mine, kind, strength)
        except StudioError as error:
            raise message(error) from None

    inputs = [session, panel.kind, panel.strength]
    busy: dict[str, Any] = {"show_progress": "hidden", "trigger_mode": "always_last", **MODEL_SLOT}
    panel.strength.input(defended, inputs, panel.shown(), api_name="attack_defend", **busy)
    changed = panel.kind.input(defend.slider_for, panel.kind, panel.strength, api_name="attack_defence", **QUICK)
    changed.then(defended, inputs, panel.shown(), api_name="attack_defend_kind", **busy)
    done.then(defended, inputs, panel.shown(), api_name="attack_defend_first", **busy)


def wire_strip(studio: Studio, session: gr.State, choices: Choices, panel: strip.StripPanel) -> Any:
    """λ swept; returns the event."""

    @on_gpu
    def sweep(mine: Session, *values: Any, progress: gr.Progress = gr.Progress()) -> Iterator[str]:  # noqa: B008
        """Attacks the picture once for each λ."""
        try:
            asked = read(*values)
            mine.stop.set(False)
            for found in strip.swept(studio, asked, stoppable(progress_on(progress), mine.stop.asked)):
                yield strip.cells(found)
        except Stopped:
            return
        except StudioError as error:
            raise message(error) from None

    return panel.button.click(
        sweep, [session, *choices.all()], panel.strip, api_name="attack_sweep", show_progress="minimal", **MODEL_SLOT
    )


def wire_batch(studio: Studio, session: gr.State, choices: Choices, panel: batch.BatchPanel) -> Any:
    """A batch, and walking through its steps; returns the event."""

    @on_gpu
    def run(
        mine: Session,
        count: float | None,
        *values: Any,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Iterator[Updates]:
        """Attacks many pictures, and plays what becomes of the ROC curves."""
        try:
            request = batch.batch_request(read(*values).request, whole(count, "count", batch.COUNT))
            mine.stop.set(False)
            mine.batch = studio.attack_set(request, stoppable(progress_on(progress), mine.stop.asked))
            mine.batch_request = request
        except Stopped:
            gr.Info("Stopped. A batch counts only when it is finished.")
            return
        except StudioError as error:
            raise message(error) from None
        steps = batch.steps_of(mine.batch)
        radio = gr.Radio(choices=[_step(each) for each in steps], value=0, visible=True)
        yield at(mine, 0) | {
            panel.step: radio,
            panel.play: gr.Button(visible=True),
            panel.compare: gr.Button(visible=True),
        }
        yield from play(mine)

    def at(mine: Session, step: int | None) -> Updates:
        if mine.batch is None or step is None:
            return {panel.table: gr.skip()}
        return {
            panel.roc: figure_update(panel.roc, batch.curves_at(mine.batch, int(step))),
            panel.table: batch.table_at(mine.batch, int(step)),
        }

    def play(mine: Session) -> Iterator[Updates]:
        """Walks through the steps, a second each."""
        for step in () if mine.batch is None else batch.steps_of(mine.batch):
            yield at(mine, step) | {panel.step: step}
            time.sleep(0.9)

    done = panel.button.click(
        run,
        [session, panel.count, *choices.all()],
        panel.shown(),
        api_name="attack_batch",
        show_progress="full",
        show_progress_on=[panel.table],
        **MODEL_SLOT,
    )
    panel.step.input(at, [session, panel.step], panel.shown(), api_name="attack_batch_step", **QUICK)
    panel.play.click(play, session, panel.shown(), api_name="attack_play", show_progress="hidden")
    return done


def wire_compare(session: gr.State, panel: batch.BatchPanel, tabs: gr.Tabs, comparison: CompareTab) -> None:
    """The attacked batch as a further OOD set of the Compare tab."""

    def add(mine: Session) -> tuple[Any, Any, Any]:
        """Chooses the batch there, and goes there; what is compared with it is still to be chosen."""
        if mine.batch is None or mine.batch_request is None:
            raise message(StudioError("there is no attacked batch yet; attack one first"))
        value = attacked_value(mine.batch.sets[-1])
        added = gr.update(choices=added_choices(), value=[value])
        return mine.batch_request.suite, added, gr.Tabs(selected="compare")

    panel.compare.click(
        add,
        session,
        [comparison.suite, comparison.added, tabs],
        api_name="attack_compare",
        show_progress="hidden",
    )


def _step(step: int) -> tuple[str, int]:
    return ("before" if step == 0 else f"{step:,}", step)
