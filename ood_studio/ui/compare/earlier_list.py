"""The list of earlier results as HTML."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

from ood_studio.evaluation.stored_runs import StoredRun
from ood_studio.ui.compare.cards import moment
from ood_studio.ui.compare.names import scorer_title

_FEW = 3


def earlier_html(runs: Sequence[StoredRun], opened: int, *, owner: bool = True, models: int = 0) -> str:
    """A button for each run, which tells the number of its first row; ``opened`` is marked.

    Args:
        owner: whether whoever sees it may take runs away; the one that is open stays.
        models: how many comparisons of models are kept too, which the Models tab lists.
    """
    elsewhere = ""
    if models:
        count = f"{models:,} comparison{'s' if models != 1 else ''} of models"
        elsewhere = f'<p class="studio-about">The tab Models has {count} to open, compare and delete.</p>'
    if not runs:
        return f'<p class="studio-about">Results are kept here when a comparison has ended.</p>{elsewhere}'
    rows = "".join(_row(run, run.first == opened, owner) for run in runs)
    search = (
        '<input type="search" data-filter aria-label="Filter earlier results" placeholder="Filter: suite, model, day">'
        if len(runs) > 1
        else ""
    )
    return f'<section class="studio-earlier" aria-label="Earlier results">{search}<ul>{rows}</ul></section>{elsewhere}'


def _row(run: StoredRun, opened: bool, owner: bool) -> str:
    titles = [scorer_title(key) for key in run.scorers]
    more = f" and {len(titles) - _FEW} more" if len(titles) > _FEW + 1 else ""
    shown = ", ".join(titles if not more else titles[:_FEW]) + more
    when = moment(run.added)
    sought = escape(" ".join((run.suite, run.backbone, when, f"seed {run.seed}", *titles)))
    delete = ""
    if owner and not opened:
        pick = escape(json.dumps(["delete", run.first, run.added]))
        label = escape(f"Delete the result of {when}")
        button = f'<button type="button" data-pick="{pick}" aria-label="{label}">Delete</button>'
        delete = f'<span class="buttons">{button}</span>'
    return (
        f'<li data-text="{sought}"><button type="button" data-pick="{escape(json.dumps(run.first))}" '
        f'aria-pressed="{str(opened).lower()}" title="{escape(", ".join(titles))}">'
        f"<b>{escape(run.suite)}</b> on {escape(run.backbone)}<small>{when}; {escape(shown)}; seed "
        f"{run.seed}; FPR95 {escape(run.fpr_definition)}</small></button>{delete}</li>"
    )
