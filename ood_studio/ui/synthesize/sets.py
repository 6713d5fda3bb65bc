"""A whole set of synthetic pictures: made in the background, shown as it grows, compared and taken away."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import bounds_of
from ood_studio.core.progress import Progress, Stopped, stoppable
from ood_studio.data.image_sets import HEADER, MANIFEST
from ood_studio.studio import Studio, SynthesizeSetRequest
from ood_studio.synthesis.synthetic_set import SyntheticSet
from ood_studio.ui.compare.made_sets import added_choices, synthetic_value
from ood_studio.ui.compare.tab import CompareTab
from ood_studio.ui.downloads import download_folder, shown_file
from ood_studio.ui.inputs import number_box, whole
from ood_studio.ui.running import QUICK, message, progress_on
from ood_studio.ui.synthesize import live
from ood_studio.ui.synthesize.choices import Choices, request_of
from ood_studio.ui.synthesize.session import Session
from ood_studio.ui.zerogpu import on_gpu

Updates = dict[Any, Any]
COUNT = 24  # pictures: a handful to look at; for a training set there is the command
_SHOWN = 24
_SLOT: dict[str, Any] = {"concurrency_id": "synthetic-set", "concurrency_limit": 1}


@dataclass(frozen=True)
class SetPanel:
    """The components."""

    method: Any
    per_class: Any
    count: Any
    build: Any
    stop: Any
    progress: Any
    gallery: Any
    about: Any
    compare: Any
    zip: Any

    def shown(self) -> list[Any]:
        """What a set changes."""
        return [self.progress, self.gallery, self.about, self.compare, self.zip, self.build, self.stop]


def build_sets() -> SetPanel:
    """Draws the components inside the current `gr.Blocks`."""
    bounds, default = bounds_of(SynthesizeSetRequest), SynthesizeSetRequest()
    gr.HTML(
        '<p class="studio-about">Makes many pictures with the settings above, out of Diorama’s ID training pictures: '
        "of each class those with the most in them. It goes on in the background; after Stop, or a closed browser, the "
        "same settings take it up where it was. The set is an OOD set of the Compare tab at once.</p>"
    )
    with gr.Row(equal_height=False):
        method = gr.Radio(
            [
                ("near-boundary", "boundary"),
                ("unguided inpainting", "unguided"),
                ("from negative labels", "negative"),
            ],
            value=default.method,
            label="Method",
            scale=2,
            elem_id="synth-set-method",
        )
        count = number_box("Pictures", COUNT, bounds["count"], "synth-set-count")
        per_class = number_box("Pictures a class", default.per_class, bounds["per_class"], "synth-set-per-class")
    with gr.Row(elem_classes="studio-buttons studio-few"):
        build = gr.Button("Build the set", variant="primary", elem_id="synth-set-build")
        stop = gr.Button("Stop", variant="stop", elem_id="synth-set-stop", interactive=False)
    progress = gr.HTML(elem_id="synth-set-progress")
    about = gr.HTML(elem_id="synth-set-about")
    gallery = gr.Gallery(
        label="The newest pictures",
        show_label=False,
        columns=8,
        object_fit="cover",
        interactive=False,
        allow_preview=False,
        buttons=[],
        visible=False,
        elem_id="synth-set-gallery",
        elem_classes="studio-gallery studio-set-gallery",
    )
    with gr.Row(elem_classes="studio-buttons studio-few"):
        compare = gr.Button("Open in Compare as an OOD set", size="sm", visible=False, elem_id="synth-set-compare")
        archive = gr.DownloadButton("Download (ZIP with manifest)", size="sm", visible=False, elem_id="synth-set-zip")
    return SetPanel(method, per_class, count, build, stop, progress, gallery, about, compare, archive)


def wire_sets(
    studio: Studio, session: gr.State, choices: Choices, p: SetPanel, tabs: gr.Tabs, comparison: CompareTab
) -> None:
    """Building, stopping, and what one does with a set."""

    @on_gpu
    def built(request: SynthesizeSetRequest, told: Progress) -> Iterator[SyntheticSet]:
        yield from studio.synthesize_set(request, told)

    def build(
        mine: Session,
        method: str,
        per_class: float | None,
        count: float | None,
        *values: Any,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> Iterator[Updates]:
        """Makes the pictures, and shows the newest ones."""
        note = ""
        try:
            v = dict(zip(Choices.__dataclass_fields__, values, strict=True))
            default = SynthesizeSetRequest()
            request = SynthesizeSetRequest(
                image=request_of(v),
                method=method,  # type: ignore[arg-type]
                per_class=whole(per_class, "per_class", default.per_class),
                count=whole(count, "count", COUNT),
            )
            mine.set_request, mine.made = request, None
            for made in built(request, stoppable(progress_on(progress), mine.stop_set.asked)):
                mine.made = made
                yield _grown(p, made)
        except Stopped:
            note = "Stopped: press Build again, and it goes on from here."
        except StudioError as error:
            if mine.made is None or not mine.made.entries:
                # What would follow does not come after an error.
                yield {p.progress: "", p.build: gr.Button(interactive=True), p.stop: gr.Button(interactive=False)}
                raise message(error) from None
            note = f"{error}."
            gr.Warning(escape(note, quote=False), title="The set broke off")
        if mine.made is not None and mine.made.entries:
            yield _grown(p, mine.made, note) | {
                p.compare: gr.Button(visible=True),
                p.zip: gr.DownloadButton(value=str(zipped(mine.made)), visible=True),
            }
        elif note:
            yield {p.about: f'<p class="studio-about">{escape(note)}</p>'}

    def started(mine: Session) -> tuple[Any, Any, str]:
        mine.stop_set.set(False)
        return gr.Button(interactive=False), gr.Button(interactive=True), live.WAITING

    def ended() -> tuple[Any, Any, str]:
        return gr.Button(interactive=True), gr.Button(interactive=False), ""

    def add(mine: Session) -> tuple[Any, Any, Any]:
        """Chooses the set in the Compare tab, and goes there; what is compared is still to be chosen."""
        if mine.made is None or not mine.made.entries or mine.set_request is None:
            raise message(StudioError("there is no set yet; build one first"))
        added = gr.update(choices=added_choices(), value=[synthetic_value(mine.made)])
        return mine.set_request.suite, added, gr.Tabs(selected="compare")

    buttons = [p.build, p.stop, p.progress]
    begun = p.build.click(started, session, buttons, api_name="synthesize_set_started", **QUICK)
    done = begun.then(
        build,
        [session, p.method, p.per_class, p.count, *choices.all()],
        p.shown(),
        api_name="synthesize_set",
        show_progress="full",
        show_progress_on=[p.progress],
        **_SLOT,
    )
    done.then(ended, None, buttons, api_name="synthesize_set_ended", **QUICK)
    p.stop.click(lambda mine: mine.stop_set.set(True), session, None, api_name="synthesize_set_stop", **QUICK)
    p.compare.click(
        add,
        session,
        [comparison.suite, comparison.added, tabs],
        api_name="synthesize_compare",
        show_progress="hidden",
    )


def zipped(made: SyntheticSet) -> Path:
    """The set's pictures, manifest and header as a zip archive; PNG files are not packed again."""
    folder = made.folder.name
    path = download_folder() / f"{folder}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for file in (*made.files(), made.folder / MANIFEST, made.folder / HEADER):
            if file.is_file():
                archive.write(file, f"{folder}/{file.name}")
    return path


def _grown(p: SetPanel, made: SyntheticSet, note: str = "") -> Updates:
    newest = list(made.entries)[-_SHOWN:][::-1]
    items = [(shown_file(made.folder / str(entry["file"])), _caption(entry)) for entry in newest]
    count = f"<b>{len(made.entries):,} of {made.wanted:,}</b> pictures of “{escape(made.name)}”"
    parts = [count + _means(made), *([escape(note)] if note else [])]
    return {
        p.gallery: gr.update(value=items, visible=bool(items)),
        p.about: f'<p class="studio-about" role="status">{". ".join(parts)}</p>',
    }


def _caption(entry: dict[str, Any]) -> str:
    return f"{entry.get('class') or entry.get('source') or ''} → {entry.get('negative_label', '')}"


def _means(made: SyntheticSet) -> str:
    """The guide's mean before and after."""
    values = [entry["values"] for entry in made.entries if entry.get("values")]
    if not values or len(values[0]) < 2:
        return ""
    energies = all(entry["energies"][0] is not None for entry in made.entries)
    first, last = (sum(row[i] for row in values) / len(values) * (-1 if energies else 1) for i in (0, -1))
    return f"; mean {'energy' if energies else 'score'} {first:.3g} unguided, {last:.3g} at the end"
