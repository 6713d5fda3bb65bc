"""The contexts: asked of a model, changed by a person, and the prompt that they become."""

from __future__ import annotations

import filecmp
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Stopped, stoppable
from ood_studio.data.images import decode_image
from ood_studio.studio import Studio, SynthesizeImageRequest
from ood_studio.synthesis.answers import singular
from ood_studio.synthesis.contexts import Contexts, prompt_of
from ood_studio.synthesis.inpainting_models import INPAINTING
from ood_studio.ui.running import MODEL_SLOT, message, progress_on
from ood_studio.ui.synthesize.choices import Choices, model_name
from ood_studio.ui.synthesize.models import contexts_here
from ood_studio.ui.synthesize.session import Session
from ood_studio.ui.zerogpu import on_gpu
from ood_studio.worlds import surroundings


@dataclass(frozen=True)
class WordsPanel:
    """The components: the words, the button that asks for them, what came, and the prompt as it is read."""

    words: Any
    ask: Any
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
    answer = gr.HTML(elem_id="synth-answer")
    ask = gr.Button("Ask the context model", size="sm", elem_id="synth-ask")
    return WordsPanel(words, ask, answer, gr.HTML(elem_id="synth-prompt"))


def wire_words(studio: Studio, session: gr.State, choices: Choices, panel: WordsPanel) -> None:
    """Words appear when a picture is chosen; the prompt follows every change."""

    @on_gpu
    def found(mine: Session, path: str, name: str, progress: gr.Progress) -> Contexts:
        request = SynthesizeImageRequest(context_model=model_name(name))
        told = stoppable(progress_on(progress), lambda: False)
        return studio.contexts(request, [decode_image(Path(path))], progress=told)[0]

    def shown(mine: Session, path: str, contexts: Contexts) -> tuple[Any, str]:
        mine.found = contexts
        words = list(contexts.words)
        return gr.update(choices=words, value=words), answered(contexts, truth_of(mine, path))

    def chosen(
        mine: Session,
        path: str | None,
        name: str,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> tuple[Any, str]:
        """Asks for the contexts of a picture that was chosen just now, unless the model would have to be fetched."""
        mine.found = None
        empty = gr.update(choices=[], value=[])
        if not path:
            return empty, ""
        try:
            if not contexts_here(model_name(name)):
                return empty, _remark("The context model is not on this machine: ask it below, or type words yourself.")
            return shown(mine, path, found(mine, path, name, progress))
        except Stopped:
            return empty, ""
        except StudioError as error:
            return empty, _remark(str(error))

    def asked(
        mine: Session,
        path: str | None,
        name: str,
        progress: gr.Progress = gr.Progress(),  # noqa: B008
    ) -> tuple[Any, str]:
        """Asks for the contexts, whatever it takes."""
        try:
            if not path:
                raise StudioError("there is no picture to ask about; choose one first")
            return shown(mine, path, found(mine, path, name, progress))
        except StudioError as error:
            raise message(error) from None

    def read(words: list[str] | None, inpainter: str) -> str:
        """The prompt as the text encoder reads it."""
        try:
            return prompt_shown(studio, words or [], model_name(inpainter))
        except StudioError as error:
            return _remark(str(error))

    inputs = [session, choices.source, choices.context_model]
    busy: dict[str, Any] = {"show_progress": "full", "show_progress_on": [panel.answer], **MODEL_SLOT}
    choices.source.change(
        chosen, inputs, [panel.words, panel.answer], api_name="synthesize_contexts", trigger_mode="always_last", **busy
    )
    panel.ask.click(asked, inputs, [panel.words, panel.answer], api_name="synthesize_ask", **busy)
    # Beside the models' own slot: words may be changed while a picture is made.
    follow: dict[str, Any] = {"show_progress": "hidden", "trigger_mode": "always_last", "concurrency_limit": 4}
    gr.on(
        [panel.words.change, choices.inpainter.change],
        read,
        [panel.words, choices.inpainter],
        panel.prompt,
        api_name="synthesize_prompt",
        **follow,
    )


def prompt_shown(studio: Studio, words: list[str], inpainter: str) -> str:
    """The prompt, what is cut of it struck through; a model that is not of this machine is not loaded for that."""
    if not words:
        return ""
    prompt = prompt_of(words)
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
    gone = f" <del>{escape(cut)}</del>" if cut else ""
    return f'<p class="studio-prompt"><span>Prompt</span> “{escape(kept)}{gone}”{note}</p>'


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
    for known in (each for shown in mine.offered.paths.values() for each in shown):
        if Path(known).name == Path(path).name and filecmp.cmp(known, path, shallow=False):
            return surroundings(Path(known))
    return None


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
