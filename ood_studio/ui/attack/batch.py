"""A whole batch attacked: ROC curves before and after, and how they fall step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import plotly.graph_objects as go

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import with_values
from ood_studio.core.progress import Progress
from ood_studio.evaluation.metrics import roc_curve
from ood_studio.figures.colours import styles
from ood_studio.figures.roc import roc_figure
from ood_studio.studio import AttackImageRequest, AttackResult, AttackSetRequest
from ood_studio.studio.jobs import Job
from ood_studio.studio.lanes import SET
from ood_studio.ui.attack.choices import Choices
from ood_studio.ui.attack.session import Session
from ood_studio.ui.compare.names import scorer_title
from ood_studio.ui.compare.tab import CompareTab
from ood_studio.ui.form import Box, Form, Layout
from ood_studio.ui.image_sets import ood_choices, ood_value
from ood_studio.ui.page import Page
from ood_studio.ui.plot import click_plot, figure_update
from ood_studio.ui.run import Asked, Buttons, Run, run_buttons
from ood_studio.ui.tables import figures_table
from ood_studio.ui.wiring import Updates

_SCORERS = ("neglabel", "mcm", "energy", "knn", "mahalanobis")
_PARTS = (0.04, 0.1, 0.2, 0.4)  # of the steps, where the curves are looked at too
_SECONDS = 0.9  # that a step is shown while they are played
START = AttackSetRequest(scorers=_SCORERS, smoothness=(), count=40, train_count=1000, resamples=0)
"""Enough images for a curve, quick to attack."""
_LAYOUT = Layout("attack-batch", {"batch": (("count", "seed"),)}, {"count": Box("Pictures")})


@dataclass(frozen=True)
class BatchPanel:
    """The components, and the form of what a batch takes besides the tab's own choices."""

    form: Form[AttackSetRequest]
    buttons: Buttons
    step: Any
    play: Any
    timer: Any
    roc: Any
    table: Any
    compare: Any
    adapt: Any

    def shown(self) -> list[Any]:
        """What a result changes."""
        return [self.step, self.play, self.roc, self.table, self.compare, self.adapt]


def build_batch() -> BatchPanel:
    """Draws the components inside the current `gr.Blocks`."""
    form = Form(START, _LAYOUT)
    gr.HTML(
        '<p class="studio-about">Attacks many near-OOD pictures at the model’s size, each pulled to a random ID '
        "training picture, with everything that is chosen above. Scorers do not learn from the targets.</p>"
    )
    with gr.Row(equal_height=False):
        with gr.Column(scale=2, min_width=260):
            form.draw("batch")
            buttons = run_buttons("attack-batch", "Attack a batch")
            step = gr.Radio([], label="After so many steps", visible=False, elem_id="attack-batch-step")
            play = gr.Button("Play", size="sm", visible=False, elem_id="attack-play")
            table = gr.HTML(elem_id="attack-batch-table")
            compare = gr.Button("Open in Compare", size="sm", visible=False, elem_id="attack-batch-compare")
            adapt = gr.Button("Train on these", size="sm", visible=False, elem_id="attack-batch-adapt")
        with gr.Column(scale=3, min_width=320):
            roc = click_plot(
                "ROC curves before and after",
                elem_id="attack-roc",
                height=540,
                empty="ROC curves of five detectors, before the attack and after every so many steps.",
            )
    return BatchPanel(form, buttons, step, play, gr.Timer(_SECONDS, active=False), roc, table, compare, adapt)


def wire_batch(page: Page, session: gr.State, choices: Choices, panel: BatchPanel) -> None:
    """A batch, which goes on while its page is left, and walking through its steps."""

    def begin(mine: Session, *values: Any) -> Asked:
        """Attacks many pictures."""
        count = len(panel.form.inputs())
        request = batch_request(choices.request(values[count:]), panel.form.changes(values[:count]))

        def work(progress: Progress) -> Iterator[tuple[AttackSetRequest, AttackResult]]:
            yield request, page.studio.attack_set(request, progress)

        def again() -> tuple[AttackSetRequest, AttackResult]:
            return request, page.studio.attack_set(request)

        title = f"{request.count:,} pictures of {request.source} attacked"
        return Asked(work, title=title, key=repr(request), reopen=again)

    def draw(mine: Session, job: Job) -> Updates:
        if job.result is None:
            return {}
        mine.set_request, mine.attacked = job.result
        assert mine.attacked is not None
        seen = {each: gr.Button(visible=True) for each in (panel.play, panel.compare, panel.adapt)}
        steps = [_step(each) for each in steps_of(mine.attacked)]
        return at(mine, steps[-1][1]) | seen | {panel.step: gr.Radio(steps, value=steps[-1][1], visible=True)}

    def at(mine: Session, step: int | None) -> Updates:
        if mine.attacked is None or step is None:
            return {}
        return {
            panel.roc: figure_update(panel.roc, curves_at(mine.attacked, int(step))),
            panel.table: table_at(mine.attacked, int(step)),
        }

    def play(mine: Session) -> Updates:
        """Begins to walk through the steps."""
        mine.playing = 0
        return {panel.timer: gr.Timer(active=mine.attacked is not None)}

    def walk(mine: Session) -> Updates:
        steps = [] if mine.attacked is None else steps_of(mine.attacked)
        if not 0 <= mine.playing < len(steps):
            return {panel.timer: gr.Timer(active=False)}
        step = steps[mine.playing]
        mine.playing += 1
        return at(mine, step) | {panel.step: step}

    run = Run(
        page,
        "attack_batch",
        SET,
        panel.buttons,
        session,
        draw,
        panel.shown(),
        said="Stopped. The same batch goes on where it was.",
        place="attack",
    )
    run.on(panel.buttons.run[0].click, begin, [*panel.form.inputs(), *choices.inputs])
    run.resume()
    page.on(panel.step.input, at, [session, panel.step], panel.shown(), name="attack_batch_step")
    page.on(panel.play.click, play, session, panel.timer, name="attack_play")
    page.on(panel.timer.tick, walk, session, [*panel.shown(), panel.timer], mode="once", name="attack_walk")


