"""The attack as it goes: verdict, pictures, scores, curves. Everything from outside is escaped."""

from __future__ import annotations

from html import escape

import plotly.graph_objects as go

from ood_studio.figures.attack_curves import margin_figure, similarity_figure
from ood_studio.figures.colours import Style, styles
from ood_studio.figures.perturbation import RAMP, amplified, gain_of, size_map, sizes
from ood_studio.studio import AttackImageStep, Reading
from ood_studio.ui.attack.session import Session
from ood_studio.ui.attack.trace import AttackTrace
from ood_studio.ui.cards import banner, number, promised, side
from ood_studio.ui.pictures.shown import data_uri

EMPTY = """
<div class="studio-empty">
  <h2 class="studio-empty-title">Make a detector swear to the wrong thing</h2>
  <p>Press <b>Attack</b>. The left picture changes little by little until the model sees the right one in it, and the
  detectors’ verdicts turn from out-of-distribution (OOD) to in-distribution (ID).</p>
</div>"""

NOTE = (
    '<p class="studio-about studio-purpose">For finding out how far a detector’s verdict can be trusted, on pictures '
    "and models that are yours to test; not for slipping pictures past filters that protect people.</p>"
)


def verdict(mine: Session) -> str:
    """Which side the picture is on, what the first score says, and how far the attack has come."""
    trace = mine.trace
    if trace is None or trace.first is None or trace.last is None:
        if not mine.running:
            return EMPTY
        return banner("open", "Getting ready …", ["The model, its labels and its thresholds are loaded."])
    first, last = trace.first, trace.last
    was, now = first.readings[0], last.readings[0]
    lines = []
    if now.threshold is None:
        lines.append(f"{escape(now.title)} went from <b>{number(was.value)}</b> to <b>{number(now.value)}</b>.")
        lines.append("These labels have no ID reference pictures, so there is no threshold.")
    else:
        sign = "at or above" if now.inside else "below"
        value, threshold = now.apart()
        lines.append(
            f"{escape(now.title)} went from {number(was.value)} to <b>{value}</b>, {sign} the threshold "
            f"<b>{threshold}</b>{promised(now)}{_p_values(was, now)}."
        )
        lines.append(
            f"<b>{_inside(last)} of {len(last.readings)}</b> detectors take the picture for ID; at the start "
            f"{_inside(first)} did."
        )
    kind = "score" if trace.request.target_score else "similarity to the target"
    lines.append(
        f"Step {last.step:,} of {last.total:,}, {kind} {number(last.similarity)} (from {number(first.similarity)})."
    )
    if mine.note:
        lines.append(f"<b>{escape(mine.note)}</b>")
    side = {True: "in", False: "out", None: "open"}[now.inside]
    done = 100 * last.step / last.total
    bar = (
        f'<div class="studio-steps" role="progressbar" aria-label="Steps of the attack" aria-valuenow="{done:.0f}" '
        f'aria-valuemin="0" aria-valuemax="100"><span style="width:{done:.1f}%"></span></div>'
        if mine.running
        else ""
    )
    return banner(side, heading(trace), lines, bar)


def heading(trace: AttackTrace | None) -> str:
    """The verdict in a few words; it changes only when the verdict does."""
    if trace is None or trace.first is None or trace.last is None:
        return ""
    was, now = trace.first.readings[0].inside, trace.last.readings[0].inside
    if now is None:
        return "No threshold"
    if now and not was:
        return "Fooled: OOD became in-distribution"
    if was and not now:
        return "It became out-of-distribution"
    return "In-distribution from the start" if now else "Out-of-distribution"


def pictures(trace: AttackTrace) -> str:
    """The picture now, the perturbation amplified, and its size at every pixel (PLP, Fig. 1)."""
    last = trace.last
    if last is None:
        return ""
    change = last.change()
    gain, lengths = gain_of(change), sizes(change)
    top = float(lengths.max())
    name = escape(trace.names[0])
    width, height = last.image.size
    figures = (
        (last.image, f"{name} after {last.step} steps", "The picture now", f"{width} × {height} pixels"),
        (
            amplified(change, gain),
            "The perturbation, amplified",
            "What was added",
            f"{gain} × as strong, grey is none",
        ),
        (size_map(lengths, top), f"Size of the change at each pixel, up to {top:.3f}", "How much, where", _legend(top)),
    )
    cells = "".join(
        f'<figure><img src="{data_uri(picture)}" alt="{alt}"><figcaption><b>{title}</b> {about}</figcaption></figure>'
        for picture, alt, title, about in figures
    )
    return f'<div class="studio-trio">{cells}</div>'


def scores(trace: AttackTrace) -> str:
    """Every score before and now, beside its threshold."""
    first, last = trace.first, trace.last
    if first is None or last is None or trace.scores is None:
        return ""
    looks = styles(trace.scores)
    rows = "".join(
        _row(was, now, trace, looks[now.title]) for was, now in zip(first.readings, last.readings, strict=True)
    )
    columns = ("score", "before", "now", "threshold", "p-value", "verdict")
    head = "".join(f'<th scope="col">{name}</th>' for name in columns)
    return (
        '<table class="studio-scores"><caption>Every detector, before and now, with its line in the curves</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def curves(trace: AttackTrace) -> tuple[go.Figure, go.Figure]:
    """The similarity, and every score against its threshold."""
    assert trace.last is not None and trace.scores is not None
    title = "score raised" if trace.request.target_score else "similarity to the target"
    lines = {name: list(values) for name, values in trace.scores.items()}
    return (
        similarity_figure(list(trace.steps), list(trace.similarity), trace.last.total, title),
        margin_figure(list(trace.steps), lines, trace.thresholds(), trace.last.typical, trace.last.total, legend=False),
    )


def _row(was: Reading, now: Reading, trace: AttackTrace, look: Style) -> str:
    value, threshold = (number(now.value), "–") if now.threshold is None else now.apart()
    p_value = "–" if now.p_value is None else number(now.p_value)
    said = side(now.inside)
    if now.inside != was.inside:
        step = trace.flipped(now.title)
        said = f"{side(was.inside)} → {said}" + ("" if step is None else f" <small>step {step}</small>")
    return (
        f'<tr><th scope="row">{_key(look)}{escape(now.title)}</th><td>{number(was.value)}</td>'
        f"<td><b>{value}</b></td><td>{threshold}</td><td>{p_value}</td><td>{said}</td></tr>"
    )


def _p_values(was: Reading, now: Reading) -> str:
    """How unusual it was among ID pictures, and is now."""
    if was.p_value is None or now.p_value is None:
        return ""
    return f"; its p-value went from {number(was.p_value)} to <b>{number(now.p_value)}</b>"


def _key(look: Style) -> str:
    """The score's line in the curves: the table is their legend."""
    dashes = {
        "solid": "",
        "dash": "7 4",
        "dot": "2 3",
        "dashdot": "8 3 2 3",
        "longdash": "11 4",
        "longdashdot": "11 3 2 3",
    }
    return (
        '<svg class="studio-key" viewBox="0 0 34 8" aria-hidden="true"><line x1="1" y1="4" x2="33" y2="4" '
        f'stroke="{look.colour}" stroke-width="4" stroke-dasharray="{dashes[look.dash]}"/></svg>'
    )


def _inside(step: AttackImageStep) -> int:
    return sum(reading.inside is True for reading in step.readings)


def _legend(top: float) -> str:
    return f'0 <span class="studio-ramp" style="background:linear-gradient(90deg, {RAMP})"></span> {top:.3f}'
