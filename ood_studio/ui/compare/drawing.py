"""A session on the screen: which component gets what."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.evaluation.significance import delong
from ood_studio.evaluation.zoo import ZooStore
from ood_studio.ui.compare import cards, save, views
from ood_studio.ui.compare.earlier import earlier_runs as runs_kept
from ood_studio.ui.compare.earlier_list import earlier_html
from ood_studio.ui.compare.matrix import Matrix
from ood_studio.ui.compare.names import scorer_title
from ood_studio.ui.compare.notes import notes_html
from ood_studio.ui.compare.panels import Panels
from ood_studio.ui.compare.pictures import Found, disagreements, gallery_items, landed, mistakes
from ood_studio.ui.compare.published import published_html
from ood_studio.ui.compare.session import Picture, Session
from ood_studio.ui.plot import figure_update
from ood_studio.ui.wiring import Updates


def everything(p: Panels, mine: Session) -> Updates:
    """All panels; pictures wait until nothing is running, since drawing them would hold up the results."""
    mine.settle()
    updates = {
        p.summary: cards.summary(mine),
        p.notes: notes_html(mine.result),
    }
    if not mine.ready:
        return updates
    updates |= {
        p.metric: mine.view.metric,
        p.about: cards.about(mine.result),
        p.stored: cards.stored(mine),
        p.published: published_html(mine.result),
        **{getattr(p, name): str(path) for name, path in save.tables(mine.rows(), "compare").items()},
    }
    updates |= table(p, mine) | inside(p, mine)
    if mine.earlier is not None:
        updates[p.earlier_table] = _earlier_table(mine)
    if mine.scored and not mine.running:
        updates |= pictures(p, mine) | pair_pictures(p, mine)
    return updates


def first_tab(p: Panels, mine: Session) -> Updates:
    """What there is to see of a result, opened."""
    return {p.tabs: gr.Tabs(selected="scores" if mine.scored or not mine.ready else "sets")}


def table(p: Panels, mine: Session) -> Updates:
    """The table, which also shows what is chosen, and the bars of the same metric."""
    chosen = (mine.view.scorer, mine.view.set) if mine.scored else ("", "")
    matrix = Matrix(mine.rows(), mine.view.metric, mine.order, mine.reverse, chosen)
    found = {p.table: matrix.html(), p.bars: figure_update(p.bars, views.bars(mine))}
    if mine.earlier is not None:
        found[p.earlier_table] = _earlier_table(mine)
    return found


def inside(p: Panels, mine: Session) -> Updates:
    """What depends on the chosen set and scorers; nothing of a result that was kept without its scores."""
    if not mine.scored:
        return {each: figure_update(each, None) for each in (p.histogram, p.roc, p.precision, p.scatter)} | {
            p.mistakes: _seen(False),
            p.other: _seen(False),
            p.verdict: "",
            p.counts: "",
            **_no_pictures(p, mine),
        }
    others = [(scorer_title(each), each) for each in mine.scorers() if each != mine.view.scorer]
    return (
        {
            p.keep: mine.view.keep,
            p.log: mine.view.log,
            p.other: gr.update(choices=others, value=mine.view.against if others else None, visible=True),
            p.precision: figure_update(p.precision, views.precision(mine)),
        }
        | moved(p, mine)
        | pair(p, mine)
    )


def moved(p: Panels, mine: Session) -> Updates:
    """What follows the threshold."""
    return {
        p.roc: figure_update(p.roc, views.roc(mine)),
        p.histogram: figure_update(p.histogram, views.histogram(mine)),
        p.counts: cards.confusion(mine),
    }


def pair(p: Panels, mine: Session) -> Updates:
    """The two scorers against each other."""
    try:
        said = cards.pair(mine, delong(*mine.scores(mine.view.scorer), *mine.scores(mine.view.against)))
    except StudioError as error:  # too few pictures for a test, which takes nothing from the rest
        said = cards.untested(mine, str(error))
    return {p.scatter: figure_update(p.scatter, views.scatter(mine)), p.verdict: said}


def pictures(p: Panels, mine: Session) -> Updates:
    """The pictures of the chosen range of scores, or the mistakes at the threshold."""
    assert mine.result is not None
    scorer = scorer_title(mine.view.scorer)
    if mine.span is None:
        inside, outside = mistakes(mine)
        titles = (f"{_some(inside, 'ID ')} rejected", f"{_some(outside, 'OOD ')} taken for ID")
        about = (f"lowest {scorer} scores first", f"highest {scorer} scores first")
    else:
        inside, outside = landed(mine, *mine.span)
        titles = (f"{_some(inside, 'ID ')} in this bin", f"{_some(outside, 'OOD ')} in this bin")
        about = (f"{scorer} score from {mine.span[0]:.3g} to {mine.span[1]:.3g}",) * 2
    return {
        p.mistakes: _seen(mine.span is not None),
        **_gallery(p, mine, "id", inside, titles[0], f"{mine.result.id}, {about[0]}"),
        **_gallery(p, mine, "ood", outside, titles[1], f"{mine.view.set}, {about[1]}"),
    }


def pair_pictures(p: Panels, mine: Session) -> Updates:
    """Where the two scorers disagree."""
    first, second = disagreements(mine)
    names = scorer_title(mine.view.scorer), scorer_title(mine.view.against)
    about = f"both thresholds keep {mine.view.keep:g} % of ID pictures"
    return _gallery(p, mine, "first", first, f"{_some(first)} only {names[0]} gets right", about) | _gallery(
        p, mine, "second", second, f"{_some(second)} only {names[1]} gets right", about
    )


def one_picture(p: Panels, mine: Session, name: str, picture: Picture) -> Updates:
    """A single picture in a gallery."""
    return _gallery(p, mine, name, Found([picture], 1), "The picture you clicked", f"{picture.set}")


def earlier_runs(p: Panels, mine: Session, strangers: bool) -> Updates:
    """The list of earlier results, as it is now."""
    opened = mine.earlier.run.first if mine.earlier is not None else 0
    models = 0 if strangers else ZooStore().count()
    return {p.earlier: earlier_html(runs_kept(strangers), opened, owner=not strangers, models=models)}


def earlier(p: Panels, mine: Session) -> Updates:
    """The earlier result that is open, beside today's."""
    assert mine.earlier is not None
    result = mine.earlier.result
    stem = f"compare-{mine.earlier.run.added[:10]}"
    return {
        p.earlier_about: cards.about(result, whole=False),
        p.earlier_table: _earlier_table(mine),
        p.earlier_notes: notes_html(result),
        p.earlier_published: published_html(result),
        **{getattr(p, f"earlier_{name}"): str(path) for name, path in save.tables(result.rows, stem).items()},
    }


