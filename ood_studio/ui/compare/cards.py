"""HTML of the tab: the summary, the table, the counts at the threshold. Everything from outside is escaped."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from ood_studio.evaluation.published import published_for
from ood_studio.evaluation.rows import Row
from ood_studio.evaluation.significance import Comparison
from ood_studio.evaluation.suites import suites
from ood_studio.ui.compare.names import scorer_title
from ood_studio.ui.compare.session import AVERAGE, METRICS, Session

EMPTY = """
<div class="studio-empty">
  <p class="studio-empty-title">Which detector tells them apart best?</p>
  <p>Tick some scorers and press <b>Compare</b>. Each scores the same familiar (ID) and foreign (OOD) pictures. You will
  see how well the scores separate the two, and which pictures fool them.</p>
</div>"""

ROOM = '<div class="studio-room"></div>'
"""Where the bar of progress stands."""

PICK_JS = """
const last = {};
element.addEventListener('click', (event) => {
  const picked = event.target.closest('[data-pick]');
  if (picked) { last.pick = picked.dataset.pick; trigger('select', {value: picked.dataset.pick}); }
});
new MutationObserver(() => {
  if (!last.pick || document.activeElement !== document.body) return;
  const again = [...element.querySelectorAll('[data-pick]')].find((each) => each.dataset.pick === last.pick);
  if (again) again.focus({preventScroll: true});
}).observe(element, {childList: true, subtree: true});
"""
"""For `gr.HTML`: a click on anything with ``data-pick`` selects that value; the focus outlives a redrawn table."""


def summary(mine: Session) -> str:
    """Who is ahead, in words for everyone."""
    if not mine.ready:
        return _card("The first results are on their way …", []) if mine.running else EMPTY
    sets, auroc, fpr = mine.sets(), averages(mine.rows(), "auroc"), averages(mine.rows(), "fpr95")
    ahead = max(auroc, key=lambda scorer: auroc[scorer])
    name = escape(scorer_title(ahead))
    over = f"on average over {len(sets)} OOD sets" if len(sets) > 1 else f"on {escape(sets[0])}"
    lines = [
        f"It gives a random ID picture a higher score than a random OOD picture <b>{auroc[ahead]:.1%}</b> of the time "
        f"(AUROC; a coin gets 50&nbsp;%), {over}.",
        f"At the threshold that keeps 95&nbsp;% of ID pictures, <b>{fpr[ahead]:.1%}</b> of OOD pictures slip through "
        "(FPR95).",
    ]
    return _card(f"Highest AUROC{' so far' if mine.running else ''}: {name}", lines)


def notes(mine: Session) -> str:
    """Scorers that could not run and pictures that could not be read, each with the reason."""
    if mine.result is None:
        return ""
    items = [
        f"<b>{escape(scorer_title(key))}</b> could not run: {escape(reason)}"
        for key, reason in mine.result.unavailable.items()
    ]
    for name, problems in mine.result.problems.items():
        if problems:
            first = next(iter(problems.items()))
            items.append(
                f"<b>{escape(name)}</b>: {len(problems):,} pictures could not be read and are left out, the first "
                f"{escape(first[0])} ({escape(first[1])})"
            )
    if not items:
        return ""
    text = "".join(f"<li>{item}</li>" for item in items)
    return f'<section class="studio-notes" role="status" aria-label="Left out"><ul>{text}</ul></section>'


def table(mine: Session) -> str:
    """Scorers by OOD sets in the chosen metric, sorted, with intervals; a cell opens its scorer and set."""
    if not mine.ready:
        return ""
    title, high = METRICS[mine.metric]
    sets = mine.sets()
    columns = [*([AVERAGE] if len(sets) > 1 else []), *sets]
    found = {(row.scorer, row.ood): row for row in mine.rows()}
    means = averages(mine.rows(), mine.metric)

    def value(scorer: str, column: str) -> float:
        if column == AVERAGE:
            return means[scorer]
        row = found.get((scorer, column))
        return math.nan if row is None else float(getattr(row, mine.metric))

    order = mine.order if mine.order in (*columns, "scorer") else columns[0]
    scorers = list(means)
    if order == "scorer":
        scorers.sort(key=lambda each: scorer_title(each).lower(), reverse=mine.reverse)
    else:
        worst = -math.inf if high else math.inf
        scorers.sort(
            key=lambda each: worst if math.isnan(value(each, order)) else value(each, order),
            reverse=high != mine.reverse,
        )
    best = {column: (max if high else min)((value(each, column) for each in scorers), default=0) for column in columns}
    upward = mine.reverse if high else not mine.reverse
    head = "".join(
        _heading(name, _title(name), order == name, (mine.reverse if name == "scorer" else upward))
        for name in ("scorer", *columns)
    )
    body = ""
    for scorer in scorers:
        cells = ""
        for column in columns:
            row = None if column == AVERAGE else found.get((scorer, column))
            chosen = scorer == mine.scorer and column == mine.ood
            cells += _cell(scorer, column, value(scorer, column), row, mine.metric, best[column], chosen, high)
        mark = ' class="chosen"' if scorer == mine.scorer else ""
        body += f'<tr{mark}><th scope="row">{escape(scorer_title(scorer))}</th>{cells}</tr>'
    arrow = "higher is better" if high else "lower is better"
    intervals = (
        ", 95&nbsp;% intervals beneath"
        if mine.metric in ("auroc", "fpr95") and any(row.auroc_low is not None for row in mine.rows())
        else ""
    )
    return (
        f'<div class="studio-scroll"><table class="studio-matrix"><caption>{title} in percent, {arrow}{intervals}. '
        f"Click a heading to sort, a cell to look inside.</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def confusion(mine: Session) -> str:
    """The four counts at the threshold."""
    if not mine.ready:
        return ""
    inside, outside = mine.scores()
    threshold = mine.threshold()
    kept, missed = int((inside >= threshold).sum()), int((outside >= threshold).sum())
    boxes = (
        ("right", "ID kept", kept, len(inside)),
        ("wrong", "ID rejected", len(inside) - kept, len(inside)),
        ("wrong", "OOD missed", missed, len(outside)),
        ("right", "OOD caught", len(outside) - missed, len(outside)),
    )
    cells = "".join(
        f'<div class="{kind}"><span class="name">{name}</span><span class="count">{count:,}</span>'
        f'<span class="share">{count / total:.1%} of {total:,}</span></div>'
        for kind, name, count, total in boxes
    )
    return (
        f'<section class="studio-counts" aria-live="polite" aria-label="Counts at the threshold">{cells}</section>'
        f'<p class="studio-about">A picture counts as ID where {escape(scorer_title(mine.scorer))} gives it '
        f"{threshold:.4g} or more.</p>"
    )


def about(mine: Session) -> str:
    """What the figures rest on, in one line."""
    if mine.result is None or mine.request is None or not mine.ready:
        return ""
    row = mine.rows()[0]
    suite = suites().get(mine.result.suite)
    accuracy = {"id_accuracy": "the ID labels", "all_accuracy": "all trained classes"}
    told = [
        f"{share:.1%} zero-shot accuracy over {accuracy.get(name, escape(name))}"
        for name, share in mine.result.accuracy.items()
    ]
    parts = [
        f"Suite {escape(mine.result.suite)}{f' ({escape(suite.about)})' if suite else ''}",
        f"backbone {escape(mine.result.backbone)}",
        f"{row.n_id:,} ID pictures",
        *told,
        f"FPR95 as “{escape(row.fpr_definition)}” defines it",
        f"seed {row.seed}",
    ]
    return f'<p class="studio-about">{"; ".join(parts)}.</p>'


def averages(rows: Sequence[Row], metric: str) -> dict[str, float]:
    """Each scorer's mean of a metric over its OOD sets."""
    found: dict[str, list[float]] = {}
    for row in rows:
        found.setdefault(row.scorer, []).append(getattr(row, metric))
    return {scorer: float(np.mean(values)) for scorer, values in found.items()}


