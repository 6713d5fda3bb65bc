"""In-distribution labels: named presets, and labels as people type them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from difflib import get_close_matches

from ood_studio.core.errors import StudioError
from ood_studio.core.unicode import listed, normal_form
from ood_studio.worlds import folder_names, is_synset, presets

MAX_LABELS = 10_000
"""The most labels a person may type."""

_MAX_LENGTH = 200
_FILE = re.compile(r"\.(txt|csv|tsv|jsonl?|ya?ml)$", re.IGNORECASE)
_NOTHING = ", \t"  # what makes no label by itself


def preset_names() -> tuple[str, ...]:
    """Names of the label presets of all worlds."""
    return tuple(presets())


def load_preset(name: str) -> tuple[str, ...]:
    """The class names of a preset, in label order; ``imagenet-1k`` as open_clip lists them.

    Raises:
        StudioError: for an unknown name, listing the known ones.
    """
    known = presets()
    if name not in known:
        raise StudioError(f"unknown label preset {name!r}; expected one of {', '.join(known)}")
    return known[name].load()


@dataclass(frozen=True)
class TypedLabels:
    """Labels as typed, and what was done to them.

    Attributes:
        labels: at least one, trimmed, none twice; plain text, so HTML in them is never markup.
        notes: sentences for the person, such as which repeats were dropped.
        placed: every label in its place, repeats too: what numbers in data refer to. Empty where places are not clear,
            and then ``unclear`` says why.
        repeats: labels that stand in several places of ``placed``.
    """

    labels: tuple[str, ...]
    notes: tuple[str, ...] = ()
    placed: tuple[str, ...] = ()
    unclear: str = ""
    repeats: tuple[str, ...] = ()

    def in_place(self) -> tuple[str, ...]:
        """The labels that numbers in data refer to, the first being 0.

        Raises:
            StudioError: if places are not clear.
        """
        if not self.placed:
            raise StudioError(f"the data refer to labels by number, but {self.unclear}")
        return self.placed

    def notes_in_place(self) -> tuple[str, ...]:
        """Sentences for the person where `in_place` is used."""
        if not self.repeats:
            return self.notes
        kept = (
            f"Labels that stand in several places are kept, as the data refer to them by number; no text can tell them "
            f"apart: {listed(self.repeats, 5)}."
        )
        return (kept, *self.notes[1:])  # the first one says that repeats were dropped


def read_labels(text: str) -> TypedLabels:
    """The labels of a preset, by its name, or as they are typed (`parse_labels`).

    Raises:
        StudioError: if there is no label, or too many, or one is a WordNet id without a name, or a file is named in
            place of labels.
    """
    known = preset_names()
    if text.strip() in known:
        labels = load_preset(text.strip())
        return TypedLabels(labels, placed=labels)
    typed = _named(parse_labels(text))
    if len(typed.labels) == 1 and _FILE.search(typed.labels[0]):
        raise StudioError(
            f"{typed.labels[0]} is the name of a file, not of a class; give the labels in it themselves, one a line or "
            "on one line separated by commas"
        )
    meant = get_close_matches(typed.labels[0], known, n=1, cutoff=0.75) if len(typed.labels) == 1 else []
    if not meant:
        return typed
    return replace(typed, notes=(*typed.notes, f"Taken as a single label; the preset is called {meant[0]}."))


def _named(typed: TypedLabels) -> TypedLabels:
    """Labels with ImageNet's names in place of WordNet ids, which are no words.

    Raises:
        StudioError: for ids that are not of ImageNet.
    """
    synsets = [label for label in typed.labels if is_synset(label)]
    if not synsets:
        return typed
    names = folder_names()
    unknown = [each for each in synsets if each not in names]
    if unknown:
        raise StudioError(
            f"no name is known of the WordNet ids {listed(unknown)} among the labels, and ids are no words that "
            "a model could read; type their names in their places"
        )
    known = f"WordNet ids stand for ImageNet's names: {listed([f'{each} is {names[each]}' for each in synsets])}."
    labels, placed = (tuple(names.get(each, each) for each in part) for part in (typed.labels, typed.placed))
    return replace(typed, labels=labels, placed=placed, notes=(*typed.notes, known))


def parse_labels(text: str) -> TypedLabels:
    """Labels typed one a line, commas being part of them, or on a single line and separated by commas.

    Labels of one normal form (`normal_form`: upper and lower case, ``_`` and spaces) are the same label.

    Raises:
        StudioError: if there is none, more than :data:`MAX_LABELS`, or one longer than 200 characters.
    """
    lines = re.split(r"\r\n|\r|\n", text.lstrip("\ufeff"))
    filled = [line for line in lines if line.strip(_NOTHING)]
    by_commas = len(filled) == 1
    if by_commas:
        lines = filled[0].rstrip(_NOTHING).split(",")
    while lines and not lines[-1].strip(_NOTHING):
        lines.pop()
    parts = [" ".join(part.split()) if part.strip(_NOTHING) else "" for part in lines]
    kept: dict[str, str] = {}
    repeats: dict[str, None] = {}
    for label in filter(None, parts):
        if len(label) > _MAX_LENGTH:
            raise StudioError(f"a label may have {_MAX_LENGTH} characters, not {len(label):,}: {label[:40]!r}…")
        key = normal_form(label) or label
        if key in kept:
            repeats[label] = None
        kept.setdefault(key, label)
    if not kept:
        raise StudioError("there are no labels; type at least one, one a line, or on one line separated by commas")
    if (count := len([*filter(None, parts)])) > MAX_LABELS:
        raise StudioError(f"at most {MAX_LABELS:,} labels may be typed, not {count:,}")
    notes: list[str] = []
    if repeats:
        notes.append(f"Repeated labels were dropped: {listed([*repeats], 5)}.")
    if not by_commas and (commas := [label for label in kept.values() if "," in label]):
        notes.append(f"Each line was taken as one label, with the commas in it: {listed(commas)}.")
    if all(parts):
        return TypedLabels(tuple(kept.values()), tuple(notes), tuple(parts), repeats=tuple(repeats))
    what = "an empty place between commas" if by_commas else "an empty line"
    unclear = f"there is {what} among the labels, and whether it counts is not clear; remove it"
    return TypedLabels(tuple(kept.values()), tuple(notes), unclear=unclear)
