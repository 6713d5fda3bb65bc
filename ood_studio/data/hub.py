"""Data sets of the Hugging Face hub, their tables in a folder, or saved by ``Dataset.save_to_disk``."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.paths import given_path
from ood_studio.core.unicode import readable
from ood_studio.data.classes import value_classes
from ood_studio.data.dataset import Dataset
from ood_studio.data.hub_columns import choose_images, choose_labels
from ood_studio.data.images import ImageError, decode_image
from ood_studio.hub.cache import cached_dataset, prepared_dataset
from ood_studio.hub.download import why_no_hub

_PREFIX = "hf:"
_ABOUT = "dataset_info.json"
_ID = re.compile(r"(?P<id>[\w.-]+/[\w.-]+)(:(?P<config>[\w.-]+))?(@(?P<split>[\w.-]+))?")
_SPLITS = ("test", "validation", "train")  # the first that there is, unless one is named


def names_hub(where: str) -> bool:
    """Whether this is a dataset of the hub, ``hf:...``."""
    return where.startswith(_PREFIX)


def is_hub_id(where: str) -> bool:
    """Whether this reads ``ORG/NAME``, ``ORG/NAME:CONFIG`` or ``ORG/NAME@SPLIT``, with or without ``hf:`` before it."""
    name = where.removeprefix(_PREFIX).partition("#")[0]
    return _ID.fullmatch(name) is not None and not name.startswith(".")


def is_saved(folder: Path) -> bool:
    """Whether a folder is one that ``save_to_disk`` wrote; a folder of images may hold a ``dataset_info.json`` too."""
    whole = (folder / _ABOUT).is_file() and (folder / "state.json").is_file()
    return whole or (folder / "dataset_dict.json").is_file()


def holds_tables(folder: Path) -> bool:
    """Whether a folder holds tables, ``.parquet`` or ``.arrow``, as data sets lie on the hub and in its cache."""
    return any(next(folder.rglob(f"*{suffix}"), None) for suffix in (".parquet", ".arrow"))


class HubDataset(Dataset):
    """The images of a dataset with a column of images; a column of class labels, names or numbers gives the labels.

    Args:
        where: ``hf:ORG/NAME[:CONFIG][@SPLIT][#IMAGES[,LABELS]]``, the names of its columns at last, or in place of
            ``hf:ORG/NAME`` a folder that ``save_to_disk`` wrote, or one of tables. Where the hub cannot be asked, what
            lies in the local Hugging Face cache counts.
        name: for people and rows; the dataset's own where empty.
        labels: what the images' labels index; None for the dataset's own class names.

    Raises:
        StudioError: if the package ``datasets`` is missing, or the dataset cannot be had, is empty, holds no images, or
            has several columns of images or labels and none is named.
    """

    def __init__(self, where: str, name: str = "", labels: Sequence[str] | None = None) -> None:
        try:
            import datasets  # type: ignore[import-not-found,unused-ignore]
        except ImportError as error:
            raise StudioError(f"the dataset {where} needs the package datasets: pip install datasets") from error
        place, _, columns = where.partition("#")
        try:
            data, note = _load(datasets, place)
        except StudioError:
            raise
        except Exception as error:  # network, hub and scripts raise anything
            reason = " ".join(str(error).split())[:200]
            raise StudioError(f"the dataset {where} cannot be had ({type(error).__name__}: {reason})") from error
        if not len(data):
            raise _empty(where)
        images, _, wanted = columns.partition(",")
        column = choose_images(datasets, data.features, where, images.strip())
        # Undecoded: the bytes go through the project's own, careful decoder.
        self._data = data.cast_column(column, datasets.Image(decode=False))
        self._column, self._where, self._wanted = column, _everywhere(where), labels
        self.name = readable(name or re.split(r"[:@]", place.removeprefix(_PREFIX))[0].rstrip("/").rsplit("/", 1)[-1])
        self.key, self.place = f"hub/{data._fingerprint}/{column}", readable(where)
        self.labels, self.notes = None, (note,) if note else ()
        if labels != ():
            self._label(datasets, data, choose_labels(datasets, data.features, where, column, wanted.strip()), labels)

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

    def _label(self, datasets: Any, data: Any, column: str, labels: Sequence[str] | None) -> None:
        """Takes the labels of a column: classes, names, or numbers that refer to ``labels`` by their places."""
        if not column:
            return
        kind, values = data.features[column], list(data[column])
        if isinstance(kind, datasets.ClassLabel):
            values = [kind.names[i] if i is not None and i >= 0 else "" for i in values]
        found = value_classes(values, labels, self.name)
        self.classes, self.labels, self.numbered = found.names, found.labels, found.numbered
        self.notes = (*self.notes, *found.notes)


def _folder(where: str) -> Path | None:
    """The folder of a dataset that ``save_to_disk`` wrote; None for a name on the hub."""
    folder = given_path(where.partition("#")[0].partition("@")[0])
    return folder.absolute() if not where.startswith(_PREFIX) and folder.is_dir() else None


def _everywhere(where: str) -> str:
    """The same place, said so that it means the same in another working directory."""
    folder = _folder(where)
    if folder is None:
        return where
    place, sharp, columns = where.partition("#")
    return f"{folder}{''.join(place.partition('@')[1:])}{sharp}{columns}"


def _load(datasets: Any, where: str) -> tuple[Any, str]:
    """The data, and a sentence about where they are from; empty where they are from where they were said to be."""
    split = where.partition("@")[2]
    if (folder := _folder(where)) is not None:
        saved = is_saved(folder)
        return (_load_saved if saved else _load_tables)(datasets, where, folder, split), ""
    parts = _ID.fullmatch(where.removeprefix(_PREFIX))
    if parts is None:
        raise StudioError(f"{where!r} is no dataset of the hub; expected hf:ORG/NAME, hf:ORG/NAME:CONFIG@SPLIT")
    name, config, split = parts["id"], parts["config"], parts["split"] or ""
    if no_hub := why_no_hub():
        held = prepared_dataset(name, config) or cached_dataset(name)
        if held is None:
            raise StudioError(
                f"the dataset {where} cannot be had: {no_hub}, and it is not in the local Hugging Face cache"
            )
        prepared = (held / _ABOUT).is_file()
        data = (_load_prepared if prepared else _load_tables)(datasets, where, held, split, config)
        return data, f"{name} is read from the local Hugging Face cache, as {no_hub}"
    return _load_whole(datasets, where, name, split, config), ""


def _load_whole(datasets: Any, where: str, name: str, split: str, config: str | None) -> Any:
    known = datasets.get_dataset_split_names(name, config)
    return datasets.load_dataset(name, config, split=_choose(where, split, known))


def _load_tables(datasets: Any, where: str, folder: Path, split: str, config: str | None = None) -> Any:
    """A dataset as it lies on the hub: tables, or images with their metadata."""
    return _load_whole(datasets, where, str(folder), split, config)


def _load_prepared(datasets: Any, where: str, folder: Path, split: str, _: str | None = None) -> Any:
    """A dataset as the library keeps it: files of Arrow, each of a split."""
    about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
    chosen = _choose(where, split, list(about["splits"]))
    files = sorted(folder.glob(f"*-{chosen}.arrow")) or sorted(folder.glob(f"*-{chosen}-*-of-*.arrow"))
    if not files:
        raise StudioError(f"the split {chosen} of the dataset {where} is not whole in the local Hugging Face cache")
    return datasets.concatenate_datasets([datasets.Dataset.from_file(str(file)) for file in files])


def _load_saved(datasets: Any, where: str, folder: Path, split: str) -> Any:
    """A dataset that ``save_to_disk`` wrote, of several splits the one that is asked for: a bad one costs no other."""
    several = folder / "dataset_dict.json"
    if several.is_file():
        folder = folder / _choose(where, split, json.loads(several.read_text(encoding="utf-8"))["splits"])
    state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    if not state["_data_files"]:  # which `load_from_disk` cannot open
        raise _empty(where)
    return datasets.load_from_disk(str(folder))


def _empty(where: str) -> StudioError:
    return StudioError(f"the dataset {where} is empty: there is no row in it")


def _choose(where: str, split: str, known: Sequence[str]) -> str:
    if not known:
        raise StudioError(f"the dataset {where} is empty: it has no split")
    if split and split not in known:
        raise StudioError(f"the dataset {where} has no split {split!r}; it has {', '.join(known)}")
    return split or next((name for name in _SPLITS if name in known), known[0])
