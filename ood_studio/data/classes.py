"""Class names from folder names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ood_studio.core.errors import StudioError
from ood_studio.core.unicode import listed, normal_form, readable

SPLITS = frozenset(("train", "training", "val", "valid", "validation", "test", "testing", "dev", "eval"))
"""Folder names of the parts of a dataset; they are no classes."""
LABEL_COLUMNS = ("label", "labels", "class", "classes", "category", "target")
"""Usual names of a column of labels, in small letters, the likeliest first."""


@dataclass(frozen=True, eq=False)
class Classes:
    """The classes of images.

    Attributes:
        names: class names in the data, sorted, none twice in its normal form.
        labels: (n,) index of each image's label, -1 where there is no such label; None where no image has one.
        notes: sentences for people, such as which folders are no labels.
        numbered: whether the labels are numbers in the data.
    """

    names: tuple[str, ...] = ()
    labels: NDArray[np.int64] | None = None
    notes: tuple[str, ...] = ()
    numbered: bool = False


def folder_classes(files: Sequence[str], labels: Sequence[str] | None) -> Classes:
    """The classes of files, given as ``folder/.../file``: each's first folder is its class.

    A folder around everything counts for nothing where it holds folders only; nor do the folders of splits
    (``train/CLASS``, ``val/CLASS``), unless one of them is a label.

    Args:
        files: their paths.
        labels: what the indices count; None for the class names in the data, none for no labels.
    """
    paths = _unwrapped([name.split("/") for name in files])
    splits = _splits(paths, labels)
    notes: tuple[str, ...] = ()
    if splits:
        paths = _unwrapped([path[1:] for path in paths])
        notes = (
            f"the folders {' and '.join(splits)} are taken for splits, not for classes; the pictures of all of them "
            "count (name one of them to take it alone)",
        )
    elif like := _like_splits(paths, labels):
        notes = (
            f"the folders that are called like splits ({listed(like)}) are classes here, as others lie beside them "
            "(name one of them to take it alone)",
        )
    found = match_classes([path[0] if len(path) > 1 else "" for path in paths], labels)
    return replace(found, notes=(*notes, *found.notes) if labels != () else ())


def match_classes(found: Sequence[str], labels: Sequence[str] | None) -> Classes:
    """Class names in the data against labels, both in their normal form.

    Where all are numbers, no label is called so and all count labels, they are labels' places, as in ImageNet-V2.

    Args:
        found: each image's class, "" where it has none; ``golden_retriever`` counts as "Golden retriever".
        labels: what the indices count; None for the class names in the data, none for no labels.
    """
    spellings: dict[str, list[str]] = {}
    for name in sorted(set(found) - {""}):
        spellings.setdefault(_key(name), []).append(name)
    names = {key: _plain(same[0]) for key, same in spellings.items()}
    classes = tuple(sorted(names.values()))
    notes = tuple(
        f"{' and '.join(map(readable, same))} are taken for one class, {names[key]}"
        for key, same in spellings.items()
        if len(same) > 1
    )
    wanted = classes if labels is None else labels
    index = {_key(label): i for i, label in reversed(list(enumerate(wanted)))}
    places = {name: index.get(_key(name), -1) for name in set(found) - {""}} | {"": -1}
    indices = np.array([places[name] for name in found], np.int64)
    if classes and all(name.isdecimal() for name in classes):
        if labels is None:
            notes += (f"its classes ({listed(classes)}) are numbers, read as words; name labels if they count them",)
        elif labels and not index.keys() & names.keys() and all(int(name) < len(labels) for name in classes):
            places = {name: int(_plain(name)) if name else -1 for name in places}
            note = f"its classes ({listed(classes)}) are numbers, taken for the places of labels, the first being 0"
            counted = np.array([places[name] for name in found], np.int64)
            return Classes(classes, counted, (*notes, note), numbered=True)
    if labels:
        notes += _unmatched([names[key] for key in names if key not in index], len(names), len(labels))
    return Classes(classes, indices if (indices >= 0).any() else None, notes)


def value_classes(values: Sequence[Any], labels: Sequence[str] | None, name: str) -> Classes:
    """The classes of images from values beside them: names, or whole numbers that refer to labels by their places.

    Args:
        values: each image's; None, "" or a negative number where it has none.
        labels: what the indices count; None for the class names in the data.
        name: of the data, for errors.

    Raises:
        StudioError: for a number beyond the last label.
    """
    if not values or not all(isinstance(each, int) or each is None for each in values):
        return match_classes(["" if each is None else str(each) for each in values], labels)
    numbers = np.array([-1 if each is None else max(each, -1) for each in values], np.int64)
    if labels and numbers.max() >= len(labels):
        raise StudioError(f"{name} has the label {numbers.max()}, but there are {len(labels)} labels")
    return Classes(labels=numbers if (numbers >= 0).any() else None, numbered=True)


def _unmatched(others: Sequence[str], classes: int, labels: int) -> tuple[str, ...]:
    if not others:
        return ()
    if len(others) == classes:
        kinds = f"none of the {classes:,} classes" if classes > 1 else "its only class"
        negation = "is one" if classes > 1 else "is none"
        return (f"{kinds} ({listed(others)}) {negation} of the {labels:,} labels, so there is no accuracy",)
    return (
        f"{classes - len(others):,} of the {classes:,} classes are labels; pictures of the others ({listed(others)}) "
        "count in no accuracy",
    )


def _unwrapped(paths: list[list[str]]) -> list[list[str]]:
    depth = 0
    while paths and all(len(path) > depth + 2 and path[depth] == paths[0][depth] for path in paths):
        depth += 1
    return [path[depth:] for path in paths]


def _splits(paths: Sequence[Sequence[str]], labels: Sequence[str] | None) -> list[str]:
    """The folders of splits that all files lie in; none where there is another folder, or a label of such a name."""
    if not paths or any(len(path) < 2 for path in paths):
        return []
    firsts = sorted({path[0] for path in paths})
    keys = {normal_form(name) for name in firsts}
    if not keys <= SPLITS or keys & {normal_form(label) for label in labels or ()}:
        return []
    return firsts if len(firsts) > 1 else []


def _like_splits(paths: Sequence[Sequence[str]], labels: Sequence[str] | None) -> list[str]:
    """Folders called like splits, though no label is, that hold nothing but folders themselves."""
    known = {normal_form(label) for label in labels or ()}
    called = {path[0] for path in paths if len(path) > 2 and normal_form(path[0]) in SPLITS - known}
    return sorted(called - {path[0] for path in paths if len(path) == 2})


def _plain(name: str) -> str:
    """A class name for people and prompts."""
    text = unicodedata.normalize("NFC", readable(name))
    return " ".join(re.split(r"[\s_]+", text.strip("_ \t"))) or text


def _key(name: str) -> str:
    return normal_form(readable(name)) or name
