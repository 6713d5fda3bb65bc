"""The verdict while a picture moves. Everything from outside is escaped."""

from __future__ import annotations

from html import escape

from ood_studio.ui.cards import banner
from ood_studio.ui.synthesize.gauge import said, short, what
from ood_studio.ui.synthesize.session import Session
from ood_studio.ui.synthesize.trace import SynthesisTrace

EMPTY = """
<div class="studio-empty">
  <h2 class="studio-empty-title">Make a picture that is almost known</h2>
  <p>What <b>surrounds</b> the main object of the picture on the left stands beside it as words that you can change.
  <b>Synthesize</b> paints the picture anew from these words alone: the object goes, the scene stays. Then it changes
  the painting’s noise, step by step, until the classifier hardly knows the picture: an OOD picture right at the
  <b>boundary</b>, which is what detectors find hardest and learn most from (SynOOD).</p>
</div>"""

NOTE = (
    '<p class="studio-about studio-purpose">Synthetic pictures are for testing and training detectors: keep their '
    "records with them, and do not pass them off as photographs. The safety checker of a model stays as it ships.</p>"
)


def verdict(mine: Session) -> str:
    """Where the picture is, what the guide and the first score say, and what was done to it."""
    trace = mine.trace
    if trace is None or trace.last is None:
        if mine.running:
            return banner("open", "Getting ready …", ["The models are loaded and the picture is painted."])
        if mine.note:
            return banner("open", "Stopped before the first picture", [])
        return EMPTY
    first, last = trace.first, trace.last
    lines = []
    if first is not None:
        boundary = "" if last.gauge is None else f"; the boundary is <b>{said(last.gauge.boundary, last)}</b>"
        lines.append(
            f"The {what(last)} went from {said(first.value, first)} (original) over "
            f"{said(trace.steps[0].value, last)} (unguided) to <b>{said(last.value, last)}</b>{boundary}."
        )
        was, now = first.readings[0], last.readings[0]
        limit = "" if now.threshold is None else f" (threshold {short(now.threshold)})"
        lines.append(
            f"{escape(now.title)} went from {short(was.value)} to <b>{short(now.value)}</b>{limit}. Of the negative "
            f"labels it now resembles <b>{escape(last.negative.label)}</b> most."
        )
    lines.append(
        f"Iteration {last.iteration} of {last.total}, {last.seconds:.0f} s."
        + "".join(f" {escape(note)}" for note in last.notes)
    )
    if last.cut:
        lines.append(f"The text encoder had no room for: <del>{escape(last.cut)}</del>.")
    if mine.note:
        lines.append(f"<b>{escape(mine.note)}</b>")
    side = {True: "in", False: "out", None: "open"}[last.inside]
    return banner(side, heading(trace), lines)


def heading(trace: SynthesisTrace) -> str:
    """The verdict in a few words."""
    first, last = trace.first, trace.last
    if first is None or last is None:
        return ""
    if last.inside is None:
        return "No boundary to compare with"
    if last.inside:
        return "Still in-distribution" if first.inside else "It became in-distribution"
    if not first.inside:
        return "Out-of-distribution from the start"
    crossed = trace.crossed()
    return (
        "Out-of-distribution: the words alone were enough"
        if crossed == 0
        else f"Across the boundary at iteration {crossed}"
    )


def spoken(trace: SynthesisTrace) -> str:
    """For screen readers: one sentence an iteration."""
    last = trace.last
    if last is None:
        return ""
    said_now = f"Iteration {last.iteration}: {what(last)} {said(last.value, last)}. {heading(trace)}"
    return f'<p role="status" aria-live="polite">{escape(said_now)}</p>'
