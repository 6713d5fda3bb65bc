"""Files of models on this machine: found, read with one clear reason where they are damaged, and hashed."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ood_studio.core.pointers import POINTER, is_pointer
from ood_studio.hub.bundled import BundledModel
from ood_studio.hub.errors import CannotLoad, first_line

State = tuple[tuple[str, int, int], ...]


def folder_state(folder: Path | None) -> State:
    """Names, sizes and times of the files below a folder, which training may replace; nothing where there is none."""
    try:
        files = sorted(folder.rglob("*")) if folder else []
        found = [(str(file), file.stat()) for file in files if file.is_file()]
        return tuple((name, about.st_size, about.st_mtime_ns) for name, about in found)
    except OSError:  # loading says what is wrong with it
        return ()


def folder_words(folder: Path, model: BundledModel | None) -> tuple[str, str]:
    """What messages call a model's folder, and what they add of a bundled one: how it is made."""
    if model is None:
        return str(folder), ""
    return f"assets/{model.folder_name}", f" (made by {model.trained_by})"


def weights_in(folder: Path, preferred: Sequence[str]) -> Path | None:
    """The weights file that open_clip and timm themselves take from a folder."""
    others = sorted(folder.glob("*.safetensors")) + sorted([*folder.glob("*.bin"), *folder.glob("*.pth")])
    return next((path for path in [*(folder / name for name in preferred), *others] if path.is_file()), None)


def files_in(folder: Path, config: str, preferred: Sequence[str], model: BundledModel | None) -> tuple[Path, Path]:
    """The configuration and the weights file of a model in a folder.

    Args:
        folder: where they should be.
        config: the file name of the configuration.
        preferred: file names of weights, the best first.
        model: the bundled model that it is, if any.

    Raises:
        CannotLoad: when either is missing or the folder cannot be read.
    """
    shown, hint = folder_words(folder, model)
    try:
        if not folder.is_dir():
            raise CannotLoad(f"there is no folder {shown}{hint}")
        if not (folder / config).is_file():
            raise CannotLoad(f"the folder {shown} has no {config}{hint}")
        weights = weights_in(folder, preferred)
    except OSError as error:
        raise CannotLoad(f"its folder cannot be read ({first_line(error)})") from error
    if weights is None:
        named = [name for name in preferred if name.endswith(".bin")]
        others = sorted([*folder.glob("*.pt"), *folder.glob("*.ckpt")]) if named else []
        rename = f"; call {others[0].name} {named[0]}" if others else ""
        raise CannotLoad(f"the folder {shown} has no weights file {preferred[0]}{rename}{hint}")
    if is_pointer(weights):
        raise CannotLoad(f"its weights file {weights.name} {POINTER}")
    return folder / config, weights


def read_json(path: Path) -> dict[str, Any]:
    """A model's configuration file.

    Raises:
        CannotLoad: when it is not a JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CannotLoad(f"its {path.name} is not valid JSON ({first_line(error)})") from error
    if not isinstance(content, dict):
        raise CannotLoad(f"its {path.name} is not a JSON object")
    return content


def check_headers(folder: Path, files: Sequence[str]) -> None:
    """Reads the headers of a model's safetensors files, so that a damaged one is named.

    Raises:
        CannotLoad: naming the file.
    """
    from safetensors import SafetensorError, safe_open

    for file in files:
        if is_pointer(folder / file):
            raise CannotLoad(f"its weights file {file} {POINTER}")
        try:
            with safe_open(folder / file, "pt"):
                pass
        except (SafetensorError, OSError) as error:
            raise CannotLoad(f"its weights file {file} is damaged ({first_line(error)})") from error


def parameter_count(weights: Path) -> int:
    """How many numbers a safetensors file holds, from its header; 0 where it is damaged."""
    try:
        with open(weights, "rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        return sum(math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, MemoryError):
        return 0


def fingerprint(weights: Path, settings: Sequence[Any], others: Iterable[Path] = ()) -> str:
    """A hash of a weights file, of settings that can be written as JSON, and of other files with their names."""
    weights = weights.resolve()
    digest = hashlib.sha256()
    # The hub's cache names large files by their SHA-256 already.
    in_cache = weights.parent.name == "blobs" and len(weights.name) == 64
    digest.update(weights.name.encode() if in_cache else _sha256(weights).encode())
    digest.update(json.dumps(settings, sort_keys=True, default=str).encode())
    for file in others:
        digest.update(f"{file.name} {_sha256(file)}".encode())
    return digest.hexdigest()[:32]


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
