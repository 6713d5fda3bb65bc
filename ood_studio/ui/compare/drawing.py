"""A session on the screen: which component gets what."""

from __future__ import annotations

from typing import Any

import gradio as gr
import plotly.graph_objects as go

from ood_studio.evaluation.significance import delong
from ood_studio.ui.compare import cards, link, save, views
from ood_studio.ui.compare.names import scorer_title
from ood_studio.ui.compare.panels import Panels
from ood_studio.ui.compare.pictures import Found, disagreements, gallery_items, landed, mistakes
from ood_studio.ui.compare.session import Picture, Session
from ood_studio.ui.plot import plot_value

Updates = dict[Any, Any]


def everything(p: Panels, mine: Session) -> Updates:
    """All panels; pictures wait until nothing is running, since drawing them would hold up the results."""
    mine.settle()
    updates = {
        p.summary: cards.summary(mine),
        p.notes: cards.notes(mine),
    }
    if not mine.ready:
        return updates
    updates |= {p.metric: mine.metric, p.log: mine.log, p.keep: mine.keep, p.about: cards.about(mine)}
    updates |= table(p, mine) | inside(p, mine) | tables_of_all(p, mine)
    if not mine.running:
        updates |= pictures(p, mine) | pair_pictures(p, mine)
    return updates


def table(p: Panels, mine: Session) -> Updates:
    """The table, which also shows what is chosen, and the bars of the same metric."""
    return {p.table: cards.table(mine), p.bars: _figure(p.bars, views.bars(mine))}


def inside(p: Panels, mine: Session) -> Updates:
    """What depends on the chosen set and scorers."""
    titles = [(scorer_title(scorer), scorer) for scorer in mine.scorers()]
    others = [pair for pair in titles if pair[1] != mine.scorer] or titles
    return (
        {
            p.ood: gr.update(choices=mine.sets(), value=mine.ood),
            p.scorer: gr.update(choices=titles, value=mine.scorer),
            p.other: gr.update(choices=others, value=mine.other),
            p.precision: _figure(p.precision, views.precision(mine)),
        }
        | moved(p, mine)
        | pair(p, mine)
        | {p.query: link.query(mine)}
    )


def moved(p: Panels, mine: Session) -> Updates:
    """What follows the threshold."""
    return {
        p.roc: _figure(p.roc, views.roc(mine)),
        p.histogram: _figure(p.histogram, views.histogram(mine)),
        p.counts: cards.confusion(mine),
    }


def pair(p: Panels, mine: Session) -> Updates:
    """The two scorers against each other."""
    test = delong(*mine.scores(mine.scorer), *mine.scores(mine.other))
    return {p.scatter: _figure(p.scatter, views.scatter(mine)), p.verdict: cards.pair(mine, test)}


def pictures(p: Panels, mine: Session) -> Updates:
    """The pictures of the chosen range of scores, or the mistakes at the threshold."""
    assert mine.result is not None
    scorer = scorer_title(mine.scorer)
    if mine.span is None:
        inside, outside = mistakes(mine)
        titles = (f"{_some(inside, 'ID ')} rejected", f"{_some(outside, 'OOD ')} taken for ID")
        about = (f"the lowest {scorer} scores first", f"the highest {scorer} scores first")
    else:
        inside, outside = landed(mine, *mine.span)
        titles = (f"{_some(inside, 'ID ')} in this bin", f"{_some(outside, 'OOD ')} in this bin")
        about = (f"{scorer} score from {mine.span[0]:.3g} to {mine.span[1]:.3g}",) * 2
    return _gallery(p, mine, "id", inside, titles[0], f"{mine.result.id}, {about[0]}") | _gallery(
        p, mine, "ood", outside, titles[1], f"{mine.ood}, {about[1]}"
    )


def pair_pictures(p: Panels, mine: Session) -> Updates:
    """Where the two scorers disagree."""
    first, second = disagreements(mine)
    names = scorer_title(mine.scorer), scorer_title(mine.other)
    about = f"both thresholds keep {mine.keep:g} % of ID pictures"
    return _gallery(p, mine, "first", first, f"{_some(first)} only {names[0]} gets right", about) | _gallery(
        p, mine, "second", second, f"{_some(second)} only {names[1]} gets right", about
    )


def one_picture(p: Panels, mine: Session, name: str, picture: Picture) -> Updates:
    """A single picture in a gallery."""
    return _gallery(p, mine, name, Found([picture], 1), "The picture you clicked", f"{picture.set}")


def tables_of_all(p: Panels, mine: Session) -> Updates:
    """What can be taken away, and what papers say."""
    assert mine.request is not None
    return {
        p.published: cards.published(mine),
        p.command: link.command(mine.request),
        **{getattr(p, name): str(path) for name, path in save.tables(mine).items()},
    }


def _some(found: Found, side: str = "") -> str:
    return f"{found.count:,} {side}picture{'' if found.count == 1 else 's'}"


def _figure(plot: gr.HTML, figure: go.Figure) -> Any:
    # With the component's own properties: gradio forgets them where the figure comes before its tab was ever opened.
    return gr.update(value=plot_value(figure), **plot.props)


def _gallery(p: Panels, mine: Session, name: str, found: Found, title: str, about: str) -> Updates:
    assert mine.result is not None
    shown, items = gallery_items(mine.result, found.pictures)
    mine.shown[name] = shown
    about += "; click one to explore it" if items else ""
    return {
        getattr(p, f"{name}_heading"): cards.heading(title, about),
        p.gallery(name): gr.update(value=items, selected_index=None),
    }
