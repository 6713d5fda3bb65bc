"""In-distribution labels: named presets, and labels as people type them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ood_studio.core.errors import StudioError
from ood_studio.labels.corpora import normalise
from ood_studio.worlds import presets

MAX_LABELS = 10_000
"""The most labels a person may type."""

_MAX_LENGTH = 200


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
    """

    labels: tuple[str, ...]
    notes: tuple[str, ...] = ()


def parse_labels(text: str) -> TypedLabels:
    """Labels typed one a line or separated by commas; upper and lower case count as the same label.

    Raises:
        StudioError: if there is none, more than :data:`MAX_LABELS`, or one longer than 200 characters.
    """
    kept: dict[str, str] = {}
    repeats: dict[str, None] = {}
    for part in re.split(r"[,\n\r]", text):
        label = " ".join(part.split())
        if not label:
            continue
        if len(label) > _MAX_LENGTH:
            raise StudioError(f"a label may have {_MAX_LENGTH} characters, not {len(label):,}: {label[:40]!r}…")
        if kept.setdefault(normalise(label), label) is not label:
            repeats[label] = None
    if not kept:
        raise StudioError("there are no labels; type at least one, one a line or separated by commas")
    if len(kept) > MAX_LABELS:
        raise StudioError(f"at most {MAX_LABELS:,} labels may be typed, not {len(kept):,}")
    notes: tuple[str, ...] = ()
    if repeats:
        shown = ", ".join(list(repeats)[:5]) + (", …" if len(repeats) > 5 else "")
        notes = (f"Repeated labels were dropped: {shown}.",)
    return TypedLabels(tuple(kept.values()), notes)
