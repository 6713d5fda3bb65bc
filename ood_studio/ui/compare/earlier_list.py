"""The list of earlier results as HTML."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

from ood_studio.evaluation.stored_runs import StoredRun
from ood_studio.ui.compare.cards import moment
from ood_studio.ui.compare.names import scorer_title

_FEW = 3


def earlier_html(runs: Sequence[StoredRun], opened: int) -> str:
    """A button for each run, which tells the number of its first row; ``opened`` is marked."""
    if not runs:
        return '<p class="studio-about">Results are kept here when a comparison has ended.</p>'
    rows = "".join(_row(run, run.first == opened) for run in runs)
    return f'<section class="studio-earlier" aria-label="Earlier results"><ul>{rows}</ul></section>'


def _row(run: StoredRun, opened: bool) -> str:
    titles = [scorer_title(key) for key in run.scorers]
    more = f" and {len(titles) - _FEW} more" if len(titles) > _FEW + 1 else ""
    shown = ", ".join(titles if not more else titles[:_FEW]) + more
    return (
        f'<li><button type="button" data-pick="{escape(json.dumps(run.first))}" '
        f'aria-pressed="{str(opened).lower()}" title="{escape(", ".join(titles))}">'
        f"<b>{escape(run.suite)}</b> on {escape(run.backbone)}<small>{moment(run.added)}; {escape(shown)}; seed "
        f"{run.seed}; FPR95 {escape(run.fpr_definition)}</small></button></li>"
    )
