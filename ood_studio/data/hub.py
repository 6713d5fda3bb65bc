"""Data sets of the Hugging Face hub, or saved by ``Dataset.save_to_disk``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.data.classes import match_classes
from ood_studio.data.dataset import Dataset
from ood_studio.data.images import ImageError, decode_image

_PREFIX = "hf:"
_ID = re.compile(r"(?P<id>[\w.-]+/[\w.-]+)(:(?P<config>[\w.-]+))?(@(?P<split>[\w.-]+))?")
_SPLITS = ("test", "validation", "train")  # the first that there is, unless one is named


def is_hub_id(where: str) -> bool:
    """Whether this reads ``ORG/NAME``, ``ORG/NAME:CONFIG`` or ``ORG/NAME@SPLIT``, with or without ``hf:`` before it."""
    return where.startswith(_PREFIX) or (_ID.fullmatch(where) is not None and not where.startswith("."))


def is_saved(folder: Path) -> bool:
    """Whether a folder is one that ``save_to_disk`` wrote."""
    return any((folder / name).is_file() for name in ("dataset_dict.json", "dataset_info.json"))


class HubDataset(Dataset):
    """The images of a dataset with a column of images; a column of class labels gives the labels.

    Args:
        where: ``[hf:]ORG/NAME[:CONFIG][@SPLIT]``, or a folder that ``save_to_disk`` wrote, with ``@SPLIT`` or without.
        name: for people and rows; the dataset's own where empty.
        labels: what the images' labels index; None for the dataset's own class names.

    Raises:
        StudioError: if the package ``datasets`` is missing, or the dataset cannot be had or holds no images.
    """

    def __init__(self, where: str, name: str = "", labels: Sequence[str] | None = None) -> None:
        try:
            import datasets  # type: ignore[import-not-found,unused-ignore]
        except ImportError as error:
            raise StudioError(f"the dataset {where} needs the package datasets: pip install datasets") from error
        try:
            data = _load(datasets, where)
        except StudioError:
            raise
        except Exception as error:  # network, hub and scripts raise anything
            reason = " ".join(str(error).split())[:200]
            raise StudioError(f"the dataset {where} cannot be had ({type(error).__name__}: {reason})") from error
        columns = [key for key, kind in data.features.items() if isinstance(kind, datasets.Image)]
        if not columns or not len(data):
            raise StudioError(f"the dataset {where} has no pictures, but the columns {', '.join(data.features)}")
        # Undecoded: the bytes go through the project's own, careful decoder.
        self._data = data.cast_column(columns[0], datasets.Image(decode=False))
        self._column, self._where, self._wanted = columns[0], _everywhere(where), labels
        self.name = name or re.split(r"[:@]", where.removeprefix(_PREFIX))[0].rstrip("/").rsplit("/", 1)[-1]
        self.key = f"hub/{data._fingerprint}/{columns[0]}"
        self.labels = None
        kinds = [key for key, kind in data.features.items() if isinstance(kind, datasets.ClassLabel)]
        if kinds:
            names = data.features[kinds[0]].names
            found = np.array([-1 if number is None else number for number in data[kinds[0]]], np.int64)
            self.classes, self.labels = match_classes([names[i] if i >= 0 else "" for i in found], labels)

    def __len__(self) -> int:
        return len(self._data)

    def load(self, index: int) -> Image.Image:
        """The image in the dataset."""
        found = self._data[index][self._column]
        if not found or not (found.get("bytes") or found.get("path")):
            raise ImageError(f"{self.caption(index)} is empty.")
        return decode_image(found["bytes"] or found["path"], name=self.caption(index))

    def caption(self, index: int) -> str:
        """The number of the image."""
        return f"{self.name} {index + 1}"

    def _arguments(self) -> dict[str, Any]:
        return {"where": self._where, "labels": self._wanted}


def _folder(where: str) -> Path | None:
    """The folder of a dataset that ``save_to_disk`` wrote; None for a name on the hub."""
    folder = Path(where.partition("@")[0]).expanduser()
    return folder.absolute() if not where.startswith(_PREFIX) and folder.is_dir() else None


def _everywhere(where: str) -> str:
    """The same place, said so that it means the same in another working directory."""
    folder = _folder(where)
    return where if folder is None else f"{folder}{''.join(where.partition('@')[1:])}"


def _load(datasets: Any, where: str) -> Any:
    split = where.partition("@")[2]
    if (folder := _folder(where)) is not None:
        data = datasets.load_from_disk(str(folder))
        return data[_choose(where, split, list(data))] if hasattr(data, "keys") else data
    parts = _ID.fullmatch(where.removeprefix(_PREFIX))
    if parts is None:
        raise StudioError(f"{where!r} is no dataset of the hub; expected hf:ORG/NAME, hf:ORG/NAME:CONFIG@SPLIT")
    known = datasets.get_dataset_split_names(parts["id"], parts["config"])
    chosen = _choose(where, parts["split"] or "", known)
    return datasets.load_dataset(parts["id"], parts["config"], split=chosen)


def _choose(where: str, split: str, known: Sequence[str]) -> str:
    if split and split not in known:
        raise StudioError(f"the dataset {where} has no split {split!r}; it has {', '.join(known)}")
    return split or next((name for name in _SPLITS if name in known), known[0])
