"""The boundary gauge: in-distribution on the left, out-of-distribution on the right, the boundary in the middle."""

from __future__ import annotations

from html import escape

from ood_studio.studio import Assessment
from ood_studio.ui.synthesize.trace import SynthesisTrace


def gauge(trace: SynthesisTrace) -> str:
    """The scale with a mark for each picture so far and the needle on the last; empty where there is nothing yet."""
    trail = trace.trail()
    if not trace.steps:
        return ""
    found = trail[-1].gauge
    if found is None:
        return (
            '<p class="studio-about">These labels have no ID reference pictures, so the gauge has no boundary. '
            f"The guide’s score is <b>{short(trail[-1].value)}</b>.</p>"
        )
    places = [_left(each) for each in trail]
    before = places[-2] if len(places) > 1 else places[-1]
    marks = "".join(
        f'<span class="mark" style="left:{place:.2f}%">{escape(name)}</span>'
        for place, name in zip(places[:-1], trace.names(), strict=False)
    )
    now = trail[-1]
    outside = "" if found.outside is None else f", of the median of OOD pictures beyond it {said(found.outside, now)}"
    spoken = (
        f"Boundary gauge: {what(now)} {said(now.value, now)} {trace.names()[-1]}. Of the ID median "
        f"{said(found.inside, now)}, of the boundary {said(found.boundary, now)}{outside}."
    )
    far = "" if found.outside is None else f"<b>{said(found.outside, now)}</b>"
    return (
        f'<div class="studio-gauge" role="img" aria-label="{escape(spoken)}"><div class="studio-gauge-ends">'
        f'<span class="in">ID<small>median</small><b>{said(found.inside, now)}</b></span>'
        f"<span>boundary<small>keeps 95 % of ID</small><b>{said(found.boundary, now)}</b></span>"
        f'<span class="out">OOD{"<small>median of those beyond</small>" if far else ""}{far}</span></div>'
        f'<div class="studio-gauge-scale"><span class="middle"></span>{marks}'
        f'<span class="needle" style="--from:{before:.2f}%;--to:{places[-1]:.2f}%;left:{places[-1]:.2f}%">'
        f"<b>{said(now.value, now)}</b></span></div></div>"
    )


def what(assessed: Assessment) -> str:
    """What the guide's value is called."""
    return "score" if assessed.energy is None else "energy"


def said(value: float, assessed: Assessment) -> str:
    """A value of the guide as people know it: energies with their own sign."""
    return short(value if assessed.energy is None else -value)


def short(value: float) -> str:
    """A score in at most six signs, so that they stand under each other: tiny ones are not spelt out."""
    if 0 < abs(value) < 0.0005:
        return "≈ 0"
    text = f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"
    return text.replace("-", "−")


def _left(assessed: Assessment) -> float:
    """Percent from the left."""
    assert assessed.gauge is not None
    return 50.0 * (1.0 - assessed.gauge.place(assessed.value))
