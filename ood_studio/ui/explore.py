"""The Explore tab: which in-distribution and negative labels a picture is drawn to."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from random import Random
from typing import Any

import gradio as gr
from PIL import Image

from ood_studio.data.images import decode_image
from ood_studio.data.photographs import photographs
from ood_studio.data.uploads import keep_pictures
from ood_studio.errors import StudioError
from ood_studio.fields import bounds_of
from ood_studio.figures.heatmap import overlay
from ood_studio.figures.histogram import score_histogram
from ood_studio.labels.corpora import DEFAULT_LEXNAMES, LEXNAMES
from ood_studio.labels.presets import PRESETS
from ood_studio.labels.prompts import PROMPT_SETS
from ood_studio.progress import Progress, Stopped, silent, stoppable
from ood_studio.scorers import FORMS
from ood_studio.studio import ExploreRequest, ExploreResult, LabelChoice, ScoreChoice, Studio
from ood_studio.ui import cards
from ood_studio.ui.inputs import backbone_box, backbone_name, number_box, whole
from ood_studio.ui.running import MODEL_SLOT, QUICK, StopFlag, message, progress_on, unchanged, warn
from ood_studio.ui.zerogpu import on_gpu

EXAMPLES = 12
SHOWN = 768  # pixels: the longer side of the large picture
MOST_PICTURES = 500
_SOURCES: dict[str, str] = {
    "In-distribution": "id-test",
    "Near-OOD look-alikes": "near-ood",
    "Classes never seen": "unseen-ood",
    "Familiar place, other object": "spurious",
    "Textures": "far-ood-textures",
    "Empty scenes": "far-ood-scenes",
}
FULL_BLUE = 0.3  # a patch's ID share that is drawn in full blue, where no patch has more
HEAT = "Show where the ID evidence is"
NO_HEAT = "No map: this model has no patches"
_PHOTOGRAPHS = "Real photographs"


@dataclass
class Session:
    """What belongs to one user: their pictures, the last result, which picture is open."""

    pictures: list[tuple[str, str]] = field(default_factory=list)  # name, path
    reference: str = ""  # folder of their own ID reference pictures
    result: ExploreResult | None = None
    opened: int = 0
    example_seed: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Settings:
    """The components that make up an `ExploreRequest`, in the order in which handlers get them."""

    backbone: Any
    preset: Any
    typed: Any
    corpus: Any
    corpus_file: Any
    lexnames: Any
    prompts: Any
    template: Any
    eta: Any
    count: Any
    per_pos: Any
    tau: Any
    form: Any
    groups: Any
    fuse: Any
    seed: Any

    def all(self) -> list[Any]:
        """As a list, for gradio."""
        return [getattr(self, name) for name in self.__dataclass_fields__]


def with_picture(mine: Session, name: str, path: str) -> Session:
    """The session with a picture opened, and added where it is not yet among the session's."""
    held = [p for _, p in mine.pictures]
    if path in held:
        return replace(mine, opened=held.index(path))
    return replace(mine, pictures=[*mine.pictures, (name, path)], opened=len(held))


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


@dataclass(frozen=True)
class ReferenceBox:
    """The components with which people give ID reference pictures of their own, and what these do, in a line."""

    files: Any
    folder: Any
    about: Any


def request_from(*values: Any) -> ExploreRequest:
    """The request that the settings' values stand for, in the order of `Settings`; an empty number is the default.

    Raises:
        StudioError: for a value outside its bounds, or one that a public server does not take.
    """
    v = dict(zip(Settings.__dataclass_fields__, values, strict=True))
    backbone = backbone_name(v["backbone"])
    corpus = v["corpus"]
    if corpus == "file":
        if not v["corpus_file"]:
            raise StudioError("choose a corpus file: plain text, one word a line")
        corpus = str(v["corpus_file"])
    labels, score = LabelChoice(), ScoreChoice()
    return ExploreRequest(
        LabelChoice(
            backbone=backbone,
            labels=str(v["typed"]) if v["preset"] == "typed" else str(v["preset"]),
            corpus=corpus,
            lexnames=tuple(v["lexnames"]),
            prompts=str(v["template"]) if v["prompts"] == "custom" else str(v["prompts"]),
            eta=labels.eta if v["eta"] is None else v["eta"],
            count=whole(v["count"], "count", labels.count),
            per_pos=bool(v["per_pos"]),
        ),
        ScoreChoice(
            tau=v["tau"] or None,
            form=v["form"],
            groups=whole(v["groups"], "groups", 0) or None,
            fuse=whole(v["fuse"], "fuse", 0) or None,
            seed=whole(v["seed"], "seed", score.seed),
        ),
    )


