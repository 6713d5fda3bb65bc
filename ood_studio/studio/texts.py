"""What people type: labels and prompts."""

from __future__ import annotations

from difflib import get_close_matches

from ood_studio.core.errors import StudioError
from ood_studio.labels.presets import load_preset, parse_labels, preset_names
from ood_studio.labels.prompts import PROMPT_SETS, PromptSet, custom_prompts, prompt_set


def read_labels(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """ID labels of a preset or as typed, and notes for the person.

    Raises:
        StudioError: if there is no label, or too many.
    """
    presets = preset_names()
    if text.strip() in presets:
        return load_preset(text.strip()), ()
    typed = parse_labels(text)
    meant = get_close_matches(typed.labels[0], presets, n=1, cutoff=0.75)
    notes = (f"Taken as a single label; the preset is called {meant[0]}.",) if meant and len(typed.labels) == 1 else ()
    return typed.labels, typed.notes + notes


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
