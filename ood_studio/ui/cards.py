"""Small pieces of HTML: the verdict, the affinity bars, the table of scores. Everything from outside is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ood_studio.core.unicode import listed
from ood_studio.labels.definitions import definition, have_definitions
from ood_studio.studio import Affinity, ExploreResult, ImageReport, Reading

_NO_REFERENCE = "These labels have no ID reference pictures."
EMPTY = """
<div class="studio-empty">
  <h2 class="studio-empty-title">Give it a picture</h2>
  <p>Upload, paste or photograph one, or pick an example below. You will see which labels it is drawn to, and
  whether detectors take it for one of the ID classes.</p>
</div>"""


def shown(report: ImageReport) -> str:
    """How the picture is shown, in one sentence; empty where there is nothing to say."""
    return f"In this picture, {report.note}." if report.note else ""


def verdict_card(report: ImageReport, result: ExploreResult) -> str:
    """The verdict in words: side, score, threshold, where the score falls, and what the model knows nothing of."""
    reading = report.readings[0]
    side = {True: "in", False: "out", None: "open pending" if result.pending else "open"}[reading.inside]
    open_yet = "No threshold yet" if result.pending else "No threshold"
    heading = {True: "In-distribution", False: "Out-of-distribution", None: open_yet}[reading.inside]
    lines = []
    if reading.threshold is not None:
        sign = "at or above" if reading.inside else "below"
        value, threshold = reading.apart()
        lines.append(
            f"{escape(reading.title)} score <b>{value}</b>, {sign} the threshold <b>{threshold}</b>{promised(reading)}."
        )
        outside = "" if reading.ood_below is None else f" and {reading.ood_below:.0%} of OOD"
        unusual = "Higher" if reading.p_value is None else f"Its p-value is <b>{reading.p_value:.3g}</b>: higher"
        lines.append(f"{unusual} than {reading.id_below:.0%} of ID{outside} reference pictures.")
    else:
        why = "It comes when the reference pictures are encoded." if result.pending else _NO_REFERENCE
        lines.append(f"{escape(reading.title)} score <b>{number(reading.value)}</b>. {why}")
    if report.classes and result.negatives:
        strongest = report.affinities[0]
        kind = "an ID" if strongest.inside else "a negative"
        lines.append(f"Drawn most to <b>{escape(strongest.label)}</b>, {kind} label. {classed(report, result)}")
    elif report.classes:
        lines.append(classed(report, result))
    lines += [f"<em>{escape(sentence)}</em>" for sentence in (result.limits, shown(report)) if sentence]
    text = "".join(f"<p>{line}</p>" for line in lines)
    return (
        f'<section class="studio-verdict {side}" aria-live="polite" aria-label="Verdict">'
        f'<h2 class="studio-verdict-title">{heading}</h2>{text}</section>'
    )


def banner(side: str, title: str, lines: Sequence[str], below: str = "") -> str:
    """A verdict in words that are HTML already.

    Args:
        side: ``in``, ``out`` or ``open``.
        below: HTML under the lines.
    """
    text = "".join(f"<p>{line}</p>" for line in lines)
    return (
        f'<section class="studio-verdict {side}" aria-label="Verdict">'
        f'<div class="studio-verdict-title">{title}</div>{text}{below}</section>'
    )


def promised(reading: Reading) -> str:
    """What the threshold promises, as the end of a sentence."""
    if reading.promised is None:
        return ""
    if reading.promised >= 1:
        return ", of too few ID reference pictures to promise anything"
    return f", which flags at most {percent(reading.promised, 2)} of ID pictures (99&nbsp;% confidence)"


def classed(report: ImageReport, result: ExploreResult) -> str:
    """The class that zero-shot classification chooses, or the model's own head."""
    name, share = report.classes[0]
    whose = "Zero-shot class" if result.negatives else "The model's own class"
    return f"{whose}: <b>{escape(name)}</b> ({share:.0%})."


