"""Which columns of a dataset of the hub hold its images and its labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ood_studio.core.errors import StudioError
from ood_studio.data.classes import LABEL_COLUMNS


def choose_images(datasets: Any, features: Mapping[str, Any], where: str, wanted: str) -> str:
    """The column of images: the one that is wanted, or the only one.

    Args:
        datasets: the package.
        features: kinds of the columns by name.
        where: what the dataset is called, without columns.
        wanted: the column's name; empty where a person named none.

    Raises:
        StudioError: if there is none, or several and none is wanted.
    """
    images = [name for name, kind in features.items() if isinstance(kind, datasets.Image)]
    if wanted:
        if wanted not in images:
            there = f"its columns of pictures are {', '.join(images)}" if images else "it has no column of pictures"
            raise StudioError(f"the dataset {where} has no pictures in a column {wanted!r}; {there}")
        return wanted
    if not images:
        raise StudioError(f"the dataset {where} has no pictures, but the columns {', '.join(features)}")
    if len(images) > 1:
        raise StudioError(
            f"the dataset {where} has several columns of pictures ({', '.join(images)}); name one, as in "
            f"{where}#{images[0]}"
        )
    return images[0]


def choose_labels(datasets: Any, features: Mapping[str, Any], where: str, images: str, wanted: str) -> str:
    """The column of labels: the one that is wanted, or the only one of classes, or else the only one that is called so;
    empty where there is none.

    Args:
        datasets, features, where, wanted: as for `choose_images`.
        images: the column of images.

    Raises:
        StudioError: if there is no such column, or several and none is wanted.
    """
    possible = [name for name, kind in features.items() if isinstance(kind, datasets.ClassLabel) or _is_plain(kind)]
    if wanted:
        if wanted not in possible:
            there = f"possible are {', '.join(possible)}" if possible else "it has none of names or whole numbers"
            raise StudioError(f"the dataset {where} has no labels in a column {wanted!r}; {there}")
        return wanted
    found = [name for name in possible if isinstance(features[name], datasets.ClassLabel)]
    found = found or [name for name in possible if name.lower() in LABEL_COLUMNS]
    if len(found) > 1:
        raise StudioError(
            f"the dataset {where} has several columns of labels ({', '.join(found)}); name one behind that of the "
            f"pictures, as in {where}#{images},{found[0]}"
        )
    return found[0] if found else ""


def _is_plain(kind: Any) -> bool:
    """Whether a column holds texts or whole numbers."""
    return str(getattr(kind, "dtype", "")).startswith(("string", "large_string", "int", "uint"))
