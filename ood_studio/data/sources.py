"""Images from wherever a person says: one function tells the kinds apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ood_studio.core.errors import StudioError
from ood_studio.data.arrays import FEATURE_SUFFIXES, FeatureDataset
from ood_studio.data.dataset import Dataset
from ood_studio.data.folders import FolderDataset
from ood_studio.data.hub import HubDataset, is_hub_id, is_saved
from ood_studio.data.image_lists import ImageListDataset
from ood_studio.data.zips import ZipDataset

_KINDS = "a folder, a .zip, an image list (.txt), features (.npy, .safetensors, .parquet) or hf:ORG/NAME"


def open_dataset(where: str, *, name: str = "", labels: Sequence[str] | None = None, root: str = "") -> Dataset:
    """The images at a place: a folder, a zip archive, an OpenOOD image list, features, or a Hugging Face dataset.

    Args:
        where: a path, or ``hf:ORG/NAME[:CONFIG][@SPLIT]`` (``hf:`` may be left out where no such path exists).
        name: for people and rows; that of the file or folder where empty.
        labels: what the images' labels index; None for the classes of the data themselves, none for no labels.
        root: where the paths of an image list start.

    Raises:
        StudioError: one sentence that says what is wrong, or what was expected.
    """
    given = where.strip()
    if not given:
        raise StudioError(f"say where the pictures are: {_KINDS}")
    path = Path(given).expanduser()
    before, _, _ = given.partition("@")
    try:
        if path.is_dir():
            return HubDataset(given, name, labels) if is_saved(path) else FolderDataset(path, name, labels)
        if "@" in given and is_saved(Path(before).expanduser()):
            return HubDataset(given, name, labels)
        is_file = path.is_file()
    except (OSError, ValueError) as error:
        raise StudioError(f"{given!r} cannot be read ({error})") from error
    if not is_file:
        if is_hub_id(given):
            return HubDataset(given, name, labels)
        raise StudioError(f"there is nothing at {given!r}; expected {_KINDS}")
    suffix = path.suffix.lower()
    if suffix == ".zip":
        return ZipDataset(path, name, labels)
    if suffix == ".txt":
        return ImageListDataset(path, name, labels, root)
    if suffix in FEATURE_SUFFIXES:
        return FeatureDataset(path, name, labels)
    raise StudioError(f"{path.name} is of no kind that can be read; expected {_KINDS}")
