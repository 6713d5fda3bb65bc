"""ImageNet-X's annotations (Idrissi et al., 2023): which of 16 visual factors hold in a picture of ImageNet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ood_studio.core.errors import StudioError
from ood_studio.core.paths import given_path

WHENCE = "imagenet_x/annotations of https://github.com/facebookresearch/imagenetx"
"""Where to download them."""
FACTORS = (
    "pose",
    "background",
    "pattern",
    "color",
    "smaller",
    "shape",
    "partial_view",
    "subcategory",
    "texture",
    "larger",
    "darker",
    "object_blocking",
    "person_blocking",
    "style",
    "brighter",
    "multiple_objects",
)
"""Their columns, each 0 or 1."""
NAMES = tuple(factor.replace("_", " ") for factor in FACTORS)
"""The factors as they are called here."""


def read_imagenet_x(where: str | Path) -> Mapping[str, frozenset[str]]:
    """Factors, without underscores, by the names of picture files; of pictures that stand several times, all of them.

    Args:
        where: ``imagenet_x_val_multi_factor.jsonl`` or the like: a JSON object a line with ``file_name`` and the
            columns of `FACTORS`.

    Raises:
        StudioError: naming the line, for a file that is not such.
    """
    path = given_path(str(where))
    found: dict[str, frozenset[str]] = {}
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    name, factors = _of(line, f"{path.name}, line {number}")
                    found[name] = found.get(name, frozenset()) | factors
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StudioError(
            f"ImageNet-X's annotations cannot be read from {path} ({reason}); they are in "
            "https://github.com/facebookresearch/imagenetx, below imagenet_x/annotations"
        ) from error
    if not found:
        raise StudioError(f"{path.name} has no annotations")
    return found


def _of(line: str, at: str) -> tuple[str, frozenset[str]]:
    try:
        entry = json.loads(line)
        name = entry["file_name"]
        values = {factor: entry[factor] for factor in FACTORS}
    except (ValueError, TypeError, KeyError) as error:
        what = f"has no {error}" if isinstance(error, KeyError) else "is no JSON object"
        raise StudioError(f"{at} {what}; expected file_name and the 16 factors of ImageNet-X") from error
    if not isinstance(name, str) or any(value not in (0, 1) for value in values.values()):
        raise StudioError(f"{at} has a factor that is neither 0 nor 1, or a file_name that is no text")
    return Path(name).name, frozenset(factor.replace("_", " ") for factor, value in values.items() if value)