def heading(title: str, text: str) -> str:
    """A heading and a line under it."""
    return f'<div class="studio-heading"><h3>{escape(title)}</h3><p>{escape(text)}</p></div>'


def _card(title: str, lines: Sequence[str]) -> str:
    text = "".join(f"<p>{line}</p>" for line in lines)
    return (
        '<section class="studio-verdict in" aria-live="polite" aria-label="Summary">'
        f'<div class="studio-verdict-title">{title}</div>{text}</section>'
    )


def _title(column: str) -> str:
    return {AVERAGE: "Average", "scorer": "Scorer"}.get(column, column)


def _pick(*parts: Any) -> str:
    return escape(json.dumps(parts))


def _heading(name: str, title: str, sorted_by: bool, upward: bool) -> str:
    sort = ("ascending" if upward else "descending") if sorted_by else "none"
    arrow = (" ▲" if upward else " ▼") if sorted_by else ""
    return (
        f'<th scope="col" aria-sort="{sort}"><button type="button" data-pick="{_pick("order", name)}">'
        f'{escape(title)}<span aria-hidden="true">{arrow}</span></button></th>'
    )


def _cell(
    scorer: str, column: str, value: float, row: Row | None, metric: str, best: float, chosen: bool, high: bool
) -> str:
    if math.isnan(value):
        return "<td>…</td>"
    number = f"{100 * value:.1f}"
    low, top = (getattr(row, f"{metric}_{end}", math.nan) if row else math.nan for end in ("low", "high"))
    interval = f"<small>{100 * low:.1f}–{100 * top:.1f}</small>" if math.isfinite(low) else "<small>&nbsp;</small>"
    if row is None:
        interval = ""
    shown = f"<b>{number}</b>" if number == f"{100 * best:.1f}" else f"<span>{number}</span>"
    tint = round(45 * max(0.0, (2 * value - 1) if metric == "auroc" else value if high else 1 - value))
    style = f' style="--tint:{tint}%"'
    if row is None:
        return f'<td class="mean"{style}>{shown}</td>'
    label = f"{scorer_title(scorer)} on {column}: {number} percent"
    return (
        f'<td{style}><button type="button" data-pick="{_pick("cell", scorer, column)}" aria-label="{escape(label)}" '
        f'aria-pressed="{str(chosen).lower()}">{shown}{interval}</button></td>'
    )


