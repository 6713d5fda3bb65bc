"""Endpoints for programs: ``/synthesize`` a picture, ``/synthesize_set`` of many, and the ``/contexts`` of pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import leaves
from ood_studio.core.progress import Progress
from ood_studio.data.images import decode_image, open_images
from ood_studio.studio import Studio, SynthesizeImageRequest, SynthesizeSetRequest
from ood_studio.studio.lanes import PICTURE, SET
from ood_studio.synthesis.answers import parse_typed
from ood_studio.ui.api import RARE, REFERENCES, Given, endpoint, lane_of
from ood_studio.ui.downloads import download_folder, zipped
from ood_studio.ui.sidebar.layout import LAYOUT as SHARED
from ood_studio.ui.sidebar.reference import uploaded_reference
from ood_studio.ui.synthesize import save
from ood_studio.ui.synthesize.choices import Asked
from ood_studio.ui.synthesize.layout import LAYOUT, SET_LAYOUT, SET_START
from ood_studio.ui.synthesize.running import synthesised


def build_api(studio: Studio) -> None:
    """Makes the endpoints inside the current `gr.Blocks`."""

    def synthesize(
        request: SynthesizeImageRequest,
        progress: Progress,
        picture: str | None,
        contexts: str | None,
        mask: str | None,
        references: list[str] | None,
    ) -> tuple[str, str, dict[str, Any]]:
        """One picture led to the boundary: the PNG, the filmstrip, and what it takes to repeat it, with every score."""
        if not picture:
            raise StudioError("there is no picture to start from; give one")
        folder, _ = uploaded_reference(references, progress)
        asked = Asked(
            replace(request, reference=folder),
            picture,
            decode_image(Path(picture)),
            decode_image(Path(mask), transparency=True) if mask else None,
            parse_typed(contexts or ""),
        )
        *_, trace = synthesised(studio, asked, progress)
        assert trace.last is not None
        path = save.picture_file(trace, into := download_folder())
        save.picture(trace).save(into / "filmstrip.png")
        said = {"prompt": trace.last.prompt, "cut": trace.last.cut, "notes": list(trace.last.notes)}
        return str(path), str(into / "filmstrip.png"), save.record(trace) | said

    endpoint(
        "synthesize",
        SynthesizeImageRequest(),
        synthesize,
        [
            gr.File(visible=False, label="result"),
            gr.File(visible=False, label="filmstrip"),
            gr.JSON(visible=False, label="what came of it"),
        ],
        given=(
            Given("picture", "Picture to start from", "file"),
            Given("contexts", "Contexts separated by commas; empty asks the context model"),
            Given(
                "mask",
                "Mask of its size: white, or what is drawn on transparency, may be painted; or none",
                "file",
            ),
            Given("references", REFERENCES, "files"),
        ),
        boxes={**SHARED.boxes, **LAYOUT.boxes},
        without=RARE,
        **lane_of(studio, PICTURE),
    )
    _build_set(studio)
    _build_contexts(studio)


def _build_set(studio: Studio) -> None:
    def synthesize_set(request: SynthesizeSetRequest, progress: Progress) -> tuple[str, dict[str, Any]]:
        """A set of near-boundary pictures out of a suite's ID ones, to train or test detectors with: a zip, and how."""
        *_, built = studio.synthesize_set(request, progress)
        about = {"name": built.name, "made_set": built.folder.name, "left_out": built.left_out}
        return str(zipped(built.folder, built.files())), about | {"results": [*built.entries]}

    image = {f"image.{path}" for path in (*RARE, "reference")}
    endpoint(
        "synthesize_set",
        SET_START,
        synthesize_set,
        [gr.File(visible=False, label="the set"), gr.JSON(visible=False, label="how each was made")],
        boxes={f"image.{path}": box for path, box in {**SHARED.boxes, **LAYOUT.boxes}.items()} | SET_LAYOUT.boxes,
        without=(*image, "data_root", "images", "out"),
        **lane_of(studio, SET),
    )


def _build_contexts(studio: Studio) -> None:
    def contexts(
        request: SynthesizeImageRequest, progress: Progress, pictures: list[str] | None
    ) -> dict[str, dict[str, Any]]:
        """What surrounds the main object of each picture, as words that /synthesize paints from."""
        decoded, problems = open_images(pictures or [])
        if not decoded:
            raise StudioError(next(iter(problems.values()), "there is no picture to ask about; give one"))
        found = studio.contexts(request, [*decoded.values()], progress=progress)
        answer = {name: {"contexts": list(each.words)} for name, each in zip(decoded, found, strict=True)}
        return answer | {name: {"problem": problem} for name, problem in problems.items()}

    endpoint(
        "contexts",
        SynthesizeImageRequest(),
        contexts,
        [gr.JSON(visible=False, label="contexts by picture")],
        given=(Given("pictures", "Pictures", "files"),),
        boxes=LAYOUT.boxes,
        without=[path for path in leaves(SynthesizeImageRequest) if path != "context_model"],
        **lane_of(studio, PICTURE),
    )
