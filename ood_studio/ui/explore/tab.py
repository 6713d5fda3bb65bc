"""The Explore tab: its components and their wiring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Stopped, stoppable
from ood_studio.data.images import decode_image
from ood_studio.studio import Studio
from ood_studio.ui import cards
from ood_studio.ui.explore.api import build_api
from ood_studio.ui.explore.drawing import HEAT, show
from ood_studio.ui.explore.examples import pictures_of, sources
from ood_studio.ui.explore.reference import own_reference, reference_about
from ood_studio.ui.explore.session import MOST_PICTURES, Session, with_picture
from ood_studio.ui.explore.settings import build_settings, request_from, slug, unfinished, wire_visibility
from ood_studio.ui.plot import click_plot
from ood_studio.ui.running import MODEL_SLOT, QUICK, StopFlag, message, progress_on, unchanged, warn
from ood_studio.ui.zerogpu import on_gpu


@dataclass(frozen=True)
class ExploreTab:
    """What the rest of the app needs of the tab.

    Attributes:
        session: the state with what belongs to one user, a `Session`.
        start: wires start-up to an event.
        explore: wires an event to exploring what the session holds, under a name for the API.
    """

    session: gr.State
    start: Callable[[Any], None]
    explore: Callable[[Any, str], Any]

    def receive(
        self, button: gr.Button, session: gr.State, file: Callable[[Any], Path], tabs: gr.Tabs, name: str
    ) -> None:
        """Wires a button of another tab that opens a picture here.

        Args:
            session: the other tab's.
            file: writes the picture and returns its path; may raise a StudioError.
            tabs: with this tab among them, called "explore".
            name: of the other tab, for the API.
        """

        def send(theirs: Any, mine: Session) -> tuple[Session, gr.Tabs]:
            """Opens the picture in the Explore tab."""
            try:
                path = file(theirs)
            except StudioError as error:
                raise message(error) from None
            return with_picture(mine, path.stem, str(path)), gr.Tabs(selected="explore")

        sent = button.click(
            send, [session, self.session], [self.session, tabs], api_name=f"{name}_open", show_progress="hidden"
        )
        self.explore(sent.then, f"{name}_explore")


def build(studio: Studio, backbone: str, world: gr.HTML, say_world: Callable[[str], str]) -> ExploreTab:
    """Draws the tab inside the current `gr.Blocks`.

    ``world`` tells people which model's world is on; ``say_world`` gives its HTML for a backbone.
    """
    session = gr.State(Session())
    stop = gr.State(StopFlag())
    with gr.Row(equal_height=False):
        with gr.Column(scale=4, min_width=300):
            gallery = gr.Gallery(
                label="Your pictures: drop, paste or photograph",
                elem_id="pictures",
                interactive=True,
                type="filepath",
                sources=["upload", "webcam", "clipboard"],
                columns=3,
                height=250,
                fit_columns=False,
                object_fit="cover",
                allow_preview=False,
                buttons=[],
            )
            with gr.Row(elem_classes="studio-buttons"):
                more_pictures = gr.UploadButton(
                    "Add pictures", file_count="multiple", variant="primary", elem_id="add", size="sm"
                )
                explore_button = gr.Button("Explore again", elem_id="explore", size="sm")
                stop_button = gr.Button("Stop", variant="stop", elem_id="stop", size="sm", interactive=False)
                clear_button = gr.Button("Clear", elem_id="clear", size="sm")
            with gr.Group():
                source = gr.Radio(
                    sources(),
                    value="In-distribution",
                    label="Or take an example",
                    elem_id="source",
                )
                examples = gr.Gallery(
                    label="Examples: click one",
                    show_label=False,
                    elem_id="examples",
                    interactive=False,
                    columns=4,
                    height=330,
                    object_fit="cover",
                    allow_preview=False,
                    buttons=[],
                )
                more = gr.Button("Draw others", size="sm", elem_id="more")
        with gr.Column(scale=6, min_width=300):
            verdict = gr.HTML(cards.EMPTY, elem_id="verdict")
            with gr.Row(visible=False, equal_height=False) as details:
                with gr.Column(scale=2, min_width=220):
                    large = gr.Image(
                        label="The picture",
                        show_label=False,
                        interactive=False,
                        elem_id="large",
                        buttons=["fullscreen"],
                    )
                    heat = gr.Checkbox(False, label=HEAT, elem_id="heat")
                with gr.Column(scale=3, min_width=280):
                    bars = gr.HTML(elem_id="bars")
            about = gr.HTML(elem_id="about")
    with gr.Row(visible=False, equal_height=False) as numbers:
        with gr.Column(scale=1, min_width=300):
            score_name = gr.Dropdown([], label="Among the reference pictures", elem_id="score-name", interactive=True)
            histogram = click_plot("Where the picture stands among the reference pictures", elem_id="histogram")
        with gr.Column(scale=1, min_width=300):
            table = gr.HTML(elem_id="scores")
    settings, reference = build_settings(backbone)
    with gr.Accordion("All pictures as a table", open=False, visible=False) as batch:
        frame = gr.Dataframe(interactive=False, elem_id="batch", wrap=True, show_label=False)
        download = gr.DownloadButton("Download as CSV", elem_id="download", size="sm")

    outputs = [
        session,
        gallery,
        verdict,
        details,
        large,
        heat,
        bars,
        about,
        numbers,
        score_name,
        histogram,
        table,
        batch,
        frame,
        download,
    ]

    @on_gpu
    def run(mine: Session, values: Sequence[Any], flag: StopFlag, progress: gr.Progress) -> Session:
        if not mine.pictures:
            return replace(mine, result=None)
        pictures, lost = _decode(mine.pictures)
        request = replace(request_from(*values), reference=mine.reference)
        result = studio.explore(request, pictures, stoppable(progress_on(progress), flag.asked))
        kept = [entry for i, entry in enumerate(mine.pictures) if i not in lost]
        return replace(mine, pictures=kept, result=result, opened=min(mine.opened, len(kept) - 1))

    def explore(
        mine: Session,
        flag: StopFlag,
        show_heat: bool,
        score: str | None,
        *values: Any,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> list[Any]:
        """Scores the session's pictures under the current settings."""
        flag.set(False)
        if unfinished(*values):
            return unchanged(outputs)
        try:
            mine = run(mine, values, flag, progress)
        except Stopped:
            gr.Info("Stopped. What was shown before is still there.")
            return unchanged(outputs)
        except StudioError as error:
            raise message(error) from None
        return show(mine, show_heat, score)

    def add(mine: Session, shown: list[tuple[str, str | None]] | None) -> Session:
        """Takes what the gallery holds now; anything that is no picture is named and left out."""
        known = {path: name for name, path in mine.pictures}
        kept, problems = [], []
        for path, _ in shown or []:
            if path in known:
                kept.append((known[path], path))
                continue
            try:
                decode_image(Path(path), name=Path(path).name)
                kept.append((Path(path).name, path))
            except StudioError as error:
                problems.append(str(error))
        warn(problems)
        if len(kept) > MOST_PICTURES:
            gr.Warning(f"At most {MOST_PICTURES} pictures at a time; the first {MOST_PICTURES} are kept.")
            kept = kept[:MOST_PICTURES]
        fresh = [i for i, (_, path) in enumerate(kept) if path not in known]
        opened = fresh[0] if fresh else min(mine.opened, max(0, len(kept) - 1))
        return replace(mine, pictures=kept, opened=opened)

    def open_picture(mine: Session, show_heat: bool, score: str | None, event: gr.SelectData) -> list[Any]:
        """Opens another of the pictures; nothing is computed."""
        if mine.result is not None and int(event.index) < len(mine.result.pictures):
            mine = replace(mine, opened=int(event.index))
        return show(mine, show_heat, score, keep_gallery=True) if mine.result else [mine, *unchanged(outputs[1:])]

    def redraw(mine: Session, show_heat: bool, score: str | None) -> list[Any]:
        """Draws the open picture again, with or without the map, or another score's histogram."""
        return show(mine, show_heat, score, keep_gallery=True) if mine.result else [mine, *unchanged(outputs[1:])]

    def draw_examples(mine: Session, kind: str, another: bool = False) -> tuple[Session, list[tuple[str, str]]]:
        seed = mine.example_seed + 1 if another else mine.example_seed
        drawn = pictures_of(kind, seed)
        return replace(mine, example_seed=seed, examples=[path for path, _ in drawn]), drawn

    def take_example(mine: Session, event: gr.SelectData) -> Session:
        path = mine.examples[int(event.index)]
        return with_picture(mine, Path(path).stem, path)

    def take_reference(
        mine: Session,
        paths: list[str] | None,
        folder: str | None,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> tuple[Session, str]:
        """Sets the thresholds by someone's own ID pictures from now on, or by Diorama's again where they gave none."""
        try:
            chosen, problems = own_reference(paths, folder, progress_on(progress))
        except StudioError as error:
            chosen, problems = "", {"": str(error)}
        warn(list(problems.values()))
        return replace(mine, reference=chosen), reference_about(chosen, bool(paths))

    def clear(mine: Session) -> list[Any]:
        return show(replace(mine, pictures=[], result=None, opened=0), False, None)

    inputs = [session, stop, heat, score_name, *settings.all()]
    busy: dict[str, Any] = {"show_progress": "minimal", "show_progress_on": [verdict], **MODEL_SLOT}

    def wire(event: Any, api_name: str) -> Any:
        started = event(
            lambda: gr.Button(interactive=True), None, stop_button, queue=False, api_name=f"{api_name}_started"
        )
        done = started.then(explore, inputs, outputs, api_name=api_name, **busy)
        done.then(lambda: gr.Button(interactive=False), None, stop_button, queue=False, api_name=f"{api_name}_ended")
        return done

    added = more_pictures.upload(
        lambda mine, paths: add(
            mine, [*((path, None) for _, path in mine.pictures), *((path, None) for path in paths)]
        ),
        [session, more_pictures],
        session,
        api_name="add_pictures",
        show_progress="hidden",
    )
    wire(added.then, "add_explore")
    for event, name in ((gallery.upload, "upload"), (gallery.delete, "remove")):
        taken = event(add, [session, gallery], session, api_name=f"{name}_pictures", show_progress="hidden")
        wire(taken.then, f"{name}_explore")
    wire(explore_button.click, "explore_again")
    taken = examples.select(take_example, session, session, api_name="take_example", **QUICK)
    wire(taken.then, "example_explore")
    gallery.select(open_picture, [session, heat, score_name], outputs, api_name="open_picture", show_progress="hidden")
    heat.change(redraw, [session, heat, score_name], outputs, api_name="show_evidence", show_progress="hidden")
    score_name.input(redraw, [session, heat, score_name], outputs, api_name="choose_score", show_progress="hidden")
    clear_button.click(clear, session, outputs, api_name="clear", **QUICK)
    stop_button.click(lambda flag: flag.set(True), stop, None, queue=False, api_name="stop")
    for component in settings.all():
        # A text counts when it is finished, everything else at once; bursts are answered by their last state.
        if isinstance(component, gr.Textbox):
            events = {"": component.blur, "submit_": component.submit}
        else:
            events = {"": component.upload if isinstance(component, gr.File) else component.input}
        for kind, event in events.items():
            name = f"change_{kind}{slug(component)}"
            event(explore, inputs, outputs, api_name=name, trigger_mode="always_last", **busy)
    for event, name in (
        (reference.files.upload, "upload"),
        (reference.files.delete, "remove"),
        (reference.files.clear, "clear"),
        (reference.folder.submit, "submit"),
        (reference.folder.blur, "choose"),
    ):
        taken = event(
            take_reference,
            [session, reference.files, reference.folder],
            [session, reference.about],
            api_name=f"{name}_reference",
            show_progress="minimal",
            show_progress_on=[reference.about],
        )
        taken.then(explore, inputs, outputs, api_name=f"{name}_reference_explore", **busy)
    wire_visibility(settings)
    settings.backbone.change(say_world, settings.backbone, world, api_name="world", **QUICK)
    source.input(draw_examples, [session, source], [session, examples], api_name="examples", **QUICK)
    more.click(
        lambda mine, kind: draw_examples(mine, kind, True),
        [session, source],
        [session, examples],
        api_name="other_examples",
        show_progress="minimal",
        queue=False,
    )
    build_api(studio, settings)

    def start(load: Any) -> None:
        load(draw_examples, [session, source], [session, examples], api_name="first_examples", **QUICK)

    return ExploreTab(session, start, wire)


def _decode(pictures: list[tuple[str, str]]) -> tuple[list[tuple[str, Image.Image]], set[int]]:
    """The pictures, and the places of those that have gone or broken since."""
    decoded, lost = [], set()
    for i, (name, path) in enumerate(pictures):
        try:
            decoded.append((name, decode_image(Path(path), name=name)))
        except StudioError as error:
            lost.add(i)
            gr.Warning(escape(str(error), quote=False), title="Left out")
    return decoded, lost
