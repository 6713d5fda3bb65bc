"""A fit on the screen: which component gets what."""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr

from ood_studio.adapters import adapter_of, export
from ood_studio.figures.movement import movement_figure
from ood_studio.figures.score_histograms import score_histograms
from ood_studio.figures.training_curves import loss_figure, rate_figure
from ood_studio.studio.fit import ACCURACY, Fit, held_out
from ood_studio.studio.judge import Judged
from ood_studio.studio.movement import Movement, movement
from ood_studio.ui.adapt.changed import changed, pictures
from ood_studio.ui.adapt.panels import EMPTY, Panels
from ood_studio.ui.adapt.session import Session
from ood_studio.ui.downloads import download_folder
from ood_studio.ui.plot import figure_update
from ood_studio.ui.wiring import Updates

_SAME = 0.005  # of the mean AUROC: less is not worth a word on some hundred pictures


def running(p: Panels, mine: Session) -> Updates:
    """What follows every epoch."""
    fit = mine.fit
    if fit is None or not fit.epochs:
        return {p.verdict: EMPTY if not mine.note else _card("Nothing was learnt", [mine.note])}
    return {
        p.verdict: verdict(mine),
        p.losses: figure_update(p.losses, loss_figure(fit.epochs, fit.losses, fit.total)),
        p.rates: figure_update(p.rates, _rates(fit) if fit.judged else None),
    }


def finished(p: Panels, fit: Fit) -> Updates:
    """What is there once the fit has ended, beside what follows every epoch."""
    assert fit.adapted is not None
    path = download_folder() / f"{fit.adapted.record.adapter}.safetensors"
    export(fit.adapted, path)
    found: Updates = {
        p.ready: '<h2 class="studio-section">What it changed</h2>',
        p.download: gr.DownloadButton(value=str(path)),
        p.use: gr.Button(interactive=False),
        p.saved: "",
        p.again.shown: "",
    }
    if fit.judge is None or fit.before is None or fit.now is None:
        return found | {p.table: '<p class="studio-about">There are no held-out pictures of these labels.</p>'}
    turned = changed(fit.before, fit.now)
    moved = movement(fit.judge, fit.adapted)
    return found | {
        p.table: table(fit.before, fit.now, fit.score),
        p.histogram_before: figure_update(p.histogram_before, _histogram(fit.score, fit.before)),
        p.histogram_after: figure_update(p.histogram_after, _histogram(f"{fit.score}, adapted", fit.now)),
        p.right_title: _heading(len(turned.right), "now on the right side"),
        p.right: gr.update(value=pictures(fit.judge, turned.right)),
        p.wrong_title: _heading(len(turned.wrong), "now on the wrong side"),
        p.wrong: gr.update(value=pictures(fit.judge, turned.wrong)),
        p.map: figure_update(p.map, None if moved.still else movement_figure(moved.groups)),
        p.map_about: map_about(moved),
    }


def verdict(mine: Session) -> str:
    """The card: what is learnt, how far it is, and what it does."""
    fit = mine.fit
    assert fit is not None and fit.adapted is not None
    title = adapter_of(fit.adapted.record.adapter).title
    epoch = f"Epoch {fit.epochs[-1]} of {fit.total}"
    lines = [f"{epoch}; learnt from {fit.adapted.record.about}."]
    heading, side = escape(title), ""
    if fit.before is not None and fit.now is not None:
        lines += [_effect(name, fit.before, fit.now) for name in fit.now.ood]
        names = held_out(fit.now)
        gain = sum(fit.now.auroc(name) - fit.before.auroc(name) for name in names) / max(1, len(names))
        if not mine.running and abs(gain) < _SAME:
            heading += ": OOD is told apart as before"
        elif not mine.running:
            side = "in" if gain > 0 else "out"
            heading += f": OOD is told apart {'better' if gain > 0 else 'worse'}"
        if fit.now.accuracy is not None and fit.before.accuracy is not None:
            lines.append(f"ID accuracy {fit.before.accuracy:.1%} → <b>{fit.now.accuracy:.1%}</b>.")
    notes = ("" if mine.running else fit.harm, fit.ended, mine.note, *fit.adapted.record.notes)
    lines += [escape(note) for note in dict.fromkeys(notes) if note]
    return _card(heading, lines, side)


def _effect(name: str, before: Judged, now: Judged) -> str:
    return (
        f"{escape(name)}: AUROC {before.auroc(name):.1%} → <b>{now.auroc(name):.1%}</b>, FPR95 "
        f"{before.fpr95(name):.1%} → <b>{now.fpr95(name):.1%}</b>."
    )


def table(before: Judged, now: Judged, score: str) -> str:
    """Before and after, a line a set."""
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{before.auroc(name):.1%}</td><td><b>{now.auroc(name):.1%}</b></td>'
        f"<td>{before.fpr95(name):.1%}</td><td><b>{now.fpr95(name):.1%}</b></td></tr>"
        for name in now.ood
    )
    columns = ("held-out set", "AUROC before", "after", "FPR95 before", "after")
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    sizes = f"{len(now.id):,} ID pictures and {min(map(len, now.ood.values()), default=0):,} a set, none learnt from"
    return (
        f'<div class="studio-scroll"><table class="studio-scores"><caption>{escape(score)} on {sizes}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def map_about(moved: Movement) -> str:
    """How the map is read, or why there is none."""
    said = (
        "It moves no features: what is learnt is a head on them, or other label vectors."
        if moved.still
        else "Each line leads from where a held-out picture or a label’s text was to where it is now, in the plane in "
        "which ID varied most before, pictures and texts each around their mean. Numbers are 1 − cosine, on average."
    )
    return "".join(f'<p class="studio-about">{escape(each)}</p>' for each in (said, moved.note) if each)


def _rates(fit: Fit) -> Any:
    return rate_figure(fit.judged, {ACCURACY: fit.accuracy} if fit.accuracy else {}, fit.auroc, fit.fpr95, fit.total)


def _histogram(title: str, judged: Judged) -> Any:
    near = dict(list(judged.ood.items())[:1])
    return score_histograms(title, "ID", judged.id, near, judged.threshold)


def _heading(count: int, where: str) -> str:
    return f'<h3 class="studio-section">{count:,} pictures are {where}</h3>'


def _card(heading: str, lines: list[str], side: str = "") -> str:
    body = "".join(f"<p>{line}</p>" for line in lines)
    return f'<div class="studio-verdict {side}" role="status"><p class="studio-verdict-title">{heading}</p>{body}</div>'