def unfinished(*values: Any) -> bool:
    """Whether a choice was made whose text or file is still to come, so that nothing is to be computed yet."""
    v = dict(zip(Settings.__dataclass_fields__, values, strict=True))
    return (v["preset"] == "typed" and not str(v["typed"] or "").strip()) or (
        v["corpus"] == "file" and not v["corpus_file"]
    )


def own_reference(
    paths: Sequence[str] | None, folder: str | None, progress: Progress = silent
) -> tuple[str, dict[str, str]]:
    """The folder of someone's own ID reference pictures, empty where they gave none, and why files were left out.

    Args:
        paths: files that were uploaded; where there are any, the folder does not count.
        folder: a folder of this machine.

    Raises:
        StudioError: if there is no picture that can be read, or no such folder, or a Space is asked for one.
    """
    if paths:
        kept, problems = keep_pictures([Path(path) for path in paths], progress)
        return str(kept), problems
    if not (folder or "").strip():
        return "", {}
    if os.environ.get("SPACE_ID"):
        raise StudioError("a Space reads no reference pictures from its own folders; upload them")
    chosen = Path(str(folder).strip()).expanduser()
    if not chosen.is_dir():
        raise StudioError(f"the folder of ID reference pictures {str(chosen)!r} does not exist")
    return str(chosen.resolve()), {}


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
                    [*_SOURCES, *([_PHOTOGRAPHS] if photographs() else [])],
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
            histogram = gr.Plot(show_label=False, elem_id="histogram", container=False)
        with gr.Column(scale=1, min_width=300):
            table = gr.HTML(elem_id="scores")
    settings, reference = _settings(backbone)
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
        return _show(mine, show_heat, score)

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
        return _show(mine, show_heat, score, keep_gallery=True) if mine.result else [mine, *unchanged(outputs[1:])]

    def redraw(mine: Session, show_heat: bool, score: str | None) -> list[Any]:
        """Draws the open picture again, with or without the map, or another score's histogram."""
        return _show(mine, show_heat, score, keep_gallery=True) if mine.result else [mine, *unchanged(outputs[1:])]

    def draw_examples(mine: Session, kind: str, another: bool = False) -> tuple[Session, list[tuple[str, str]]]:
        seed = mine.example_seed + 1 if another else mine.example_seed
        drawn = _examples(kind, seed)
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
        return replace(mine, reference=chosen), _reference_about(chosen, bool(paths))

    def clear(mine: Session) -> list[Any]:
        return _show(replace(mine, pictures=[], result=None, opened=0), False, None)

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
    gallery.select(open_picture, [session, heat, score_name], outputs, api_name="open_picture", **QUICK)
    heat.change(redraw, [session, heat, score_name], outputs, api_name="show_evidence", **QUICK)
    score_name.input(redraw, [session, heat, score_name], outputs, api_name="choose_score", **QUICK)
    clear_button.click(clear, session, outputs, api_name="clear", **QUICK)
    stop_button.click(lambda flag: flag.set(True), stop, None, queue=False, api_name="stop")
    for component in settings.all():
        # A text counts when it is finished, everything else at once; bursts are answered by their last state.
        if isinstance(component, gr.Textbox):
            events = {"": component.blur, "submit_": component.submit}
        else:
            events = {"": component.upload if isinstance(component, gr.File) else component.input}
        for kind, event in events.items():
            name = f"change_{kind}{_slug(component)}"
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
    _wire_visibility(settings)
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
    _programmatic(studio, settings)

    def start(load: Any) -> None:
        load(draw_examples, [session, source], [session, examples], api_name="first_examples", **QUICK)

    return ExploreTab(session, start, wire)