def wire_compare(page: Page, session: gr.State, panel: BatchPanel, tabs: gr.Tabs, comparison: CompareTab) -> None:
    """The attacked batch as a further OOD set of the Compare tab."""

    def add(mine: Session) -> tuple[Any, Any, Any]:
        """Chooses the batch there, and goes there; what is compared with it is still to be chosen."""
        if mine.attacked is None or mine.set_request is None:
            raise StudioError("there is no attacked batch yet; attack one first")
        added = gr.update(choices=ood_choices(), value=[ood_value(mine.attacked.sets[-1])])
        return mine.set_request.suite, added, gr.Tabs(selected="compare")

    outputs = [comparison.suite, comparison.added, tabs]
    page.on(panel.compare.click, add, session, outputs, mode="once", name="attack_compare")


def folder_of(mine: Session) -> Path:
    """Where the attacked batch lies, as it is after all steps.

    Raises:
        StudioError: if there is none yet.
    """
    if mine.attacked is None:
        raise StudioError("there is no attacked batch yet; attack one first")
    return mine.attacked.sets[-1].folder


def _step(step: int) -> tuple[str, int]:
    return ("before" if step == 0 else f"{step:,}", step)


def batch_request(asked: AttackImageRequest, own: Mapping[str, Any]) -> AttackSetRequest:
    """The request for a batch: all choices for one picture, and what the batch has of its own by path."""
    steps = asked.attack.steps
    checkpoints = sorted({max(1, round(part * steps)) for part in _PARTS})
    request = replace(
        START,
        attack=asked.attack,
        target="text" if asked.target_label else "image",
        target_score=asked.target_score,
        space=asked.space,
        ensemble=asked.ensemble,
        checkpoints=tuple(each for each in checkpoints if each < steps),
        labels=asked.labels,
        score=asked.score,
    )
    return with_values(request, own)


def steps_of(result: AttackResult) -> list[int]:
    """The steps whose curves there are; 0 is before the attack."""
    return [0, *(each.step for each in result.sets)]


def curves_at(result: AttackResult, step: int) -> go.Figure:
    """ROC curves of all scorers after so many steps; every step's figure has the same place for the eye."""
    bench = result.evaluations[0].result
    name = _set_at(result, step)
    titles = {scorer: scorer_title(scorer) for scorer in bench.scores}
    curves = {
        title: roc_curve(bench.id_scores(scorer, name), bench.scores[scorer][name]) for scorer, title in titles.items()
    }
    return roc_figure(curves, looks=styles(titles.values()))


def table_at(result: AttackResult, step: int) -> str:
    """AUROC of every scorer before, and after so many steps."""
    name = _set_at(result, step)
    rows = result.rows()
    before = {row.scorer: row for row in rows if row.ood == result.source}
    after = {row.scorer: row for row in rows if row.ood == name}
    body = "".join(
        f'<tr><th scope="row">{escape(scorer_title(scorer))}</th><td>{row.auroc:.1%}</td>'
        f"<td><b>{after[scorer].auroc:.1%}</b></td><td>{row.fpr95:.1%}</td><td><b>{after[scorer].fpr95:.1%}</b></td></tr>"
        for scorer, row in before.items()
    )
    attacked = next((each for each in result.sets if each.step == step), None)
    about = (
        f"{result.sets[-1].count} pictures before the attack"
        if attacked is None
        else f"{attacked.count} pictures after {step} steps: PSNR {attacked.quality.psnr:.1f} dB, largest change "
        f"{255 * attacked.quality.max_change:.0f} of 255"
    )
    return figures_table(escape(about), ("score", "AUROC before", "now", "FPR95 before", "now"), body)


def _set_at(result: AttackResult, step: int) -> str:
    return next((each.name for each in result.sets if each.step == step), result.source)
