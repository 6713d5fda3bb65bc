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
_ID = re.compile(r"(?P<id>[\w.-]+/[\w.-]+)(:(?P<config>[\w.-]+))?(@[\w.-]+)?")
_SPLITS = ("test", "validation", "train")  # the first that there is, unless one is named


def names_hub(where: str) -> bool:
    """Whether this is a dataset of the hub, ``hf:...``."""
    return where.startswith(_PREFIX)


def is_hub_id(where: str) -> bool:
    """Whether this reads ``ORG/NAME``, ``ORG/NAME:CONFIG`` or ``ORG/NAME@SPLIT``, with or without ``hf:`` before it."""
    name = where.removeprefix(_PREFIX).partition("#")[0]
    return _ID.fullmatch(name) is not None and not name.startswith(".")


def place_in(where: str) -> str:
    """What stands before ``[@SPLIT][#IMAGES[,LABELS]]``: of a path the longest part that is a folder, whatever signs
    are in its name; else all before the first of these signs.

    Raises:
        OSError, ValueError: for a text that no system takes for a path.
    """
    ends = [sign.start() for sign in re.finditer(r"(?<=.)[@#]|\Z", where)]
    if not names_hub(where):
        ends = [*(end for end in reversed(ends) if given_path(where[:end]).is_dir()), *ends]
    return where[: ends[0]]


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
        place = place_in(where)
        folder = _folder(place)
        split, _, columns = where[len(place) :].removeprefix("@").partition("#")
        try:
            data, note = _load(datasets, place, folder, split)
        except StudioError:
            raise
        except Exception as error:  # network, hub and scripts raise anything
            reason = " ".join(str(error).split())[:200]
            raise StudioError(f"the dataset {where} cannot be had ({type(error).__name__}: {reason})") from error
        if not len(data):
            raise _empty(where)
        images, _, wanted = columns.partition(",")
        named = f"{place}@{split}" if split else place
        column = choose_images(datasets, data.features, named, images.strip())
        # Undecoded: the bytes go through the project's own, careful decoder. Other columns are read with no image.
        self._data = data.select_columns([column]).cast_column(column, datasets.Image(decode=False))
        self._where = f"{folder}{where[len(place) :]}" if folder else where
        self._column, self._wanted = column, labels
        called = folder.name if folder else place.partition(":")[2].partition(":")[0].rpartition("/")[2]
        self.name = readable(name or called)
        self.key, self.place = f"hub/{data._fingerprint}/{column}", readable(where)
        self.labels, self.notes = None, (note,) if note else ()
        if labels != ():
            self._label(datasets, data, choose_labels(datasets, data.features, named, column, wanted.strip()), labels)

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


def _folder(place: str) -> Path | None:
    """The folder of a dataset, whole, so that it means the same elsewhere; None for a name on the hub."""
    folder = given_path(place)
    return folder.absolute() if not names_hub(place) and folder.is_dir() else None


def _load(datasets: Any, where: str, folder: Path | None, split: str) -> tuple[Any, str]:
    """The data, and a sentence about where they are from; empty where they are from where they were said to be."""
    if folder is not None:
        if is_saved(folder):
            return _load_saved(datasets, where, folder, split), ""
        return _load_whole(datasets, where, str(folder), split, None), ""
    parts = _ID.fullmatch(where.removeprefix(_PREFIX))
    if parts is None:
        raise StudioError(f"{where!r} is no dataset of the hub; expected hf:ORG/NAME, hf:ORG/NAME:CONFIG@SPLIT")
    name, config = parts["id"], parts["config"]
    if no_hub := why_no_hub():
        held = prepared_dataset(name, config) or cached_dataset(name)
        if held is None:
            raise StudioError(
                f"the dataset {where} cannot be had: {no_hub}, and it is not in the local Hugging Face cache"
            )
        note = f"{name} is read from the local Hugging Face cache, as {no_hub}"
        if (held / _ABOUT).is_file():
            return _load_prepared(datasets, where, held, split), note
        return _load_whole(datasets, where, str(held), split, config), note
    return _load_whole(datasets, where, name, split, config), ""


def _load_whole(datasets: Any, where: str, name: str, split: str, config: str | None) -> Any:
    """A dataset of the hub, or a folder as one lies there: tables, or images with their metadata."""
    known = datasets.get_dataset_split_names(name, config)
    return datasets.load_dataset(name, config, split=_choose(where, split, known))


def _load_prepared(datasets: Any, where: str, folder: Path, split: str) -> Any:
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
