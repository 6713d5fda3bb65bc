"""What can be taken away: the result without loss, the filmstrip, and how to do it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image

from ood_studio.core.unicode import json_text
from ood_studio.data.masks import mask_of
from ood_studio.figures.colours import ID, OOD
from ood_studio.figures.filmstrip import Frame, filmstrip
from ood_studio.studio import Assessment
from ood_studio.studio.records import synthesis_record
from ood_studio.ui.downloads import download_folder, file_stem, png_text
from ood_studio.ui.synthesize.film import readings
from ood_studio.ui.synthesize.gauge import said, short
from ood_studio.ui.synthesize.trace import SynthesisTrace

_SIDES = {True: ("ID", ID), False: ("OOD", OOD), None: ("", None)}


def files(trace: SynthesisTrace, note: str = "") -> dict[str, str]:
    """Paths by what they hold: ``png``, ``film`` and ``record``; the note says why it ended early."""
    folder = download_folder()
    film = folder / f"{file_stem(trace.name)}-filmstrip.png"
    picture(trace).save(film)
    text = folder / f"{file_stem(trace.name)}-synthesis.json"
    text.write_text(json_text(record(trace, note), indent=1), encoding="utf-8")
    return {"png": str(picture_file(trace, folder)), "film": str(film), "record": str(text)}


def picture_file(trace: SynthesisTrace, folder: Path | None = None) -> Path:
    """The result as a PNG in a folder, a new one unless given."""
    assert trace.last is not None
    path = (folder or download_folder()) / f"{file_stem(trace.name)}-synthetic.png"
    trace.last.image.save(path)
    return path


def picture(trace: SynthesisTrace) -> Image.Image:
    """The filmstrip as one picture."""
    frames = []
    if trace.first is not None:
        frames.append(Frame("Original", trace.first.image, _lines(trace.first)))
    for step in trace.steps:
        title = "Unguided (0)" if step.iteration == 0 else f"Iteration {step.iteration}"
        before = trace.steps[step.iteration - 1].gradient if step.iteration else None
        frames.append(Frame(title, step.image, _lines(step), before))
    frames += [
        Frame(name, assessed.image, _lines(assessed))
        for name, assessed in trace.baselines.items()
        if assessed is not None
    ]
    note = "" if trace.last is None else f"painted from: {trace.last.prompt}"
    return filmstrip(frames, note)


def record(trace: SynthesisTrace, note: str = "") -> dict[str, Any]:
    """What it takes to repeat it: request, contexts, scores, and the source and the mask as PNG in base64."""
    plain = synthesis_record(trace.request, trace.words, trace.steps)
    if trace.first is not None:
        plain["original"] = {
            "value": trace.first.value,
            "energy": trace.first.energy,
            "scores": {reading.title: reading.value for reading in trace.first.readings},
        }
    plain["note"] = note
    plain["source_png"] = png_text(trace.source)
    plain["mask_png"] = None if trace.mask is None else png_text(mask_of(trace.mask)[0])
    return plain


def _lines(assessed: Assessment) -> tuple[tuple[str, str | None], ...]:
    lines: list[tuple[str, str | None]] = []
    if assessed.energy is not None:
        word, colour = _SIDES[assessed.inside]
        lines.append((f"energy {said(assessed.value, assessed)}  {word}", colour))
    for reading in readings(assessed):
        word, colour = _SIDES[reading.inside]
        lines.append((f"{reading.title.split(' (')[0]} {short(reading.value)}  {word}", colour))
    lines.append((f"like “{assessed.negative.label}”"[:30], None))
    return tuple((text.replace("−", "-"), colour) for text, colour in lines)  # Pillow's own font has no minus
