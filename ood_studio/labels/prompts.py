"""Prompt templates: how a label becomes a sentence for the text tower."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ood_studio.backbones import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.unicode import listed
from ood_studio.features.texts import fill

Kind = Literal["id", "noun", "adjective"]
"""What a word is to the detector: an in-distribution label, or a candidate noun or adjective."""

_MAX_LENGTH = 300


@dataclass(frozen=True)
class PromptSet:
    """Templates by kind of word; each holds ``{}`` once. Several templates are averaged (see ``text_features``).

    Attributes:
        name: for people; not part of the content.
        id, noun, adjective: one or more templates for each kind.

    Raises:
        StudioError: for an empty set of templates, or one without exactly one ``{}``.
    """

    name: str
    id: tuple[str, ...]
    noun: tuple[str, ...]
    adjective: tuple[str, ...]

    def __post_init__(self) -> None:
        for kind in ("id", "noun", "adjective"):
            templates = getattr(self, kind)
            if not templates:
                raise StudioError(
                    f"no prompt template for {kind} labels; expected at least one, such as 'the nice {{}}'"
                )
            for template in templates:
                _check(template)

    def templates(self, kind: Kind) -> tuple[str, ...]:
        """The templates for one kind of word."""
        return {"id": self.id, "noun": self.noun, "adjective": self.adjective}[kind]

    def texts(self, words: Sequence[str], kind: Kind) -> list[list[str]]:
        """The sentences: one list a template, each with one text a word."""
        return [fill(template, words) for template in self.templates(kind)]


def _check(template: str) -> None:
    if template.count("{}") != 1:
        raise StudioError(f"a prompt template must contain exactly one {{}}, not {template.count('{}')}: {template!r}")
    if len(template) > _MAX_LENGTH:
        raise StudioError(f"a prompt template may have {_MAX_LENGTH} characters, not {len(template):,}")


_NICE = ("the nice {}",)
_ADJECTIVE = ("This is a {} photo",)
_PHOTO = ("a photo of a {}.",)
_PLP = (
    "a photo of a {}.",
    "a blurry photo of a {}.",
    "a photo of many {}.",
    "a photo of the large {}.",
    "a photo of the small {}.",
)

_CSP = (
    "a close-up photo of the nice {}.",
    "a photo with the nice {}.",
    "a good photo with the nice {}.",
    "a photo of the nice {}.",
    "{}",
    "the {}",
    "the good {}",
    "the nice {}",
)

PROMPT_SETS: tuple[PromptSet, ...] = (
    PromptSet("neglabel", _NICE, _NICE, _ADJECTIVE),
    PromptSet("plp", _PLP, _PLP, _ADJECTIVE),
    PromptSet("photo", _PHOTO, _PHOTO, _ADJECTIVE),
    PromptSet("csp", _CSP, _CSP, _ADJECTIVE),
)
"""The named sets: NegLabel's (best in its Table 14), the five that PLP averages, the plain photo, and CSP's eight."""


def prompt_set(name: str) -> PromptSet:
    """A named prompt set.

    Raises:
        StudioError: for an unknown name, listing the known ones.
    """
    for prompts in PROMPT_SETS:
        if prompts.name == name:
            return prompts
    raise StudioError(f"unknown prompt set {name!r}; expected one of {', '.join(each.name for each in PROMPT_SETS)}")


def custom_prompts(
    id: str | Iterable[str], noun: str | Iterable[str] | None = None, adjective: str | Iterable[str] | None = None
) -> PromptSet:
    """A prompt set from typed templates: a string with one template a line, or several strings.

    Args:
        id: templates for ID labels.
        noun: for candidate nouns; the ID ones if not given.
        adjective: for candidate adjectives; ``This is a {} photo`` if not given.

    Raises:
        StudioError: for a template without exactly one ``{}``, or none at all.
    """
    ids = _typed(id)
    return PromptSet(
        "custom",
        ids,
        (_typed(noun) if noun is not None else ()) or ids,
        (_typed(adjective) if adjective is not None else ()) or _ADJECTIVE,
    )


def read_prompts(text: str) -> PromptSet:
    """A named prompt set, or templates with ``{}``, one a line.

    Raises:
        StudioError: for an unknown name or a template without exactly one ``{}``.
    """
    if "{" in text or "}" in text:
        return custom_prompts(text)
    names = [prompts.name for prompts in PROMPT_SETS]
    if text.strip() not in names:
        raise StudioError(f"{text!r} is neither a prompt set ({', '.join(names)}) nor a template with exactly one {{}}")
    return prompt_set(text.strip())


def cut_notes(backbone: Backbone, labels: Sequence[str], prompts: PromptSet) -> tuple[str, ...]:
    """The sentence about labels whose prompts are longer than the model reads, where there are some."""
    texts = [*zip(*prompts.texts(labels, "id"), strict=True)]
    long = {*backbone.too_long([text for each in texts for text in each])}
    cut = [label[:40] for label, each in zip(labels, texts, strict=True) if long & {*each}]
    if not cut:
        return ()
    return (f"{backbone.name} reads only the beginning of what is asked about these labels: {listed(cut)}.",)


def _typed(templates: str | Iterable[str]) -> tuple[str, ...]:
    lines = templates.splitlines() if isinstance(templates, str) else templates
    return tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
