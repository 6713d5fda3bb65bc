"""What can be taken away: the result without loss, the filmstrip, and how to do it again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.figures.colours import ID, OOD
from ood_studio.figures.filmstrip import Frame, filmstrip
from ood_studio.studio import Assessment
from ood_studio.studio.records import synthesis_record
from ood_studio.ui.downloads import download_folder, file_stem, png_text
from ood_studio.ui.synthesize.film import readings
from ood_studio.ui.synthesize.gauge import said, short
from ood_studio.ui.synthesize.session import Session

_SIDES = {True: ("ID", ID), False: ("OOD", OOD), None: ("", None)}


def files(mine: Session) -> dict[str, str]:
    """Paths by what they hold: ``png``, ``film`` and ``record``."""
    folder = download_folder()
    film = folder / f"{file_stem(mine.name)}-filmstrip.png"
    picture(mine).save(film)
    text = folder / f"{file_stem(mine.name)}-synthesis.json"
    text.write_text(json.dumps(record(mine), indent=1, ensure_ascii=False), encoding="utf-8")
    return {"png": str(picture_file(mine, folder)), "film": str(film), "record": str(text)}


def picture_file(mine: Session, folder: Path | None = None) -> Path:
    """The result as a PNG in a folder, a new one unless given.

    Raises:
        StudioError: if there is none yet.
    """
    if mine.last is None:
        raise StudioError("there is no result yet; press Synthesize first")
    path = (folder or download_folder()) / f"{file_stem(mine.name)}-synthetic.png"
    mine.last.image.save(path)
    return path


def picture(mine: Session) -> Image.Image:
    """The filmstrip as one picture."""
    frames = []
    if mine.first is not None:
        frames.append(Frame("Original", mine.first.image, _lines(mine.first)))
    for step in mine.steps:
        title = "Unguided (0)" if step.iteration == 0 else f"Iteration {step.iteration}"
        before = mine.steps[step.iteration - 1].gradient if step.iteration else None
        frames.append(Frame(title, step.image, _lines(step), before))
    frames += [Frame(name, made.image, _lines(made)) for name, made in mine.beside.items() if made is not None]
    note = "" if mine.last is None else f"painted from: {mine.last.prompt}"
    return filmstrip(frames, note)


def record(mine: Session) -> dict[str, Any]:
    """What it takes to repeat it: request, contexts, scores, and the source and the mask as PNG in base64."""
    assert mine.request is not None and mine.source is not None
    plain = synthesis_record(mine.request, mine.words, mine.steps)
    if mine.first is not None:
        plain["original"] = {
            "value": mine.first.value,
            "energy": mine.first.energy,
            "scores": {reading.title: reading.value for reading in mine.first.readings},
        }
    plain["note"] = mine.note
    plain["source_png"] = png_text(mine.source)
    plain["mask_png"] = None if mine.mask is None else png_text(mine.mask)
    return plain


def _lines(judged: Assessment) -> tuple[tuple[str, str | None], ...]:
    lines: list[tuple[str, str | None]] = []
    if judged.energy is not None:
        word, colour = _SIDES[judged.inside]
        lines.append((f"energy {said(judged.value, judged)}  {word}", colour))
    for reading in readings(judged):
        word, colour = _SIDES[reading.inside]
        lines.append((f"{reading.title.split(' (')[0]} {short(reading.value)}  {word}", colour))
    lines.append((f"like “{judged.negative.label}”"[:30], None))
    return tuple((text.replace("−", "-"), colour) for text, colour in lines)  # Pillow's own font has no minus