def affinity_bars(report: ImageReport, result: ExploreResult) -> str:
    """Horizontal bars of the strongest affinities, ID blue and negative green (NegLabel, Figs. 4 and 5)."""
    if not report.affinities:
        return ""
    longest = max(affinity.share for affinity in report.affinities) or 1.0
    defined = have_definitions()
    rows = "".join(_bar(affinity, longest, defined) for affinity in report.affinities)
    if not result.negatives:
        return (
            '<section class="studio-bars" aria-label="Strongest classes"><div class="studio-legend">'
            f'<span class="dot id"></span>classes of the model\'s own head<span class="studio-tau">softmax</span></div>'
            f"<ol>{rows}</ol></section>"
        )
    tau = result.tau
    return (
        '<section class="studio-bars" aria-label="Strongest affinities"><div class="studio-legend">'
        f'<span class="dot id"></span>ID labels <b>{percent(report.id_share)}</b>'
        f'<span class="dot negative"></span>negative labels <b>{percent(1 - report.id_share)}</b>'
        f'<span class="studio-tau">softmax at τ = {tau:.3g}</span></div><ol>{rows}</ol></section>'
    )


def _bar(affinity: Affinity, longest: float, defined: bool) -> str:
    meaning = definition(affinity.label) if defined else None
    title = f"{affinity.label}: {meaning}" if meaning else affinity.label
    width = max(0.4, 100 * affinity.share / longest)
    return (
        f'<li class="{"id" if affinity.inside else "negative"}">'
        f'<span class="label" title="{escape(title)}">{escape(affinity.label)}</span>'
        f'<span class="track"><span class="bar" style="width:{width:.1f}%"></span></span>'
        f'<span class="share">{percent(affinity.share)}</span></li>'
    )


def score_table(report: ImageReport) -> str:
    """Every score side by side, with threshold and decision."""
    columns = ("score", "value", "threshold", "decision", "p-value", "above OOD")
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    rows = "".join(_score_row(reading) for reading in report.readings)
    return (
        '<table class="studio-scores"><caption>Every score, and how unusual it is among reference pictures</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def about(result: ExploreResult) -> str:
    """What the verdicts rest on, in one line."""
    source = next((r.about for r in result.references.values()), None)
    thresholds = f" Thresholds from {escape(source)}." if source else ""
    notes = "".join(f" {escape(note)}" for note in result.notes)
    groups = f", in {result.groups} groups" if result.groups > 1 else ""
    labels = f'<span title="{escape(listed(result.id_labels, 100))}">{len(result.id_labels):,} ID labels</span>'
    sides = f"{labels} against {len(result.negatives):,} negative labels{groups}."
    if not result.negatives:
        sides = ""
    return f'<p class="studio-about">{sides}{thresholds}{notes}</p>'


def side(inside: bool | None) -> str:
    """A decision as a word with its colour."""
    return {True: '<span class="in">ID</span>', False: '<span class="out">OOD</span>', None: "–"}[inside]


def number(value: float) -> str:
    """Three significant digits."""
    return f"{value:.3g}"


def percent(share: float, digits: int = 0) -> str:
    """A share for people: tiny ones are not shown as 0; ``digits`` significant ones where that is more than usual."""
    if digits:
        return f"{100 * share:.{digits}g}&nbsp;%"
    if share >= 0.0995:
        return f"{share:.0%}"
    return f"{share:.1%}" if share >= 0.0005 else "&lt;0.1%"


def _score_row(reading: Reading) -> str:
    value, threshold = (number(reading.value), "–") if reading.threshold is None else reading.apart()
    p_value = "–" if reading.p_value is None else number(reading.p_value)
    above = f"<td>{p_value}</td><td>{'–' if reading.ood_below is None else f'{reading.ood_below:.0%}'}</td>"
    return (
        f'<tr><th scope="row">{escape(reading.title)}</th><td>{value}</td><td>{threshold}</td>'
        f"<td>{side(reading.inside)}</td>{above}</tr>"
    )
