"""The Attack tab: its wiring."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from ood_studio.attack_service import AttackStudio
from ood_studio.attacks import Diverged
from ood_studio.errors import StudioError
from ood_studio.progress import Stopped, silent, stoppable
from ood_studio.studio.craft import CraftStep
from ood_studio.ui.attack import changed, drawing, live, save
from ood_studio.ui.attack.choices import Asked, Choices, build_choices, read, smoothness_notes
from ood_studio.ui.attack.drawing import Updates
from ood_studio.ui.attack.examples import example_pictures
from ood_studio.ui.attack.panels import Panels, build_live, build_results
from ood_studio.ui.attack.session import Session
from ood_studio.ui.attack.source import PictureBox, build_source
from ood_studio.ui.attack.target import build_target
from ood_studio.ui.explore.tab import ExploreTab
from ood_studio.ui.running import MODEL_SLOT, QUICK, message
from ood_studio.ui.zerogpu import on_gpu

_PAUSE = 0.25  # seconds between two updates of the screen


def build(
    studio: AttackStudio, backbone: str, tabs: gr.Tabs, explorer: ExploreTab
) -> Callable[[Callable[..., Any]], None]:
    """Draws the tab inside the current `gr.Blocks`; returns what wires the galleries to the app's load event.

    The attacked picture opens in ``explorer``, the Explore tab, which is one of ``tabs``.
    """
    session = gr.State(Session())
    gr.HTML(live.NOTE)
    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=300):
            with gr.Row(equal_height=False):
                with gr.Column(min_width=220):
                    source = build_source()
                with gr.Column(min_width=220):
                    target = build_target()
            with gr.Row(elem_classes="studio-buttons"):
                run_button = gr.Button("Attack", variant="primary", size="lg", elem_id="attack-run")
                stop_button = gr.Button("Stop", variant="stop", size="lg", elem_id="attack-stop", interactive=False)
            choices = build_choices(backbone, source, target)
        with gr.Column(scale=6, min_width=300):
            shown = build_live()
    panels = Panels(**shown, **build_results())
    _wire_choices(choices)
    _wire_run(studio, session, choices, panels, run_button, stop_button)
    return _wire_galleries(session, (source, target.picture))


def _wire_choices(choices: Choices) -> None:
    def converted(backbone: str) -> Any:
        return gr.update(notes=smoothness_notes(backbone))

    choices.backbone.change(converted, choices.backbone, choices.smoothness, api_name="attack_convert", **QUICK)

    def budgets(norm: str) -> tuple[Any, Any]:
        return gr.update(visible=norm == "linf"), gr.update(visible=norm == "l2")

    choices.norm.change(budgets, choices.norm, [choices.linf, choices.l2], api_name="attack_norm", **QUICK)

    choices.source.change(
        lambda path: {"background": path, "layers": [], "composite": None} if path else None,
        choices.source,
        choices.mask,
        api_name="attack_canvas",
        show_progress="hidden",
    )


def _wire_run(
    studio: AttackStudio, session: gr.State, choices: Choices, p: Panels, run_button: gr.Button, stop_button: gr.Button
) -> None:
    @on_gpu
    def steps(asked: Asked, mine: Session) -> Iterator[CraftStep]:
        told = stoppable(silent, mine.stop.asked)
        yield from studio.craft(asked.request, asked.source, asked.target, asked.mask, told)

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
            mine.note = f"{error} The last good picture is kept."
            gr.Warning(mine.note, title="The attack broke off")
        except StudioError as error:
            raise message(error) from None
        finally:
            mine.running = False
        if mine.last is None:
            yield {p.verdict: live.verdict(mine)}
            return
        yield drawing.running(p, mine) | {choices.smoothness: _notes(mine)}
        yield drawing.finished(p, mine, changed.explored(studio, mine), save.files(mine))

    def started(mine: Session) -> tuple[Any, Any]:
        mine.stop.set(False)
        return gr.Button(interactive=False), gr.Button(interactive=True)

    def ended(mine: Session) -> tuple[Any, Any, str]:
        return gr.Button(interactive=True), gr.Button(interactive=False), live.verdict(mine)

    begun = run_button.click(
        started, session, [run_button, stop_button], queue=False, show_progress="hidden", api_name="attack_started"
    )
    done = begun.then(
        attack,
        [session, *choices.all()],
        [*p.all(), choices.smoothness],
        api_name="attack_run",
        show_progress="hidden",
        **MODEL_SLOT,
    )
    done.then(ended, session, [run_button, stop_button, p.verdict], api_name="attack_ended", **QUICK)
    stop_button.click(lambda mine: mine.stop.set(True), session, None, api_name="attack_stop", **QUICK)


def _notes(mine: Session) -> Any:
    assert mine.request is not None and mine.last is not None
    return gr.update(notes=smoothness_notes(mine.request.labels.backbone, min(mine.last.picture.size)))


def _wire_galleries(session: gr.State, boxes: tuple[PictureBox, ...]) -> Callable[[Callable[..., Any]], None]:
    def drawn(mine: Session, box: PictureBox) -> list[tuple[str, str]]:
        found = example_pictures(box.split, mine.seeds.get(box.split, 0))
        mine.examples[box.split] = [path for path, _ in found]
        return found

    def first(mine: Session) -> list[Any]:
        """The galleries, and their first pictures taken."""
        galleries = [drawn(mine, box) for box in boxes]
        return [*galleries, *(found[0][0] for found in galleries)]

    for box in boxes:
        name = str(box.gallery.elem_id).replace("-", "_")

        def others(mine: Session, box: PictureBox = box) -> list[tuple[str, str]]:
            mine.seeds[box.split] = mine.seeds.get(box.split, 0) + 1
            return drawn(mine, box)

        def take(mine: Session, event: gr.SelectData, box: PictureBox = box) -> str:
            return mine.examples[box.split][int(event.index)]

        box.more.click(others, session, box.gallery, api_name=f"{name}_others", **QUICK)
        box.gallery.select(take, session, box.image, api_name=f"{name}_take", **QUICK)

    def start(load: Callable[..., Any]) -> None:
        load(
            first,
            session,
            [*(box.gallery for box in boxes), *(box.image for box in boxes)],
            api_name="attack_examples",
            **QUICK,
        )

    return start