def pair(mine: Session, test: Comparison) -> str:
    """What DeLong's test says about the two scorers on the chosen set."""
    if mine.scorer == mine.other:
        return '<p class="studio-about">Tick a second scorer to hold one against the other.</p>'
    first, second = escape(scorer_title(mine.scorer)), escape(scorer_title(mine.other))
    better, worse = (first, second) if test.difference >= 0 else (second, first)
    low, high = (test.low, test.high) if test.difference >= 0 else (-test.high, -test.low)
    chance = f"p = {test.p:.2g}" if test.p >= 1e-4 else "p &lt; 0.0001"
    sure = "more than chance" if test.p < 0.05 else "no more than chance may do"
    lines = [
        f"AUROC {test.auroc_a:.1%} for {first} and {test.auroc_b:.1%} for {second}: a difference of "
        f"<b>{100 * abs(test.difference):.1f}</b> points (95&nbsp;% interval {100 * low:.1f} to {100 * high:.1f}), "
        f"{sure} (DeLong’s test on the same pictures, <b>{chance}</b>)."
    ]
    told = f"{better} is ahead of {worse}" if test.p < 0.05 else f"No clear difference between {first} and {second}"
    return _card(f"{told} on {escape(mine.ood)}", lines)


def published(mine: Session) -> str:
    """Numbers that papers give for the same setting beside the recomputed ones, each with its source."""
    if mine.result is None:
        return ""
    printed = published_for(mine.result.suite, mine.result.backbone)
    if not printed:
        return (
            '<p class="studio-about">All numbers here are computed by the studio: no paper gives any for the suite '
            f"{escape(mine.result.suite)} with the backbone {escape(mine.result.backbone)}.</p>"
        )
    found = {(row.scorer, row.ood): row for row in mine.rows()}
    columns = ("method", "OOD set", "AUROC published", "recomputed", "FPR95 published", "recomputed", "source")
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    body = ""
    for each in printed:
        row = found.get((each.scorer, each.ood))
        recomputed = ("–", "–") if row is None else (f"<b>{100 * row.auroc:.2f}</b>", f"<b>{100 * row.fpr95:.2f}</b>")
        note = " (trained)" if each.trained else ""
        body += (
            f'<tr><th scope="row">{escape(each.method)}{note}</th><td>{escape(each.ood)}</td>'
            f"<td>{100 * each.auroc:.2f}</td><td>{recomputed[0]}</td>"
            f"<td>{100 * each.fpr95:.2f}</td><td>{recomputed[1]}</td><td>{escape(each.source)}</td></tr>"
        )
    return (
        '<div class="studio-scroll"><table class="studio-scores"><caption>As papers print them, in percent, beside '
        f"what was computed here</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
