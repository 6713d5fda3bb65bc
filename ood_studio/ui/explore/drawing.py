"""What is seen of a session."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from ood_studio.data.images import decode_image
from ood_studio.figures.heatmap import overlay
from ood_studio.figures.score_histograms import score_histograms
from ood_studio.studio import ExploreResult
from ood_studio.ui import cards
from ood_studio.ui.downloads import text_file
from ood_studio.ui.explore.session import Session
from ood_studio.ui.plot import plot_value

SHOWN = 768  # pixels: the longer side of the large picture
FULL_BLUE = 0.3  # a patch's ID share that is drawn in full blue, where no patch has more
HEAT = "Show where the ID evidence is"
NO_HEAT = "No map: this model has no patches"


def show(mine: Session, show_heat: bool, score: str | None, keep_gallery: bool = False) -> list[Any]:
    """Everything that is seen, from a session."""
    result = mine.result
    if result is None or not result.pictures:
        hidden = gr.update(visible=False)
        empty = [p for _, p in mine.pictures]
        nothing = [cards.EMPTY, hidden, None, gr.skip(), "", "", hidden, gr.skip(), "", "", hidden, None, gr.skip()]
        return [mine, empty, *nothing]
    report = result.pictures[mine.opened]
    name, path = mine.pictures[mine.opened]
    picture = decode_image(Path(path), name=name)
    picture.thumbnail((SHOWN, SHOWN))
    if min(picture.size) < 256:
        factor = 256 / min(picture.size)
        picture = picture.resize(
            (round(picture.width * factor), round(picture.height * factor)), Image.Resampling.BICUBIC
        )
    if show_heat and report.heatmap is not None:
        picture = overlay(picture, report.heatmap / max(FULL_BLUE, float(report.heatmap.max())))
    titles = [reading.title for reading in report.readings]
    chosen = score if score in titles else titles[0]
    reading = report.readings[titles.index(chosen)]
    figure = None
    if reading.threshold is not None:
        compared = result.references[chosen]
        ood = {"OOD reference": compared.ood} if len(compared.ood) else {}
        figure = score_histograms(chosen, "ID reference", compared.id, ood, reading.threshold, picture=reading.value)
    captions = [
        (path, _caption(one.readings[0].inside)) for (_, path), one in zip(mine.pictures, result.pictures, strict=True)
    ]
    header, rows = _table(result)
    return [
        mine,
        gr.skip() if keep_gallery else gr.update(value=captions, selected_index=mine.opened),
        cards.verdict_card(report),
        gr.update(visible=True),
        picture,
        gr.update(interactive=report.heatmap is not None, label=HEAT if report.heatmap is not None else NO_HEAT),
        cards.affinity_bars(report, result.tau),
        cards.about(result),
        gr.update(visible=True),
        gr.update(choices=titles, value=chosen),
        plot_value(figure),
        cards.score_table(report),
        gr.update(visible=len(result.pictures) > 1),
        gr.update(value={"headers": header, "data": rows}),
        gr.update(value=_csv(header, rows)) if len(rows) > 1 else gr.skip(),
    ]


def _caption(inside: bool | None) -> str:
    return {True: "ID", False: "OOD", None: "no threshold"}[inside]


def _table(result: ExploreResult) -> tuple[list[str], list[list[Any]]]:
    titles = [reading.title for reading in result.pictures[0].readings]
    rows = [
        [
            one.name,
            _caption(one.readings[0].inside),
            one.classes[0][0],
            one.affinities[0].label,
            *(float(f"{reading.value:.4g}") for reading in one.readings),
        ]
        for one in result.pictures
    ]
    return ["picture", "verdict", "zero-shot class", "strongest label", *titles], rows


def _csv(header: list[str], rows: list[list[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([header, *rows])
    return str(text_file("explore.csv", text.getvalue()))
