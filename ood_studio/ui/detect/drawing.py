"""A detector and its decisions on the screen; everything from a file is escaped."""

from __future__ import annotations

import csv
import io
import json
from html import escape
from pathlib import Path

import gradio as gr
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.data.images import decode_image
from ood_studio.detectors import COLUMNS, Decision
from ood_studio.figures.wealth import wealth_figure
from ood_studio.studio.decide import LEVEL, MISS, RUN_LENGTH, Decided
from ood_studio.ui.cards import number, side
from ood_studio.ui.detect.panels import EMPTY, Panels
from ood_studio.ui.detect.session import Ready, Session
from ood_studio.ui.downloads import jpeg_text, text_file
from ood_studio.ui.plot import figure_update
from ood_studio.ui.wiring import Updates

SHOWN = 60  # decisions in the table; all of them are in the files
_THUMBNAIL = 72  # pixels


def everything(p: Panels, mine: Session) -> Updates:
    """All that is seen."""
    outcome = mine.outcome
    if outcome is None:
        return {p.card: EMPTY, p.file: gr.DownloadButton(visible=False)} | nothing_decided(p)
    found: Updates = {
        p.card: card(outcome.ready, mine.examples),
        p.file: gr.DownloadButton(value=str(outcome.ready.path), visible=True),
    }
    if outcome.decided is None:
        return found | nothing_decided(p)
    return found | drift(p, mine) | decided(p, outcome.decided, dict(mine.pictures))


def nothing_decided(p: Panels) -> Updates:
    """Without decisions."""
    return {p.decisions: "", p.drift_about: ""}


_EXAMPLE = (
    "An example, made of what the sidebar and the boxes hold. <b>Make</b> makes one of what you choose there, "
    "<b>Load a file</b> takes another."
)
_EXAMPLES = " Below it decides example pictures; the ones that you add take their place."


def card(ready: Ready, examples: bool = False) -> str:
    """What the detector is, and what it promises.

    Args:
        ready: the detector.
        examples: whether it decides pictures that the tab brought along.
    """
    detector = ready.detector
    held, promise = len(detector.calibration), detector.promise
    labels = ", ".join(detector.labels[:100])
    lines = [
        *([_EXAMPLE + (_EXAMPLES if examples else "")] if ready.example else []),
        f"<b>{escape(detector.scorer.title)}</b> on <b>{escape(detector.backbone.name)}</b>, "
        f'<span title="{escape(labels)}">{len(detector.labels):,} ID labels</span> against '
        f"{len(detector.negative_labels):,} negative ones.",
        f"ID is what scores <b>{number(detector.threshold)}</b> or more: {escape(str(promise))}. "
        f"{100 * promise.expected(held):.3g}&nbsp;% on average.",
        f"Calibrated on {escape(detector.about.get('calibration', f'{held:,} pictures'))}; for this promise "
        f"{promise.fewest():,} would do.",
        *(f'<em class="out">{escape(note)}</em>' for note in ready.notes),
    ]
    body = "".join(f"<p>{line}</p>" for line in lines)
    heading = '<h2 class="studio-verdict-title">The detector</h2>'
    return f'<section class="studio-verdict in" role="status">{heading}{body}</section>'


def decided(p: Panels, found: Decided, paths: dict[str, str]) -> Updates:
    """The table and the files."""
    return {
        p.decisions: table(found, paths),
        p.csv: gr.DownloadButton(value=str(text_file("decisions.csv", csv_text(found.decisions)))),
        p.json: gr.DownloadButton(value=str(text_file("decisions.json", json.dumps(found.to_dict())))),
    }


def drift(p: Panels, mine: Session) -> Updates:
    """The wealth of the chosen alarm."""
    if mine.outcome is None or mine.outcome.decided is None:
        return {}
    found = mine.outcome.decided
    logs, line = found.wealth(mine.alarm)
    said = {
        "rate": "It bets that more is flagged than the calibration allows. Without drift it ever goes with a chance of "
        f"at most {2 * MISS:.0%}, however long it watches.",
        "jumper": "It bets that p-values are not uniform, among calibration pictures and the stream so far. Without "
        f"drift it ever goes with a chance of at most {MISS:.0%}.",
        "restarting": "The same, never too poor to begin again: without drift it goes once in "
        f"{RUN_LENGTH:,} pictures or more, on average.",
    }[mine.alarm]
    return {
        p.wealth: figure_update(p.wealth, wealth_figure(logs, line, found.flagged)),
        p.drift_about: f'<p class="studio-about">{said} Pictures count in the order in which they came.</p>',
    }


def table(found: Decided, paths: dict[str, str]) -> str:
    """The first decisions, with pictures; what was left out is said above."""
    total, flagged = len(found.decisions), int(found.flagged.sum())
    notes = [
        f"{flagged:,} of {total:,} pictures are flagged as OOD. Of the whole batch {found.discovered:,} are called OOD "
        f"at a false discovery rate of {LEVEL:.0%}."
    ]
    if total > SHOWN:
        notes.append(f"The first {SHOWN} are shown; the files hold all.")
    if found.problems:
        names = "; ".join(list(found.problems.values())[:3])
        notes.append(f"{len(found.problems):,} left out: {names}.")
    head = "".join(f'<th scope="col">{each}</th>' for each in ("", "picture", "verdict", "p-value", "score", "nearest"))
    body = "".join(_row(each, paths.get(each.name, "")) for each in found.decisions[:SHOWN])
    return (
        f'<div class="studio-scroll"><table class="studio-scores studio-decisions"><caption>{escape(" ".join(notes))}'
        f"</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(decision: Decision, path: str) -> str:
    near = ", ".join(
        f'<span class="{"in" if known else "out"}">{escape(label)}</span>' for label, _, known in decision.nearest
    )
    return (
        f'<tr><td>{_picture(path)}</td><th scope="row">{escape(decision.name)}</th><td>{side(decision.inside)}</td>'
        f"<td>{number(decision.p_value)}</td><td>{number(decision.score)}</td><td>{near}</td></tr>"
    )


def _picture(path: str) -> str:
    try:
        picture = decode_image(Path(path)).convert("RGB")
    except (StudioError, OSError):
        return ""
    picture.thumbnail((_THUMBNAIL, _THUMBNAIL), Image.Resampling.LANCZOS)
    return f'<img alt="" src="data:image/jpeg;base64,{jpeg_text(picture)}">'


def csv_text(decisions: tuple[Decision, ...]) -> str:
    """Decisions as CSV, as ``detect-run`` writes it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(each.row() for each in decisions)
    return text.getvalue()
