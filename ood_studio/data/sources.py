"""Images from wherever a person says: one function tells the kinds apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ood_studio.core.errors import StudioError
from ood_studio.core.paths import given_path
from ood_studio.core.pointers import POINTER, is_pointer
from ood_studio.core.unicode import readable
from ood_studio.data.arrays import FEATURE_SUFFIXES, FeatureDataset
from ood_studio.data.dataset import Dataset
from ood_studio.data.feature_files import why_no_array
from ood_studio.data.folders import FolderDataset
from ood_studio.data.hub import HubDataset, holds_tables, is_hub_id, is_saved, names_hub, place_in
from ood_studio.data.image_lists import ImageListDataset
from ood_studio.data.kinds import kind_of
from ood_studio.data.parquet_images import ParquetImageDataset, holds_images
from ood_studio.data.zips import ZipDataset

_KINDS = (
    "a folder, a .zip or .parquet of pictures, an image list (.txt), features (.npy, .safetensors, .parquet) or "
    "hf:ORG/NAME"
)
_SHOWN = 1_000  # signs of a path
_FILES = (".zip", ".txt", *FEATURE_SUFFIXES)


def open_dataset(where: str, *, name: str = "", labels: Sequence[str] | None = None, root: str = "") -> Dataset:
    """The images at a place: a folder, a zip archive, an OpenOOD image list, features, or a Hugging Face dataset.

    Args:
        where: a path, or ``hf:ORG/NAME[:CONFIG][@SPLIT][#IMAGES[,LABELS]]``, see `HubDataset`.
        name: for people and rows; that of the file or folder where empty.
        labels: what the images' labels index; None for the classes of the data themselves, none for no labels.
        root: where the paths of an image list start.

    Raises:
        StudioError: one sentence that says what is wrong, or what was expected.
    """
    given = where.strip()
    if not given:
        raise StudioError(f"say where the pictures are: {_KINDS}")
    path = given_path(given)
    if names_hub(given):
        return HubDataset(given, name, labels)
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
        before = given_path(place_in(given))
        saved = is_saved(path) if is_folder else not is_file and before.is_dir() and _is_of_hub(before)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise StudioError(f"{readable(given[:_SHOWN])!r} cannot be read ({reason})") from error
    if saved:
        return HubDataset(given, name, labels)
    if is_folder:
        try:
            return FolderDataset(path, name, labels)
        except StudioError:
            if not holds_tables(path):
                raise
        return HubDataset(given, name, labels)
    if not is_file:
        raise StudioError(_nothing_there(given, path))
    if is_pointer(path):
        raise StudioError(f"{path.name} {POINTER}")
    suffix = path.suffix.lower()
    if suffix == ".zip":
        return ZipDataset(path, name, labels)
    if suffix == ".txt":
        return ImageListDataset(path, name, labels, root)
    if suffix == ".parquet" and holds_images(path):
        return ParquetImageDataset(path, name, labels)
    if suffix in FEATURE_SUFFIXES:
        return FeatureDataset(path, name, labels)
    if why := why_no_array(path):
        raise StudioError(why)
    kind = kind_of(path)
    if kind == "zip":
        return ZipDataset(path, name, labels)
    what = "is a single picture" if kind == "image" else "is of no kind that can be read"
    raise StudioError(f"{readable(path.name)} {what}; expected {_KINDS}")


def _is_of_hub(folder: Path) -> bool:
    return is_saved(folder) or holds_tables(folder)


def _nothing_there(given: str, path: Path) -> str:
    kind = "file" if path.suffix.lower() in _FILES else "folder"
    hub = f"; a dataset of the Hugging Face Hub is named hf:{given}" if is_hub_id(given) else ""
    shown = "".join(sign if sign.isprintable() else "?" for sign in readable(given[:_SHOWN]))
    return f"there is no {kind} {shown}{hub}; expected {_KINDS}"