def _earlier_table(mine: Session) -> str:
    assert mine.earlier is not None
    rows = mine.earlier.result.rows
    same = mine.result is not None and mine.stored != mine.earlier.run and mine.result.suite == mine.earlier.run.suite
    return Matrix(rows, mine.view.metric, picks=False, against=mine.rows() if same else ()).html() if rows else ""


def _some(found: Found, side: str = "") -> str:
    return f"{found.count:,} {side}picture{'' if found.count == 1 else 's'}"


def _seen(visible: bool) -> Any:
    return gr.update(visible=True if visible else "hidden")


def _gallery(p: Panels, mine: Session, name: str, found: Found, title: str, about: str) -> Updates:
    assert mine.result is not None
    shown, items = gallery_items(mine.result, found.pictures)
    mine.shown[name] = shown
    return {
        getattr(p, f"{name}_heading"): cards.heading(title, about),
        p.gallery(name): gr.update(value=items, selected_index=None, visible=True if items else "hidden"),
    }


def _no_pictures(p: Panels, mine: Session) -> Updates:
    mine.shown = {}
    names = ("id", "ood", "first", "second")
    galleries = {p.gallery(name): gr.update(value=[], visible="hidden") for name in names}
    return {getattr(p, f"{name}_heading"): "" for name in names} | galleries
