"""Adapters on disk: safetensors with a JSON header, under a name and the key of their content."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from safetensors import SafetensorError, safe_open
from torch import Tensor

from ood_studio.adapters.base import Adapted, Adapter
from ood_studio.adapters.loop import State
from ood_studio.adapters.record import AdapterError, Record
from ood_studio.adapters.registry import ADAPTERS
from ood_studio.backbones import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.files import sweep, write_bytes
from ood_studio.core.kept import KEPT
from ood_studio.core.locks import sole_writer
from ood_studio.core.parameters import names, read_texts
from ood_studio.core.paths import ASSETS
from ood_studio.core.tensor_files import checksum, write_tensors

SUFFIX = ".safetensors"
BUNDLED = ASSETS / "adapters"
"""Where the adapters lie that come with the studio."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SEPARATOR = "@"  # between the name and the key

_SAVING = threading.Lock()

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class SavedAdapter:
    """An adapter that lies on disk.

    Attributes:
        name: what it is called.
        path: its file.
        record: what it says about itself.
    """

    name: str
    path: Path
    record: Record

    @property
    def bundled(self) -> bool:
        """Whether it comes with the studio: nobody has saved it, and nobody removes it."""
        return self.path.parent == BUNDLED

    def adapted(self, backbone: Backbone, labels: tuple[str, ...], negative_labels: tuple[str, ...]) -> Adapted:
        """The adapter on a backbone and with labels.

        Raises:
            AdapterError: one sentence, if the file is damaged, the kind is not known here, or it does not fit.
        """
        record, tensors = _read(self.path, self.name, whole=True)
        return Adapted(kind_of(record, self.name), backbone, tensors, record, labels, negative_labels)


def save(adapted: Adapted, name: str) -> SavedAdapter:
    """Keeps an adapter under a name; the file is there whole or not at all.

    Args:
        adapted: what to keep.
        name: small letters, digits, dots, hyphens and underscores. What has it already makes room only for the same
            content.

    Raises:
        AdapterError: for such a name, one that is taken, or a disk that refuses; what was there stays.
        StudioError: where another process has been saving one for a while.
    """
    return _keep(name, adapted.record, lambda path: export(adapted, path))


def keep_file(path: Path, name: str = "") -> SavedAdapter:
    """Keeps an adapter's file, such as one from another machine, under a name.

    Args:
        path: of the file.
        name: the file's own where empty, with its key where that is taken by another.

    Raises:
        AdapterError: for a file that is no adapter or a damaged one, and as `save`.
    """
    record, _ = _read(path, path.name, whole=True)
    if not name:
        name = re.sub(r"[^a-z0-9._-]+", "-", _name_of(path).lower()).strip("-._") or record.adapter
        if any(not other.stem.endswith(record.key) for other in _files(name)):
            name = f"{name}-{record.key[:8]}"
    return _keep(name, record, lambda target: write_bytes(target, path.read_bytes()))


def export(adapted: Adapted, path: Path) -> None:
    """Writes an adapter to a file of one's own.

    Raises:
        AdapterError: if the disk refuses; then the file is as it was before.
    """
    tensors = dict(adapted.tensors)
    try:
        write_tensors(path, tensors, {"adapter": adapted.record.to_json(), "crc32": checksum(tensors)})
    except OSError as error:
        raise AdapterError(f"the adapter cannot be saved in {path} ({error.strerror or error})") from error


def saved_adapters() -> list[SavedAdapter]:
    """Every adapter in the cache, and of those that come with the studio, that can be read, by name; damaged ones are
    named in a warning."""
    found: dict[str, SavedAdapter] = {}
    for path in [*_all(BUNDLED), *_all(_folder())]:  # of one that was saved once more, what was saved
        try:
            found[_name_of(path)] = _saved(path)
        except AdapterError as error:
            _log.warning("%s", error)
    return [found[name] for name in sorted(found)]


def find_adapter(name: str) -> SavedAdapter:
    """A saved adapter by its name, or by the path of a file.

    Raises:
        AdapterError: listing those that there are, or for a damaged file.
    """
    if name.endswith(SUFFIX):
        if not Path(name).is_file():
            raise AdapterError(f"there is no file {name}")
        return _saved(Path(name))
    files = _files(name)
    if not files:
        there = sorted({_name_of(path) for path in [*_all(_folder()), *_all(BUNDLED)]})
        has = f"there are {', '.join(there)}" if there else "none is saved yet; python -m ood_studio adapt trains one"
        raise AdapterError(f"there is no adapter {name}; {has}")
    return _saved(files[0])


