"""Words of the tab as HTML: who is ahead, the counts at the threshold, two scorers. What is outside's is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ood_studio.core.unicode import listed
from ood_studio.evaluation.report import accuracies
from ood_studio.evaluation.result import BenchResult
from ood_studio.evaluation.significance import Comparison
from ood_studio.evaluation.suites import suites
from ood_studio.ui.compare.earlier import example_run
from ood_studio.ui.compare.matrix import averages
from ood_studio.ui.compare.names import scorer_title
from ood_studio.ui.compare.session import Session

EMPTY = """
<div class="studio-empty">
  <p class="studio-empty-title">Which detector tells them apart best?</p>
  <p>Tick some scorers and press <b>Compare</b>. Each scores the same familiar (ID) and foreign (OOD) pictures. You will
  see how well the scores separate the two, and which pictures fool them.</p>
</div>"""


def summary(mine: Session) -> str:
    """Who is ahead, in words for everyone."""
    if not mine.ready:
        return _card("The first results are on their way …", []) if mine.running else ""
    sets, auroc, fpr = mine.sets(), averages(mine.rows(), "auroc"), averages(mine.rows(), "fpr95")
    ahead = max(auroc, key=lambda scorer: auroc[scorer])
    over = f"on average over {len(sets)} OOD sets" if len(sets) > 1 else f"on {escape(sets[0])}"
    text = (
        f"It scores a random ID picture above a random OOD picture <b>{auroc[ahead]:.1%}</b> of the time "
        f"(AUROC; a coin gets 50&nbsp;%), {over}. Where 95&nbsp;% of ID pictures are kept, <b>{fpr[ahead]:.1%}</b> of "
        "OOD pictures slip through (FPR95)."
    )
    return _card(f"Highest AUROC{' so far' if mine.running else ''}: {escape(scorer_title(ahead))}", [text])


def stored(mine: Session) -> str:
    """That a result is an earlier one, or had to leave the memory, and what it therefore lacks."""
    if not mine.ready or mine.scored:
        return ""
    which = "A result that had to leave the memory"
    if mine.stored is not None:
        kind = "An example that comes with the package," if mine.stored == example_run() else "An earlier result,"
        which = f"{kind} of {moment(mine.stored.added)}"
    return (
        f'<p class="studio-kept" role="status">{which}. Its table is kept, its curves and pictures are not: '
        "<b>Repeat</b> computes them again.</p>"
    )


def about(result: BenchResult | None, whole: bool = True) -> str:
    """What the figures rest on, in one line; without suite, model and definition where they stand beside it."""
    if result is None or not result.rows:
        return ""
    row = result.rows[0]
    suite = suites().get(result.suite)
    which = [
        f"Suite {escape(result.suite)}{f' ({escape(suite.about)})' if suite else ''}",
        f"model {escape(result.backbone)}",
        f"FPR95 as “{escape(row.fpr_definition)}” defines it",
        f"seed {row.seed}",
    ]
    named = escape(listed(result.labels, 100))
    counts = [
        f"{row.n_id:,} ID pictures",
        *([f'<span title="{named}">{len(result.labels):,} ID labels</span>'] if result.labels else []),
        *map(escape, accuracies(result)),
    ]
    parts = [*(which if whole else []), *counts]
    return f'<p class="studio-about">{"; ".join(parts)}.</p>'


def confusion(mine: Session) -> str:
    """The four counts at the threshold."""
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
        f'<div class="{kind}"><span class="name">{name}</span><span class="count">{count:,}</span> '
        f'<span class="share">{count / total:.1%}</span></div>'
        for kind, name, count, total in boxes
    )
    return (
        f'<section class="studio-counts" aria-live="polite" aria-label="Counts at the threshold">{cells}</section>'
        f'<p class="studio-about">{escape(scorer_title(mine.view.scorer))} on {escape(mine.view.set)}: ID is what '
        f"scores {threshold:.4g} or more.</p>"
    )


def pair(mine: Session, test: Comparison) -> str:
    """What DeLong's test says about the two scorers on the chosen set."""
    if mine.view.scorer == mine.view.against:
        return '<p class="studio-about">Tick a second scorer to hold one against the other.</p>'
    first, second = escape(scorer_title(mine.view.scorer)), escape(scorer_title(mine.view.against))
    better, worse = (first, second) if test.difference >= 0 else (second, first)
    low, high = (test.low, test.high) if test.difference >= 0 else (-test.high, -test.low)
    chance = f"p = {test.p:.2g}" if test.p >= 1e-4 else "p &lt; 0.0001"
    sure = "more than chance" if test.p < 0.05 else "no more than chance may do"
    lines = [
        f"AUROC {test.auroc_a:.1%} for {first} and {test.auroc_b:.1%} for {second}: a difference of "
        f"<b>{100 * abs(test.difference):.1f}</b> points (95&nbsp;% interval {100 * low:.1f} to {100 * high:.1f}), "
        f"{sure} (DeLong’s test on the same pictures, <b>{chance}</b>)."
    ]
    title = f"{better} is ahead of {worse}" if test.p < 0.05 else f"No clear difference between {first} and {second}"
    return _card(f"{title} on {escape(mine.view.set)}", lines)


def untested(mine: Session, why: str) -> str:
    """The two scorers where nothing can be said of chance."""
    at = {(row.scorer, row.ood): row.auroc for row in mine.rows()}
    both = [
        f"AUROC {at[scorer, mine.view.set]:.1%} for {escape(scorer_title(scorer))}"
        for scorer in dict.fromkeys((mine.view.scorer, mine.view.against))
    ]
    return _card(f"No test on {escape(mine.view.set)}", [f"{' and '.join(both)}; {escape(why)}."])


def heading(title: str, text: str) -> str:
    """A heading and a line under it."""
    return f'<div class="studio-heading"><h3>{escape(title)}</h3><p>{escape(text)}</p></div>'


def moment(added: str) -> str:
    """When a run was kept, such as ``2025-03-01T12:00:00Z``, for people."""
    return escape(added.replace("T", " ").removesuffix("Z")[:16]) + " UTC"


def _card(title: str, lines: Sequence[str]) -> str:
    text = "".join(f"<p>{line}</p>" for line in lines)
    return (
        '<section class="studio-verdict in" aria-live="polite" aria-label="Summary">'
        f'<div class="studio-verdict-title">{title}</div>{text}</section>'
    )
