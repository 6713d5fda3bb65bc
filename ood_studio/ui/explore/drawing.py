"""What is seen of a session."""

from __future__ import annotations

import csv
import io
from typing import Any

import gradio as gr
import plotly.graph_objects as go
from PIL import Image

from ood_studio.figures.heatmap import overlay
from ood_studio.figures.score_histograms import score_histograms
from ood_studio.studio import ExploreResult, ImageReport, Reading
from ood_studio.ui import cards
from ood_studio.ui.downloads import text_file
from ood_studio.ui.explore.panels import HEAT, HISTOGRAM, NO_HEAT, Chooser, Panels
from ood_studio.ui.explore.redrawing import change_updates
from ood_studio.ui.explore.session import Session
from ood_studio.ui.plot import figure_update
from ood_studio.ui.share import share_update
from ood_studio.ui.wiring import Updates

SHOWN = 768  # pixels: the longer side of the large picture
FULL_BLUE = 0.3  # a patch's ID share that is drawn in full blue, where no patch has more


def everything(c: Chooser, p: Panels, mine: Session) -> Updates:
    """All that is seen, from a session whose result is new or gone."""
    result = mine.result
    if result is None or not result.reports:
        return {
            c.gallery: gr.update(value=[path for _, path in mine.pictures]),
            p.verdict: cards.EMPTY,
            p.details: gr.update(visible="hidden"),
            p.bars: "",
            p.table: "",
            p.about: "",
            p.fold: gr.update(visible="hidden"),
            p.batch: gr.update(visible="hidden"),
            c.share: share_update(c.share, ""),
        }
    captions = [
        (path, _caption(one.readings[0].inside)) for (_, path), one in zip(mine.pictures, result.reports, strict=True)
    ]
    header, rows = _table(result)
    several = len(rows) > 1
    return opened(p, mine) | {
        c.gallery: gr.update(value=captions, selected_index=mine.opened),
        p.details: gr.update(visible=True),
        p.about: cards.about(result),
        p.batch: gr.update(visible=True if several else "hidden"),
        p.frame: gr.update(value={"headers": header, "data": rows}) if several else gr.skip(),
        p.download: gr.update(value=_csv(header, rows)) if several else gr.skip(),
    }


def opened(p: Panels, mine: Session) -> Updates:
    """What belongs to the picture that is open, and to how it is looked at."""
    result = mine.result
    if result is None or mine.opened >= len(result.reports):
        return {}
    report = result.reports[mine.opened]
    titles = [reading.title for reading in report.readings]
    score = mine.score if mine.score in titles else titles[0]
    if not result.pending:  # then it may be one that needs reference pictures
        mine.score = score
    return {
        p.verdict: cards.verdict_card(report, result),
        p.large: _large(mine, report),
        p.heat: gr.update(
            interactive=report.heatmap is not None,
            label=f"{HEAT}: {result.model['patches']}" if report.heatmap is not None else NO_HEAT,
        ),
        p.bars: cards.affinity_bars(report, result),
        p.score: gr.update(choices=titles, value=score),
        p.histogram: figure_update(p.histogram, _histogram(result, report.readings[titles.index(score)])),
        p.table: cards.score_table(report),
        p.fold: gr.update(visible=True),
    } | change_updates(p, mine)


def _large(mine: Session, report: ImageReport) -> Image.Image:
    name, path = mine.pictures[mine.opened]
    picture = mine.files.open(path, name=name).image.copy()
    picture.thumbnail((SHOWN, SHOWN))
    if min(picture.size) < 256:
        factor = 256 / min(picture.size)
        size = (round(picture.width * factor), round(picture.height * factor))
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    if mine.heat and report.heatmap is not None:
        picture = overlay(picture, report.heatmap / max(FULL_BLUE, float(report.heatmap.max())))
    return picture


def _histogram(result: ExploreResult, reading: Reading) -> go.Figure | None:
    if reading.threshold is None:
        return None
    compared = result.references[reading.title]
    ood = {"OOD reference": compared.ood} if len(compared.ood) else {}
    figure = score_histograms(reading.title, "ID reference", compared.id, ood, reading.threshold, picture=reading.value)
    return figure.update_layout(height=HISTOGRAM)


def _caption(inside: bool | None) -> str:
    return {True: "ID", False: "OOD", None: "no threshold"}[inside]


def _table(result: ExploreResult) -> tuple[list[str], list[list[Any]]]:
    titles = [reading.title for reading in result.reports[0].readings]
    rows = [
        [
            one.name,
            _caption(one.readings[0].inside),
            one.classes[0][0] if one.classes else "",
            one.affinities[0].label if one.affinities else "",
            *(float(f"{reading.value:.4g}") for reading in one.readings),
        ]
        for one in result.reports
    ]
    return ["picture", "verdict", "class", "strongest label", *titles], rows


def _csv(header: list[str], rows: list[list[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([header, *rows])
    return str(text_file("explore.csv", text.getvalue()))
