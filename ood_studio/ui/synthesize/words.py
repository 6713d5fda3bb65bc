"""The contexts: asked of a model, changed by a person, and the prompt that they become."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Progress
from ood_studio.data.images import decode_image
from ood_studio.hub.bundled import bundled
from ood_studio.studio import Studio, SynthesizeImageRequest
from ood_studio.studio.hosted import allow_model
from ood_studio.studio.jobs import Job
from ood_studio.studio.lanes import ANSWER, PICTURE
from ood_studio.synthesis.answers import singular
from ood_studio.synthesis.context_models import CONTEXTS
from ood_studio.synthesis.contexts import Contexts, parse_typed_contexts, prompt_of
from ood_studio.synthesis.inpainting_models import INPAINTING
from ood_studio.ui.form import Form
from ood_studio.ui.page import Page
from ood_studio.ui.pictures.galleries import same_file
from ood_studio.ui.run import GO_ON, Asked, Buttons, Run, unseen_buttons
from ood_studio.ui.synthesize.layout import model_of
from ood_studio.ui.synthesize.models import contexts_here
from ood_studio.ui.synthesize.session import Session
from ood_studio.ui.wiring import Updates, at_once, once_changed
from ood_studio.worlds import surroundings


@dataclass(frozen=True)
class WordsPanel:
    """The components: the words, the buttons that ask for them, what came, and the prompt as it is read."""

    words: Any
    buttons: Buttons
    answer: Any
    prompt: Any


def build_words() -> WordsPanel:
    """Draws the components inside the current `gr.Blocks`."""
    words = gr.Dropdown(
        [],
        value=[],
        multiselect=True,
        allow_custom_value=True,
        label="What surrounds the main object",
        info="Take words away, or type others and press Enter: only these are painted.",
        elem_id="synth-words",
    )
    progress = gr.HTML(elem_id="synth-contexts-progress")
    answer = gr.HTML(elem_id="synth-answer")
    prompt = gr.HTML(elem_id="synth-prompt")
    with gr.Row(elem_classes="studio-buttons"):
        ask = gr.Button("Ask the context model", size="sm", elem_id="synth-ask")
        stop = gr.Button("Stop", size="sm", variant="stop", interactive=False, elem_id="synth-ask-stop")
    return WordsPanel(words, Buttons((ask,), stop, progress), answer, prompt)


def wire_words(
    page: Page, session: gr.State, opened: Any, changed: Any, source: Any, form: Form[Any], panel: WordsPanel
) -> None:
    """Words appear when a picture is chosen and the tab is seen; the prompt follows every change.

    Args:
        opened: the event that the tab is opened first; while it never was, no model is loaded for it.
        changed: the event that it is another picture.
        source: the picture.
        form: with the models' names.
    """

    def naming(mine: Session, path: str, model: str) -> Asked:
        request = SynthesizeImageRequest(context_model=model)
        wanted = mine.wanted if mine.wanted and same_file(mine.linked, path) else ()

        def work(progress: Progress) -> Iterator[Contexts]:
            if wanted:
                yield parse_typed_contexts(", ".join(wanted))
            else:
                yield page.studio.contexts(request, [decode_image(Path(path))], progress=progress)[0]

        mine.picture, mine.named, mine.found = path, False, ()
        lane = ANSWER if model in bundled("contexts") else PICTURE  # a large one takes its time over a picture
        return Asked(work, title=f"contexts of {Path(path).stem}", lane=lane)

    def chosen(mine: Session, path: str | None, named: str | None) -> Asked | None:
        """Asks for the contexts of a picture that was chosen just now, unless the model would have to be fetched."""
        mine.picture = ""
        model = model_of("context_model", named)
        allow_model(page.studio.hosted, "context_model", model)
        return naming(mine, path, model) if path and mine.seen and _at_once(mine, path, model) else None

    def seen(mine: Session, path: str | None, named: str | None) -> Any:
        """The tab is opened."""
        mine.seen = True
        return GO_ON if mine.picture == path else chosen(mine, path, named)

    def asked(mine: Session, path: str | None, named: str | None) -> Asked:
        """Asks for the contexts, whatever it takes."""
        if not path:
            raise StudioError("there is no picture to ask about; choose one first")
        mine.wanted = ()
        return naming(mine, path, model_of("context_model", named))

    def draw(mine: Session, job: Job) -> Updates:
        mine.named = job.over
        found = job.result
        if found is None:
            return {panel.answer: _remark(job.note) if job.note else ""}
        words = list(found.words)
        mine.found, mine.emptied = found.words, False
        mine.words, mine.words_of = found.words, mine.picture
        truth = truth_of(mine, mine.picture)
        return {panel.words: gr.update(choices=words, value=words), panel.answer: answered(found, truth)}

    def remark(path: str | None, named: str | None) -> str:
        """What is said of another picture until there is an answer."""
        try:
            allow_model(page.studio.hosted, "context_model", model := model_of("context_model", named))
            here = contexts_here(model)
        except StudioError as error:
            return _remark(str(error))
        text = "The context model is not on this machine: ask it below, or type words yourself."
        return _remark(text) if path and not here else ""

    def typed(mine: Session, words: list[str] | None, path: str | None) -> None:
        """A person took words away, or typed some."""
        mine.emptied = not words
        mine.words, mine.words_of = named_words(words), path or ""

    page.on(panel.words.input, typed, [session, panel.words, source], name="synthesize_typed")
    inputs = [source, form["context_model"]]
    shown = [panel.words, panel.answer]
    names = Run(page, "synthesize_contexts", ANSWER, panel.buttons, session, draw, shown, said="")
    at_once(changed, panel.words, "() => [{ __type__: 'update', value: [] }]")
    page.on(changed, remark, inputs, panel.answer, name="synthesize_remark")
    names.on(changed, chosen, inputs, name="synthesize_contexts", quiet=True)
    names.on(opened, seen, inputs, name="synthesize_seen", quiet=True)
    names.on(panel.buttons.run[0].click, asked, inputs, name="synthesize_ask")
    _wire_prompt(page, session, form, panel)


def _wire_prompt(page: Page, session: gr.State, form: Form[Any], panel: WordsPanel) -> None:
    """The prompt as the text encoder reads it."""

    def begin(mine: Session, words: list[str] | None, named: str | None) -> Asked:
        given, inpainter = list(words or []), model_of("inpainter", named)

        def work(progress: Progress) -> Iterator[str]:
            yield prompt_shown(page.studio, given, inpainter)

        return Asked(work, title="prompt")

    def draw(mine: Session, job: Job) -> Updates:
        return {panel.prompt: job.result or (_remark(job.note) if job.note else "")}

    prompt = Run(page, "synthesize_prompt", ANSWER, unseen_buttons(), session, draw, [panel.prompt], said="")
    words = once_changed(
        panel.words.change, panel.words, "(words) => ((words || []).length ? JSON.stringify(words) : '')"
    )
    events = [words, form["inpainter"].change]
    prompt.on(events, begin, [panel.words, form["inpainter"]], name="synthesize_prompt", quiet=True)


def named_words(held: Sequence[Any] | None) -> tuple[str, ...]:
    """The words that the box holds."""
    return tuple(word for word in (str(each).strip() for each in held or ()) if word)


def words_for(mine: Session, path: str, held: tuple[str, ...]) -> tuple[str, ...]:
    """The words that a picture is made from when the box holds these: never another picture's.

    A click may come between the choice of a picture and the words that belong to it. And what a box was given before
    its tab had ever been drawn is seen, but not told to handlers (gradio 6).

    Returns:
        None of them where the picture's own are still to be asked for, or were all taken away by a person.
    """
    if held and held == mine.words and mine.words_of != path:
        held = ()
    if not held and has_answer(mine, path) and not mine.emptied:
        return mine.found
    return held


def has_answer(mine: Session, path: str) -> bool:
    """Whether the picture's contexts were asked for: where there are none now, a person took them away."""
    return mine.named and mine.picture == path


