"""What people type: prompts."""

from __future__ import annotations

from ood_studio.core.errors import StudioError
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
