"""The filmstrip: original, unguided picture and every iteration, with what is made of each."""

from __future__ import annotations

from html import escape

from PIL import Image

from ood_studio.studio import Assessment, Reading
from ood_studio.ui.cards import percent, side
from ood_studio.ui.pictures.shown import data_uri
from ood_studio.ui.synthesize.gauge import short
from ood_studio.ui.synthesize.trace import SynthesisTrace
from ood_studio.ui.tables import figures_table

SHOWN = ("neglabel", "mcm")
"""Keys of the scores under each picture, beside the guide's own."""


def strip(trace: SynthesisTrace, running: bool) -> str:
    """The pictures in a row; a place is kept for those still to come."""
    first = trace.first
    shown = trace.source if first is None else first.image
    cells = [_cell("Original", shown, first, about="what is led away")]
    for step in trace.steps:
        about = "painted from the words alone" if step.iteration == 0 else "noise moved once more"
        if step.flagged:
            about = "blackened by the model’s own safety checker"
        gradient = _gradient(trace, step.iteration)
        cells.append(_cell(_title(step.iteration), step.image, step, about=about, gradient=gradient))
    total = trace.last.total if trace.last else trace.request.loop.iterations
    if running:
        for i in range(len(trace.steps), total + 1):
            cells.append(_cell(_title(i), None, None))
    for name, found in trace.baselines.items():
        cells.append(_cell(name, None if found is None else found.image, found, kind="baseline"))
    return f'<div class="studio-film">{"".join(cells)}</div>'


def _title(iteration: int) -> str:
    return f"Iteration {iteration}" if iteration else "Unguided (0)"


def readings(assessed: Assessment) -> list[Reading]:
    """The scores that are shown under a picture."""
    chosen = {reading.scorer: reading for reading in reversed(assessed.readings)}
    return [chosen[key] for key in SHOWN if key in chosen]


def table(trace: SynthesisTrace) -> str:
    """Every score of every picture."""
    trail = trace.trail()
    if not trace.steps:
        return ""
    columns = ["score", *trace.names(), "threshold"]
    rows = ""
    now = trail[-1]
    boundary = "–" if now.gauge is None else short(-now.gauge.boundary)
    if now.energy is not None:
        cells = "".join(f"<td>{short(-each.value)} {side(each.inside)}</td>" for each in trail)
        rows += f'<tr><th scope="row">energy of the classifier</th>{cells}<td>{boundary}</td></tr>'
    for i, reading in enumerate(now.readings):
        cells = "".join(f"<td>{short(each.readings[i].value)} {side(each.readings[i].inside)}</td>" for each in trail)
        threshold = "–" if reading.threshold is None else short(reading.threshold)
        rows += f'<tr><th scope="row">{escape(reading.title)}</th>{cells}<td>{threshold}</td></tr>'
    caption = "Every score, iteration by iteration (an energy is lower for known pictures, every other score higher)"
    return figures_table(caption, columns, rows)


def _gradient(trace: SynthesisTrace, iteration: int) -> str:
    """What the loss wanted of the picture before: it led to this one."""
    if iteration == 0 or len(trace.steps) < iteration:
        return ""
    seen = trace.steps[iteration - 1].gradient
    if seen is None:
        return ""
    random = trace.request.loop.direction == "random"
    about = "not followed: the direction is random" if random else "the way here: what the loss wanted of each pixel"
    return f'<img class="small" src="{data_uri(seen, 96)}" alt="Gradient" title="{about}">'


def _cell(
    title: str,
    picture: Image.Image | None,
    assessed: Assessment | None,
    about: str = "",
    gradient: str = "",
    kind: str = "",
) -> str:
    if picture is not None:
        shown = f'<img src="{data_uri(picture)}" alt="{escape(title)}">'
    else:
        shown = '<div class="studio-waiting">…</div>'
    lines = "" if assessed is None else _lines(assessed)
    foot = f'<div class="foot">{gradient}{_resembles(assessed)}</div>' if assessed is not None else ""
    return (
        f'<figure class="{kind}">{shown}<figcaption><b>{escape(title)}</b>'
        f"<small>{escape(about)}</small>{lines}{foot}</figcaption></figure>"
    )


def _lines(assessed: Assessment) -> str:
    rows = ""
    if assessed.energy is not None:
        boundary = "" if assessed.gauge is None else short(-assessed.gauge.boundary)
        rows += _line("energy", short(-assessed.value), assessed.inside, boundary, "≤")
    for reading in readings(assessed):
        threshold = "" if reading.threshold is None else short(reading.threshold)
        rows += _line(reading.title.split(" (")[0], short(reading.value), reading.inside, threshold, "≥")
    return f"<dl>{rows}</dl>"


def _line(name: str, value: str, inside: bool | None, threshold: str, sign: str) -> str:
    limit = f' title="ID is {sign} {threshold}"' if threshold else ""
    limit_shown = f"<small>{sign} {threshold}</small>" if threshold else ""
    return f"<div{limit}><dt>{escape(name)}</dt><dd><b>{value}</b>{limit_shown}</dd><dd>{side(inside)}</dd></div>"


def _resembles(assessed: Assessment | None) -> str:
    if assessed is None:
        return ""
    return (
        f'<p>most like<br><b class="negative">{escape(assessed.negative.label)}</b> '
        f"<small>{percent(assessed.negative.share)} of the negative labels</small></p>"
    )