def _at_once(mine: Session, path: str, model: str) -> bool:
    """Whether contexts are asked for without a click: nothing is fetched for it, and a link loads no large model."""
    by_link = bool(mine.linked) and not mine.wanted and same_file(mine.linked, path)
    return contexts_here(model) and not (by_link and not CONTEXTS.describe(model).bundled)


def prompt_shown(studio: Studio, words: list[str], inpainter: str) -> str:
    """The prompt, what is cut of it struck through; a model that is not of this machine is not loaded for that."""
    if not words:
        return ""
    prompt = prompt_of(words)
    allow_model(studio.hosted, "inpainter", inpainter)
    kept, cut, note = prompt, "", ""
    if INPAINTING.describe(inpainter).here and INPAINTING.is_folder(inpainter):
        loaded = studio.inpainter(SynthesizeImageRequest(inpainter=inpainter))
        kept, cut = loaded.prompt_fits(prompt)
        if cut:
            note = (
                f"<small>The text encoder reads {loaded.tokens - 2} tokens: what is struck through has no room.</small>"
            )
    return prompt_html(kept, cut, note)


def prompt_html(kept: str, cut: str, note: str = "") -> str:
    """A prompt with its cut part struck through."""
    cut_words = f" <del>{escape(cut)}</del>" if cut else ""
    return f'<p class="studio-prompt"><span>Prompt</span> “{escape(kept)}{cut_words}”{note}</p>'


def answered(contexts: Contexts, true: tuple[str, ...] | None) -> str:
    """What came of the question, beside the truth where that is known."""
    if not contexts.words:
        said = f" (it said: “{escape(contexts.raw[:120])}”)" if contexts.raw.strip() else ""
        text = f"<b>No contexts were found</b>{said}. Type at least one thing that surrounds the main object."
    elif not contexts.well_formed:
        text = f"The answer was no plain list; this is the best guess at it: “{escape(contexts.raw[:120])}”."
    else:
        text = ""
    return f'<div class="studio-answer">{f"<p>{text}</p>" if text else ""}{_truth(contexts, true)}</div>'


def truth_of(mine: Session, path: str) -> tuple[str, ...] | None:
    """What truly surrounds the main object of a picture of the gallery; None for any other picture."""
    known = (each for shown in mine.offered.paths.values() for each in shown)
    same = next((each for each in known if same_file(each, path)), None)
    return None if same is None else surroundings(Path(same))


def _truth(contexts: Contexts, true: tuple[str, ...] | None) -> str:
    if true is None:
        return ""
    named = {singular(word.lower()) for word in contexts.words}
    there = {singular(word.lower()) for word in true}
    marks = "".join(
        f'<li class="{"hit" if singular(word.lower()) in named else "missed"}">{escape(word)}</li>' for word in true
    )
    invented = [word for word in contexts.words if singular(word.lower()) not in there]
    marks += "".join(f'<li class="invented">{escape(word)}</li>' for word in invented)
    return (
        '<details><summary>What is truly there</summary><ul class="studio-truth" aria-label="Ground truth">'
        f"{marks}</ul><small>✓ named, ○ not named, ✗ named but not there. Only a drawn world knows this."
        "</small></details>"
    )


def _remark(text: str) -> str:
    return f'<div class="studio-answer"><p>{escape(text)}</p></div>'
