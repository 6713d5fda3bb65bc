"""Class names from folder names."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def class_folders(names: Sequence[str]) -> list[str]:
    """The class folder of each file, given as ``folder/.../file``: the first one on its way; "" where it is in none.

    A folder around everything counts for nothing where it holds folders only.
    """
    parts = [name.split("/") for name in names]
    while parts and all(len(path) > 2 and path[0] == parts[0][0] for path in parts):
        parts = [path[1:] for path in parts]
    return [path[0] if len(path) > 1 else "" for path in parts]


def match_classes(
    found: Sequence[str], labels: Sequence[str] | None
) -> tuple[tuple[str, ...], NDArray[np.int64] | None]:
    """Class names in the data, sorted, and the index of each image's label.

    Args:
        found: each image's class, "" where it has none; ``golden_retriever`` counts as "golden retriever".
        labels: what the indices count; None for the class names in the data.

    Returns:
        The class names, and (n,) indices with -1 where there is no such label; None where no image has one.
    """
    classes = tuple(sorted({_plain(name) for name in found if name}))
    wanted = classes if labels is None else labels
    index = {_plain(label).lower(): i for i, label in reversed(list(enumerate(wanted)))}
    indices = np.array([index.get(_plain(name).lower(), -1) if name else -1 for name in found], np.int64)
    return classes, indices if (indices >= 0).any() else None


def _plain(name: str) -> str:
    return " ".join(re.split(r"[\s_]+", name.strip()))
