"""A whole set of synthetic pictures: made in the background, shown as it grows, compared and taken away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress
from ood_studio.studio import SynthesizeSetRequest
from ood_studio.studio.jobs import Job
from ood_studio.studio.lanes import SET
from ood_studio.synthesis.synthetic_set import SyntheticSet
from ood_studio.ui.compare.tab import CompareTab
from ood_studio.ui.downloads import shown_file, zipped
from ood_studio.ui.form import Form
from ood_studio.ui.image_sets import ood_choices, ood_value
from ood_studio.ui.page import Page
from ood_studio.ui.run import Asked, Buttons, Run, run_buttons
from ood_studio.ui.synthesize.choices import Choices
from ood_studio.ui.synthesize.layout import SET_LAYOUT, SET_START
from ood_studio.ui.synthesize.session import Session
from ood_studio.ui.wiring import Updates

_SHOWN = 24
_ENDED = {"stopped": "Stopped: press Build again, and it goes on from here.", "failed": "{}."}


@dataclass(frozen=True)
class SetPanel:
    """The components, and the form of what a set takes besides the tab's own choices."""

    accordion: Any
    form: Form[SynthesizeSetRequest]
    buttons: Buttons
    gallery: Any
    about: Any
    compare: Any
    zip: Any
    adapt: Any

    def shown(self) -> list[Any]:
        """What a set changes."""
        return [self.accordion, self.gallery, self.about, self.compare, self.zip, self.adapt]


def build_sets() -> SetPanel:
    """Draws the components inside the current `gr.Blocks`."""
    form = Form(SET_START, SET_LAYOUT)
    with gr.Accordion("Build a whole set", open=False, elem_id="synth-sets") as accordion:
        gr.HTML(
            '<p class="studio-about">Makes many pictures with the settings above, out of Diorama’s ID training '
            "pictures: of each class those with the most in them. It goes on while this page is left; after Stop, the "
            "same settings take it up where it was. The set is an OOD set of the Compare tab at once.</p>"
        )
        form.draw("set")
        form.wire()
        buttons = run_buttons("synth-set-build", "Build the set")
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
            archive = gr.DownloadButton(
                "Download (ZIP with manifest)", size="sm", visible=False, elem_id="synth-set-zip"
            )
            adapt = gr.Button("Train on these", size="sm", visible=False, elem_id="synth-set-adapt")
    return SetPanel(accordion, form, buttons, gallery, about, compare, archive, adapt)


def wire_sets(page: Page, session: gr.State, choices: Choices, p: SetPanel) -> None:
    """A set, which goes on while its page is left."""

    def begin(mine: Session, *values: Any) -> Asked:
        """Makes the pictures, and shows the newest ones."""
        count = len(p.form.inputs())
        request = replace(p.form.read(values[:count]), image=choices.request(values[count:]))

        def work(progress: Progress) -> Iterator[tuple[SynthesizeSetRequest, SyntheticSet]]:
            for built in page.studio.synthesize_set(request, progress):
                yield request, built

        def again() -> tuple[SynthesizeSetRequest, SyntheticSet]:
            *_, built = page.studio.synthesize_set(request)
            return request, built

        mine.set_request, mine.built = request, None
        return Asked(work, title=f"{request.count:,} synthetic pictures", key=repr(request), reopen=again)

    def draw(mine: Session, job: Job) -> Updates:
        note = _ENDED[job.state].format(job.note.rstrip(".")) if job.state in _ENDED else ""
        if job.result is None:
            return {p.about: f'<p class="studio-about" role="status">{escape(note)}</p>' if note else ""}
        mine.set_request, mine.built = job.result
        assert mine.built is not None
        updates = _grown(p, mine.built, note)
        if not job.over or not mine.built.entries:
            return updates
        archive = gr.DownloadButton(value=str(zipped(mine.built.folder, mine.built.files())), visible=True)
        return updates | {p.compare: gr.Button(visible=True), p.adapt: gr.Button(visible=True), p.zip: archive}

    run = Run(page, "synthesize_set", SET, p.buttons, session, draw, p.shown(), said="", place="synthesize")
    run.on(p.buttons.run[0].click, begin, [*p.form.inputs(), *choices.settings])
    run.resume()


def wire_compare(page: Page, session: gr.State, p: SetPanel, tabs: gr.Tabs, comparison: CompareTab) -> None:
    """The set as a further OOD set of the Compare tab."""

    def add(mine: Session) -> tuple[Any, Any, Any]:
        """Chooses the set there, and goes there; what is compared with it is still to be chosen."""
        if mine.built is None or not mine.built.entries or mine.set_request is None:
            raise StudioError("there is no set yet; build one first")
        added = gr.update(choices=ood_choices(), value=[ood_value(mine.built)])
        return mine.set_request.suite, added, gr.Tabs(selected="compare")

    outputs = [comparison.suite, comparison.added, tabs]
    page.on(p.compare.click, add, session, outputs, mode="once", name="synthesize_compare")


def folder_of(mine: Session) -> Path:
    """Where the set lies.

    Raises:
        StudioError: if there is none yet.
    """
    if mine.built is None or not mine.built.entries:
        raise StudioError("there is no set yet; build one first")
    return mine.built.folder


def _grown(p: SetPanel, built: SyntheticSet, note: str = "") -> Updates:
    newest = list(built.entries)[-_SHOWN:][::-1]
    items = [(shown_file(built.folder / str(entry["file"])), _caption(entry)) for entry in newest]
    count = f"<b>{len(built.entries):,} of {built.wanted:,}</b> pictures of “{escape(built.name)}”"
    parts = [count + _means(built), *(escape(each) for each in (built.note, note) if each)]
    return {
        p.accordion: gr.Accordion(open=True),
        p.gallery: gr.update(value=items, visible=bool(items)),
        p.about: f'<p class="studio-about" role="status">{". ".join(parts)}</p>',
    }


def _caption(entry: dict[str, Any]) -> str:
    return f"{entry.get('class') or entry.get('source') or ''} → {entry.get('negative_label', '')}"


def _means(built: SyntheticSet) -> str:
    """The guide's mean before and after."""
    values = [entry["values"] for entry in built.entries if entry.get("values")]
    if not values or len(values[0]) < 2:
        return ""
    energies = all(entry["energies"][0] is not None for entry in built.entries)
    first, last = (sum(row[i] for row in values) / len(values) * (-1 if energies else 1) for i in (0, -1))
    return f"; mean {'energy' if energies else 'score'} {first:.3g} unguided, {last:.3g} at the end"
