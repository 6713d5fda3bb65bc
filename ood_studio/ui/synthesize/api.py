"""The endpoint ``/synthesize`` for programs: a picture in, its near-boundary double, filmstrip and figures out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress
from ood_studio.data.images import decode_image
from ood_studio.studio import Studio, SynthesizeImageRequest
from ood_studio.synthesis.answers import parse_typed
from ood_studio.ui.api import API_LANE, Given, endpoint
from ood_studio.ui.downloads import download_folder
from ood_studio.ui.sidebar.layout import LAYOUT as SHARED
from ood_studio.ui.sidebar.reference import uploaded_reference
from ood_studio.ui.synthesize import save
from ood_studio.ui.synthesize.choices import Asked
from ood_studio.ui.synthesize.layout import LAYOUT
from ood_studio.ui.synthesize.running import made


def build_api(studio: Studio) -> None:
    """Makes the endpoint inside the current `gr.Blocks`."""

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
        *_, trace = made(studio, asked, progress)
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
            Given("references", "ID reference pictures of your own, or none", "files"),
        ),
        boxes={**SHARED.boxes, **LAYOUT.boxes},
        longest=None if studio.hosted is None else studio.hosted.longest,
        **API_LANE,
    )