def remove(name: str) -> None:
    """Removes a saved adapter, damaged or not.

    Raises:
        AdapterError: if there is none of that name, it comes with the studio, or the disk refuses.
    """
    files = [path for path in _files(name) if path.parent != BUNDLED]
    if not files and find_adapter(name).bundled:
        raise AdapterError(f"the adapter {name} comes with the studio, and stays")
    try:
        for path in files:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise AdapterError(f"the adapter {name} cannot be removed ({error.strerror or error})") from error


# --- trainings that were interrupted ------------------------------------------------------------------------------


def keep_state(key: str, state: State) -> None:
    """Keeps an unfinished training; a disk that refuses costs a warning, not the training."""
    tensors = dict(state.tensors)
    about = {"epoch": str(state.epoch), "step": str(state.step), "history": json.dumps([*state.history])}
    about["crc32"] = checksum(tensors)
    try:
        write_tensors(_state_file(key), tensors, about)
        KEPT["unfinished"].make_room(keep=_state_file(key))
    except OSError as error:
        _log.warning("the training could not be kept (%s); stopped, it would begin anew", error.strerror or error)


def kept_state(key: str) -> State | None:
    """An unfinished training; None where there is none, or a damaged one."""
    path = _state_file(key)
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
            about = file.metadata() or {}
        if checksum(tensors) != about["crc32"]:
            raise ValueError("checksum")
        return State(int(about["epoch"]), tensors, tuple(json.loads(about["history"])), int(about.get("step", 0)))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, SafetensorError, ValueError, KeyError) as error:
        _log.warning("the unfinished training %s is damaged (%s); it begins anew", path, error)
        return None


def forget_state(key: str) -> None:
    """Removes an unfinished training."""
    with suppress(OSError):
        _state_file(key).unlink(missing_ok=True)


# ------------------------------------------------------------------------------------------------------------------


def _keep(name: str, record: Record, write: Callable[[Path], None]) -> SavedAdapter:
    """Of two people who take the same name at once, in one process or in two, one has it."""
    _check_name(name)
    folder = _folder()
    path = folder / f"{name}{_SEPARATOR}{record.key}{SUFFIX}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _SAVING, sole_writer(folder):
            if others := [other for other in _files(name) if other.name != path.name]:
                ways = ", which comes with the studio;" if others[0].parent == BUNDLED else "; remove it first or"
                raise AdapterError(f"there is an adapter {name} with other content{ways} take another name")
            write(path)
    except OSError as error:
        raise AdapterError(f"the adapter cannot be saved in {path} ({error.strerror or error})") from error
    sweep(folder)
    return SavedAdapter(name, path, record)


def _folder() -> Path:
    return KEPT["adapters"].place


def _state_file(key: str) -> Path:
    return KEPT["unfinished"].place / f"{key}{SUFFIX}"


def _files(name: str) -> list[Path]:
    """What has that name: what was saved, then what comes with the studio."""
    _check_name(name)
    return [path for folder in (_folder(), BUNDLED) for path in sorted(folder.glob(f"{name}{_SEPARATOR}*{SUFFIX}"))]


def _all(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"[!.]*{_SEPARATOR}*{SUFFIX}"))


def _name_of(path: Path) -> str:
    return path.name.removesuffix(SUFFIX).partition(_SEPARATOR)[0]


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise AdapterError(
            f"an adapter's name has small letters, digits, dots, hyphens and underscores, up to 64, not {name!r}"
        )


def _saved(path: Path) -> SavedAdapter:
    name = _name_of(path)
    return SavedAdapter(name, path, _read(path, name, whole=False)[0])


def _read(path: Path, name: str, *, whole: bool) -> tuple[Record, Mapping[str, Tensor]]:
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()} if whole else {}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise AdapterError(f"the adapter {name} is damaged or gone ({error}); train it again") from error
    if "adapter" not in about:
        raise AdapterError(f"{path.name} is no adapter of this studio")
    record = Record.from_json(about["adapter"], name)
    if whole and checksum(tensors) != about.get("crc32"):
        raise AdapterError(f"the adapter {name} is damaged: its numbers have changed since it was saved")
    return record, tensors


def kind_of(record: Record, name: str) -> Adapter:
    """The kind of an adapter with its hyper-parameters, from what it says about itself.

    Raises:
        AdapterError: for a kind that is not here, or parameters that it does not have.
    """
    if record.adapter not in ADAPTERS:
        raise AdapterError(
            f"the adapter {name} is of the kind {record.adapter}, which is not here; a plug-in may bring it"
        )
    kind: Any = ADAPTERS[record.adapter]
    unknown = record.parameters.keys() - names(kind).values()
    if unknown:
        raise AdapterError(f"the adapter {name} has a parameter that {record.adapter} does not have: {min(unknown)}")
    try:
        return cast(Adapter, read_texts(kind, record.parameters))
    except StudioError as error:
        raise AdapterError(f"the adapter {name} cannot be read: {error}") from error