# -- pieces of the tab ----------------------------------------------------------------------------------------------
def _settings(backbone: str) -> tuple[Settings, ReferenceBox]:
    """The choices, each explained in a line; defaults and bounds come from the request's own fields."""
    labels, score = bounds_of(LabelChoice), bounds_of(ScoreChoice)
    default = LabelChoice()
    with gr.Accordion("Model, labels and score", open=False, elem_id="settings"):
        with gr.Row():
            backbone_choice = backbone_box(backbone, "backbone")
            preset = gr.Dropdown(
                [*PRESETS, ("type your own", "typed")],
                value=default.labels,
                label="ID labels",
                info="The classes that count as in-distribution.",
                elem_id="preset",
            )
            typed = gr.Textbox(
                label="Your labels",
                info="One a line, or separated by commas.",
                lines=3,
                visible=False,
                elem_id="typed",
            )
            prompts = gr.Dropdown(
                [*(p.name for p in PROMPT_SETS), "custom"],
                value=default.prompts,
                label="Prompts",
                info="How a label becomes a sentence: NegLabel's “the nice …”, PLP's average of five, a plain photo.",
                elem_id="prompts",
            )
            template = gr.Textbox(
                "a photo of a {}.",
                label="Your template",
                info="{} stands for the label.",
                visible=False,
                elem_id="template",
            )
        with gr.Row():
            corpus = gr.Dropdown(
                [
                    ("Diorama's whole vocabulary", "diorama"),
                    ("WordNet nouns and adjectives", "wordnet"),
                    ("a file of mine", "file"),
                ],
                value=default.corpus,
                label="Corpus",
                info="Where negative labels are mined from.",
                elem_id="corpus",
            )
            corpus_file = gr.File(
                label="Corpus file: one word a line",
                file_types=[".txt"],
                visible=False,
                elem_id="corpus-file",
                type="filepath",
            )
            lexnames = gr.Dropdown(
                list(LEXNAMES),
                value=list(DEFAULT_LEXNAMES),
                multiselect=True,
                label="WordNet files searched",
                info="The authors leave out noun.animal and noun.food.",
                visible=False,
                elem_id="lexnames",
            )
            count = number_box("M, negative labels kept", default.count, labels["count"], "count")
            eta = number_box("η, percentile of NegMining", default.eta, labels["eta"], "eta")
            per_pos = gr.Checkbox(
                False, label="Nouns and adjectives apart", info="As the authors' code mines them.", elem_id="per-pos"
            )
        with gr.Row():
            tau = gr.Number(0, label="τ, temperature", info="0 takes the model's own (CLIP: 0.01).", elem_id="tau")
            form = gr.Dropdown(
                list(FORMS),
                value="sum-softmax",
                label="Score form",
                info="The nine forms of NegLabel's Table 12.",
                elem_id="form",
            )
            groups = gr.Number(0, label="Groups", step=1, info="0 makes groups of about 100 labels.", elem_id="groups")
            fuse = gr.Number(0, label="Groups averaged", step=1, info="0 averages all of them.", elem_id="fuse")
            seed = number_box("Seed of the groups", 0, score["seed"], "seed")
        reference = _reference_box()
    settings = Settings(
        backbone_choice,
        preset,
        typed,
        corpus,
        corpus_file,
        lexnames,
        prompts,
        template,
        eta,
        count,
        per_pos,
        tau,
        form,
        groups,
        fuse,
        seed,
    )
    return settings, reference


def _reference_box() -> ReferenceBox:
    with gr.Row():
        files = gr.File(
            label="Your own ID reference pictures, or a zip of them",
            file_count="multiple",
            type="filepath",
            height=170,
            elem_id="reference-files",
        )
        with gr.Column():
            about = gr.HTML(_reference_about("", False), elem_id="reference-about")
            folder = gr.Textbox(
                label="Or a folder of this machine",
                info="With all folders in it; counts while no files are uploaded.",
                visible=not os.environ.get("SPACE_ID"),
                elem_id="reference-folder",
            )
    return ReferenceBox(files, folder, about)


