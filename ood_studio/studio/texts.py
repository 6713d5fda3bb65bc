"""What people type: prompts."""

from __future__ import annotations

from collections.abc import Sequence

from ood_studio.backbones import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.unicode import listed
from ood_studio.labels.prompts import PROMPT_SETS, PromptSet, custom_prompts, prompt_set


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
