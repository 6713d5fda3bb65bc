"""A fit on the screen: which component gets what."""

from __future__ import annotations

from html import escape
from typing import Any

import gradio as gr

from ood_studio.adapters import Adapted, adapter_of, export
from ood_studio.adapters.heads import HeadAdapter
from ood_studio.adapters.validation import Validation
from ood_studio.figures.movement import movement_figure
from ood_studio.figures.score_histograms import score_histograms
from ood_studio.figures.training_curves import loss_figure, rate_figure
from ood_studio.studio.commands import command_line
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


def finished(p: Panels, mine: Session) -> Updates:
    """What is there once the fit has ended, beside what follows every epoch."""
    fit = mine.fit
    assert fit is not None and fit.adapted is not None
    path = download_folder() / f"{fit.adapted.record.adapter}.safetensors"
    export(fit.adapted, path)
    found: Updates = {
        p.ready: '<h2 class="studio-section">What it changed</h2>',
        p.download: gr.DownloadButton(value=str(path)),
        p.use: gr.Button(interactive=bool(mine.saved)),
        p.saved: saved(mine.saved),
        p.again.shown: "",
    }
    told = fit.validation
    found[p.table] = _NONE_HELD_OUT if told is None else table(told)
    if fit.before is None or fit.now is None:
        return found
    turned = changed(fit.before, fit.now)
    moved = None if fit.judge is None else movement(fit.judge, fit.adapted)
    return found | {
        p.histogram_before: figure_update(p.histogram_before, _histogram(fit.score, fit.before)),
        p.histogram_after: figure_update(p.histogram_after, _histogram(f"{fit.score}, adapted", fit.now)),
        p.right_title: _heading(len(turned.right), "now on the right side"),
        p.right: gr.update(value=pictures(fit.sets, turned.right)),
        p.wrong_title: _heading(len(turned.wrong), "now on the wrong side"),
        p.wrong: gr.update(value=pictures(fit.sets, turned.wrong)),
        p.map: figure_update(p.map, None if moved is None or moved.still else movement_figure(moved.groups)),
        p.map_about: map_about(moved, fit.adapted),
    }


def verdict(mine: Session) -> str:
    """The card: what is learnt, how far it is, and what it does."""
    fit = mine.fit
    assert fit is not None and fit.adapted is not None
    title, under_way = adapter_of(fit.adapted.record.adapter).title, mine.running
    epoch = f"Epoch {fit.epochs[-1]} of {fit.total}"
    lines = [*_example(mine), f"{epoch}; learnt from {fit.adapted.record.about}."]
    heading, side = escape(title), ""
    if (told := fit.validation) is not None:
        lines += [_effect(name, told) for name in told.after.auroc]
        names = held_out(told.after.auroc)
        gain = sum(told.after.auroc[name] - told.before.auroc[name] for name in names) / max(1, len(names))
        if not under_way and abs(gain) < _SAME:
            heading += ": OOD is told apart as before"
        elif not under_way:
            side = "in" if gain > 0 else "out"
            heading += f": OOD is told apart {'better' if gain > 0 else 'worse'}"
        if told.after.accuracy is not None and told.before.accuracy is not None:
            lines.append(f"ID accuracy {told.before.accuracy:.1%} → <b>{told.after.accuracy:.1%}</b>.")
    notes = ("" if under_way else fit.harm, fit.ended, mine.note, *fit.adapted.record.notes)
    lines += [escape(note) for note in dict.fromkeys(notes) if note]
    return _card(heading, lines, side)


def _example(mine: Session) -> list[str]:
    """What an example is, and how anybody fits it again; nothing of a fit of one's own."""
    if not mine.example or mine.fit is None:
        return []
    command = command_line("adapt-fit", mine.fit.request)
    return [
        f"An example that comes with the studio: <b>{escape(mine.example)}</b>, as <code>{escape(command)}</code> fits "
        "it. <b>Train</b> fits it again, or what you choose."
    ]


def _effect(name: str, told: Validation) -> str:
    was, now = told.before, told.after
    return (
        f"{escape(name)}: AUROC {was.auroc[name]:.1%} → <b>{now.auroc[name]:.1%}</b>, FPR95 "
        f"{was.fpr95[name]:.1%} → <b>{now.fpr95[name]:.1%}</b>."
    )


_NONE_HELD_OUT = '<p class="studio-about">There are no held-out pictures of these labels.</p>'


def table(told: Validation) -> str:
    """Before and after, a line a set."""
    was, now = told.before, told.after
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{was.auroc[name]:.1%}</td><td><b>{now.auroc[name]:.1%}</b></td>'
        f"<td>{was.fpr95[name]:.1%}</td><td><b>{now.fpr95[name]:.1%}</b></td></tr>"
        for name in now.auroc
    )
    columns = ("held-out set", "AUROC before", "after", "FPR95 before", "after")
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    inside, *others = (len(after) for _, after in told.scores.values())
    sizes = f"{inside:,} ID pictures and {min(others, default=0):,} a set, none learnt from"
    return (
        f'<div class="studio-scroll"><table class="studio-scores"><caption>{escape(told.score)} on {sizes}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def map_about(moved: Movement | None, adapted: Adapted) -> str:
    """How the map is read, or why there is none."""
    if moved is None and not isinstance(adapted.adapter, HeadAdapter):
        said, note = "Train draws what it moves: the file of an adapter does not hold the features.", ""
    elif moved is None or moved.still:
        said, note = "It moves no features: what is learnt is a head on them, or other label vectors.", ""
    else:
        said, note = _MAP, moved.note
    return "".join(f'<p class="studio-about">{escape(each)}</p>' for each in (said, note) if each)


_MAP = (
    "Each line leads from where a held-out picture or a label’s text was to where it is now, in the plane in "
    "which ID varied most before, pictures and texts each around their mean. Numbers are 1 − cosine, on average."
)


def _rates(fit: Fit) -> Any:
    return rate_figure(fit.judged, {ACCURACY: fit.accuracy} if fit.accuracy else {}, fit.auroc, fit.fpr95, fit.total)


def _histogram(title: str, judged: Judged) -> Any:
    near = dict(list(judged.ood.items())[:1])
    return score_histograms(title, "ID", judged.id, near, judged.threshold)


def saved(name: str) -> str:
    """That it has a name; nothing where it has none."""
    return f'<p class="studio-about" role="status">Saved as <b>{escape(name)}</b>.</p>' if name else ""


def _heading(count: int, where: str) -> str:
    return f'<h3 class="studio-section">{count:,} pictures are {where}</h3>'


def _card(heading: str, lines: list[str], side: str = "") -> str:
    body = "".join(f"<p>{line}</p>" for line in lines)
    return f'<div class="studio-verdict {side}" role="status"><p class="studio-verdict-title">{heading}</p>{body}</div>'