def _reference_about(folder: str, uploaded: bool) -> str:
    if folder:
        whose = "your uploaded pictures" if uploaded else f"the pictures in {escape(folder)}"
        said = f"The thresholds keep 95&nbsp;% of <b>{whose}</b>."
    else:
        said = (
            "Pictures of your own ID classes set the thresholds here: 95&nbsp;% of them are kept as ID. Without any, "
            "Diorama’s ID pictures set them for Diorama’s labels, and other labels have no threshold."
        )
    return f'<p class="studio-about" role="status">{said}</p>'


def _slug(component: gr.Component) -> str:
    return str(component.elem_id).replace("-", "_")


def _wire_visibility(settings: Settings) -> None:
    for chooser, shown, value in (
        (settings.preset, settings.typed, "typed"),
        (settings.prompts, settings.template, "custom"),
        (settings.corpus, settings.corpus_file, "file"),
        (settings.corpus, settings.lexnames, "wordnet"),
    ):
        chooser.change(
            lambda chosen, value=value: gr.update(visible=chosen == value),
            chooser,
            shown,
            api_name=f"show_{_slug(shown)}",
            **QUICK,
        )


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


def _show(mine: Session, show_heat: bool, score: str | None, keep_gallery: bool = False) -> list[Any]:
    """Everything that is seen, from a session."""
    result = mine.result
    if result is None or not result.pictures:
        hidden = gr.update(visible=False)
        empty = [p for _, p in mine.pictures]
        nothing = [cards.EMPTY, hidden, None, gr.skip(), "", "", hidden, gr.skip(), None, "", hidden, None, gr.skip()]
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
        figure = score_histogram(chosen, compared.id, compared.ood, reading.threshold, reading.value)
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
        figure,
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
    path = Path(tempfile.mkdtemp(prefix="ood-studio-")) / "explore.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    return str(path)


def _examples(kind: str, seed: int) -> list[tuple[str, str]]:
    """Paths and captions of example pictures; Diorama's are drawn at people's size."""
    from ood_studio.diorama.render import PEOPLE_SIZE, render
    from ood_studio.diorama.splits import scenes
    from ood_studio.paths import cache_dir

    if kind == _PHOTOGRAPHS:
        return [(str(path), name) for name, path in photographs()]
    split = _SOURCES[kind]
    folder = cache_dir() / "examples"
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    start = Random(seed).randrange(10_000) if seed else 0
    for i, scene in enumerate(scenes(split, 7, EXAMPLES, start), start):
        name = scene.main.name if scene.main else scene.place or (scene.surface.name if scene.surface else "")
        path = folder / f"{name.replace(' ', '-')}-{split}-{i}.png"
        if not path.exists():
            render(scene, PEOPLE_SIZE).save(path)
        drawn.append((str(path), name))
    return drawn


def _programmatic(studio: Studio, settings: Settings) -> None:
    """The endpoint ``/explore`` for programs: files and settings in, JSON out."""
    files = gr.File(file_count="multiple", type="filepath", visible=False, label="pictures")
    trigger = gr.Button(visible=False)
    own = gr.File(file_count="multiple", type="filepath", visible=False, label="ID reference pictures")
    answer = gr.JSON(visible=False, label="reports")

    @on_gpu
    def explore(paths: list[str] | None, *values: Any) -> dict[str, Any]:
        """Affinities, scores and verdicts of pictures; the last value is own ID reference pictures, or null."""
        try:
            pictures = [(Path(path).name, decode_image(Path(path), name=Path(path).name)) for path in paths or []]
            reference, _ = own_reference(values[-1], None)
            result = studio.explore(replace(request_from(*values[:-1]), reference=reference), pictures)
        except StudioError as error:
            raise gr.Error(str(error), print_exception=False) from None
        return result.to_dict()

    trigger.click(explore, [files, *settings.all(), own], answer, api_name="explore", **MODEL_SLOT)
