"""Two models side by side: what factors cost them, how reliable they are, and what they find for captions."""

from __future__ import annotations

import json
from functools import lru_cache
from html import escape

import plotly.graph_objects as go
from PIL import Image

from ood_studio import worlds
from ood_studio.core.errors import StudioError
from ood_studio.data.dataset import Dataset
from ood_studio.evaluation.calibration import FEW
from ood_studio.evaluation.suites import open_suite
from ood_studio.evaluation.zoo import Diagram, Measured
from ood_studio.evaluation.zoo.axes import said
from ood_studio.figures.factor_bars import Shares, factor_bars
from ood_studio.figures.reliability import reliability_figure
from ood_studio.ui.downloads import jpeg_text
from ood_studio.ui.models.session import Session
from ood_studio.worlds import DrawnSuite

_SIDE = 96  # pixels of a picture that was found
_SHOWN = 4  # captions


def pair(mine: Session) -> dict[str, Measured]:
    """The two models that are compared, by name; one where they are the same."""
    found = {} if mine.run is None else {name: mine.run.model(name) for name in (mine.view.first, mine.view.second)}
    return {name: model for name, model in found.items() if model is not None}


def factors(mine: Session) -> tuple[go.Figure | None, str]:
    """The bars, and what is said of them as HTML."""
    shares: dict[str, Shares] = {}
    overall: dict[str, float] = {}
    lost = []
    for name, model in pair(mine).items():
        found = {
            key.removeprefix("factor "): (each.value, each.low, each.high)
            for key, each in model.figures.items()
            if key.startswith("factor ")
        }
        if found and "accuracy" in model.figures:
            shares[name], overall[name] = found, model.figures["accuracy"].value
        else:
            lost.append(f"{name} has no accuracy on factors: {model.skipped.get('factor', 'none was measured')}.")
    sentences = [f"On all ID pictures: {', '.join(f'{name} {share:.1%}' for name, share in overall.items())}."]
    return factor_bars(shares, overall) if shares else None, _about([*(sentences if shares else []), *lost])


def reliability(mine: Session) -> tuple[go.Figure | None, str]:
    """The diagrams of the chosen set, and what is said of them as HTML, with buttons for other sets."""
    name, sides, sentences = mine.view.set, {"before": "", "after scaling": "scaled "}, []
    found: dict[str, dict[str, Diagram]] = {}
    for side, scaled in sides.items():
        for model, measured in pair(mine).items():
            diagram = measured.diagrams.get(f"{scaled}{name}")
            if diagram is not None:
                found.setdefault(side, {})[model] = diagram
    for model, measured in pair(mine).items():
        errors = [measured.figures.get(f"ece {scaled}{name}") for scaled in sides.values()]
        temperature = measured.figures.get("temperature")
        if None in errors or temperature is None:
            sentences.append(f"{model} has no probabilities: {measured.skipped.get('ece', 'none were measured')}.")
            continue
        before, after = (said("ece", each, interval=True) for each in errors)
        few = measured.diagrams[name].few if name in measured.diagrams else 0
        hollow = f"; {few} bins hold fewer than {FEW} pictures and are drawn hollow" if few else ""
        sentences.append(f"{model}: ECE {before} % before, {after} % at temperature {temperature.value:.2f}{hollow}.")
    buttons = "".join(
        f'<button type="button" data-pick="{escape(json.dumps(["set", each]))}" aria-pressed="'
        f'{str(each == name).lower()}">{escape(each)}</button>'
        for each in mine.sets()
    )
    choose = f'<p class="studio-zoo-do" role="group" aria-label="Set">{buttons}</p>' if len(mine.sets()) > 1 else ""
    return reliability_figure(found, sentences) if found else None, choose + _about(sentences)


def retrieval(mine: Session) -> str:
    """What each model finds for the same captions, the right pictures marked, as HTML."""
    found, lost = [], []
    try:
        images = _images(mine)
    except StudioError as error:
        return _about([f"The pictures that were found cannot be shown: {error}."])
    if images is None:
        return ""
    for name, model in pair(mine).items():
        if not model.retrieved:
            lost.append(f"{name} finds nothing by captions: {model.skipped.get('recall', 'none was looked up')}.")
            continue
        rows = ""
        for each in model.retrieved[:_SHOWN]:
            pictures = "".join(
                f'<img class="{"in" if right else "out"}" alt="{"right" if right else "another"}: '
                f'{escape(images.caption(row))}" title="{escape(images.caption(row))}" '
                f'src="data:image/jpeg;base64,{_picture(images, row)}">'
                for row, right in zip(each.rows, each.right, strict=True)
            )
            rows += f"<figure><figcaption>{escape(each.text)}</figcaption>{pictures}</figure>"
        recall = said("recall@1", model.figures.get("recall@1 text-to-image"))
        found.append(
            f'<section aria-label="{escape(name)}"><h4>{escape(name)}, recall@1 {recall} %</h4>{rows}</section>'
        )
    return f'<div class="studio-found">{"".join(found)}</div>' + _about(lost)


def _images(mine: Session) -> Dataset | None:
    """The captioned pictures of the run, drawn anew; None where there are none, or it is not known which they were.

    Raises:
        StudioError: if they are not what they were.
    """
    request = mine.request()
    if mine.run is None or request is None:
        return None
    suite = request.suite or worlds.zoo_sets().suite
    if not isinstance(worlds.suites().get(suite), DrawnSuite):
        return None  # photographs have no captions, as the card says
    images = _opened(suite, request.seed, request.count, request.train_count)
    if images.key != mine.run.passport.get("content"):
        raise StudioError("they are drawn in another way since")
    return images


@lru_cache(maxsize=4)
def _opened(suite: str, seed: int, count: int, train_count: int) -> Dataset:
    return open_suite(suite, seed=seed, count=count, train_count=train_count).id


@lru_cache(maxsize=512)
def _thumbnail(key: str, row: int, images: Dataset) -> str:
    picture = images.load(row).convert("RGB")
    return jpeg_text(picture.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS))


def _picture(images: Dataset, row: int) -> str:
    return _thumbnail(images.key, row, images)


def _about(lines: list[str]) -> str:
    return "".join(f'<p class="studio-about">{escape(line)}</p>' for line in lines)
