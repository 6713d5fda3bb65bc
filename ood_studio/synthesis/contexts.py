"""What surrounds the main object of an image: the context elements of SynOOD (Eq. 3)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, final

from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Help
from ood_studio.core.progress import Progress, silent
from ood_studio.hub.errors import ModelError
from ood_studio.synthesis.answers import parse_answer, parse_typed

QUESTION = (
    "What is in this picture besides its main object? "
    "Answer only with a list of short nouns, in the form place: thing, thing, thing"
)
"""p_in of Eq. 3: what the model is asked."""
LONGEST_QUESTION = 500
"""Characters of a question."""


NOTHING = "nothing"
"""What an answer names where there is nothing."""


class ContextError(ModelError):
    """A model of contexts that could not be had or used: one sentence naming it, the reason and what to do."""


@dataclass(frozen=True)
class Contexts:
    """p_con of Eq. 3: what surrounds an image's main object.

    Attributes:
        raw: the answer as it came, or what a person typed.
        elements: distinct names of things.
        place: where they are; empty where nobody said.
        well_formed: whether the answer was a list as asked for; else the elements are a best guess.
    """

    raw: str
    elements: tuple[str, ...]
    place: str = ""
    well_formed: bool = True

    @property
    def words(self) -> tuple[str, ...]:
        """The place, where there is one, and the elements: everything that a prompt may say."""
        return tuple(dict.fromkeys((self.place, *self.elements) if self.place else self.elements))


class ContextModel(ABC):
    """φ of Eq. 3, p_con = φ(x_in, p_in): names the elements of images except their main objects.

    A subclass implements `_answer`. Instances are shared between threads.

    Attributes:
        name: what `load_context_model` was asked for.
        batch: how many images it looks at together.
    """

    name: str
    batch: int = 1

    @final
    def describe(
        self,
        images: Sequence[Image.Image],
        *,
        mains: Sequence[str] = (),
        question: str = QUESTION,
        progress: Progress = silent,
    ) -> list[Contexts]:
        """The contexts of images, in their order; the same call gives the same answers.

        Args:
            images: of any size and mode.
            mains: the main object of each image, where it is known, so that it is not named; several names of one
                with commas between.
            question: what the model is asked, p_in.
            progress: called with the images described, also between the words of an answer; `Stopped` raised in it
                ends the work within a word.

        Raises:
            StudioError: for a single image, other than as many main objects, or an empty or endless question.
            ContextError: when the model fails.
        """
        if isinstance(images, Image.Image):
            raise StudioError("describe expects a list of pictures, not a single one")
        if isinstance(mains, str) or (mains and len(mains) != len(images)):
            raise StudioError(f"describe expects a main object for each of {len(images)} pictures, or none at all")
        if not question.strip() or len(question) > LONGEST_QUESTION:
            raise StudioError(f"a question has 1 to {LONGEST_QUESTION} characters, not {len(question.strip())}")
        found: list[Contexts] = []
        names = list(mains) or [""] * len(images)

        def report() -> None:
            progress("describing", len(found), len(images))

        for start in range(0, len(images), self.batch):
            report()
            part = [image.convert("RGB") for image in images[start : start + self.batch]]
            for raw, main in zip(self._answer(part, question.strip(), report), names[start:], strict=False):
                found.append(parse_contexts(raw, main))
        if images:
            report()
        return found

    @abstractmethod
    def _answer(self, images: list[Image.Image], question: str, report: Callable[[], None]) -> list[str]:
        """At most a batch of RGB images -> the answers; ``report`` is called after every word and may raise."""


def known_contexts(place: str, elements: Sequence[str]) -> Contexts:
    """The contexts of an image whose place and elements are known.

    Their ``raw`` text is the answer that `QUESTION` asks for, such as ``meadow: tree, fence``.
    """
    return Contexts(f"{place}: {', '.join(elements) or NOTHING}", tuple(elements), place)


def parse_contexts(raw: str, main: str = "") -> Contexts:
    """A model's answer as `Contexts`, without the main object's names."""
    answer = parse_answer(raw, main)
    return Contexts(raw, answer.elements, answer.place, answer.well_formed)


def parse_typed_contexts(text: str) -> Contexts:
    """What a person typed, as `Contexts`: names between commas or lines, kept as they are.

    Raises:
        StudioError: if there is no name in it.
    """
    elements = parse_typed(text)
    if not elements:
        raise StudioError("type at least one thing that is in the picture, such as: tree, fence")
    return Contexts(text, elements)


Wording = Annotated[
    Literal["contexts", "synood"], Help("Prompt: the contexts alone, or in the sentence of SynOOD's code")
]
"""How contexts become a prompt: with commas between them, or as `SENTENCE` says."""

SENTENCE, SENTENCE_LENGTH = "A photo only remain {}.", 73
"""The prompt of SynOOD's code, as it stands there, and after how many characters it is cut there."""


def prompt_of(words: Sequence[str], wording: Wording = "contexts") -> str:
    """The contexts as a prompt, see `Wording`.

    Raises:
        StudioError: if there is none.
    """
    prompt = ", ".join(word.strip() for word in words if word.strip())
    if not prompt:
        raise StudioError("no context was found in the picture; name at least one thing that surrounds its main object")
    return SENTENCE.format(prompt)[:SENTENCE_LENGTH] if wording == "synood" else prompt
