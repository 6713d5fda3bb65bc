"""A whole batch attacked: ROC curves before and after, and how they fall step by step."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr
import plotly.graph_objects as go

from ood_studio.core.parameters import bounds_of
from ood_studio.evaluation.metrics import roc_curve
from ood_studio.figures.colours import styles
from ood_studio.figures.roc import roc_figure
from ood_studio.studio import AttackImageRequest, AttackResult, AttackSetRequest
from ood_studio.ui.compare.names import scorer_title
from ood_studio.ui.inputs import number_box
from ood_studio.ui.plot import click_plot

COUNT = 40  # pictures: enough for a curve, quick to attack
_SCORERS = ("neglabel", "mcm", "energy", "knn", "mahalanobis")
_PARTS = (0.04, 0.1, 0.2, 0.4)  # of the steps, where the curves are looked at too


@dataclass(frozen=True)
class BatchPanel:
    """The components."""

    count: Any
    button: Any
    step: Any
    play: Any
    roc: Any
    table: Any
    compare: Any

    def shown(self) -> list[Any]:
        """What a result changes."""
        return [self.step, self.play, self.roc, self.table, self.compare]


def build_batch() -> BatchPanel:
    """Draws the components inside the current `gr.Blocks`."""
    bounds = bounds_of(AttackSetRequest)
    gr.HTML(
        '<p class="studio-about">Attacks many near-OOD pictures of Diorama at the model’s size, each pulled to a '
        "random ID training picture, with the steps, λ and budget above. Scorers do not learn from the targets.</p>"
    )
    with gr.Row(equal_height=False, elem_classes="studio-buttons studio-few"):
        count = number_box("Pictures", COUNT, bounds["count"], "attack-batch-count")
        button = gr.Button("Attack a batch", variant="primary", elem_id="attack-batch")
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=320):
            roc = click_plot(
                "ROC curves before and after",
                elem_id="attack-roc",
                height=540,
                empty="ROC curves of five detectors, before the attack and after every so many steps.",
            )
        with gr.Column(scale=2, min_width=300):
            step = gr.Radio([], label="After so many steps", visible=False, elem_id="attack-batch-step")
            play = gr.Button("Play", size="sm", visible=False, elem_id="attack-play")
            table = gr.HTML(elem_id="attack-batch-table")
            compare = gr.Button("Open in Compare", size="sm", visible=False, elem_id="attack-batch-compare")
    return BatchPanel(count, button, step, play, roc, table, compare)


def batch_request(asked: AttackImageRequest, count: int) -> AttackSetRequest:
    """The request for a batch with the settings of one picture."""
    steps = asked.attack.steps
    checkpoints = sorted({max(1, round(part * steps)) for part in _PARTS})
    return AttackSetRequest(
        attack=asked.attack,
        smoothness=(),
        target="text" if asked.target_label else "image",
        target_score=asked.target_score,
        space=asked.space,
        ensemble=asked.ensemble,
        checkpoints=tuple(each for each in checkpoints if each < steps),
        scorers=_SCORERS,
        labels=asked.labels,
        score=asked.score,
        count=count,
        train_count=1000,
        resamples=0,
    )


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
    made = next((each for each in result.sets if each.step == step), None)
    about = (
        f"{result.sets[-1].count} pictures before the attack"
        if made is None
        else f"{made.count} pictures after {step} steps: PSNR {made.quality.psnr:.1f} dB, largest change "
        f"{255 * made.quality.max_change:.0f} of 255"
    )
    columns = ("score", "AUROC before", "now", "FPR95 before", "now")
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    return (
        f'<div class="studio-scroll"><table class="studio-scores"><caption>{escape(about)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _set_at(result: AttackResult, step: int) -> str:
    return next((each.name for each in result.sets if each.step == step), result.source)
