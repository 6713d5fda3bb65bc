"""Image features of whole sets of pictures, computed once and kept on disk.

A set's features lie in ``cache/features/KEY/``. While it is encoded there is a file ``NUMBER.safetensors`` for every
`SHARD` pictures; at the end they become one file, which is read as a memory map. KEY is a hash of the set's key, the
backbone's fingerprint (which covers its preprocessing) and whether patches are kept.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import struct
import threading
from collections import OrderedDict, deque
from collections.abc import Collection, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ood_studio.backbones import Backbone
from ood_studio.core.disk import make_room
from ood_studio.core.errors import StudioError
from ood_studio.core.files import scratch_file
from ood_studio.core.locks import KeyedLocks
from ood_studio.core.paths import cache_dir
from ood_studio.core.progress import Progress, silent
from ood_studio.core.tensor_files import checksum, write_tensors
from ood_studio.data.arrays import FeatureDataset
from ood_studio.data.dataset import Dataset

SHARD = 1024  # pictures in a file while a set is encoded: what a killed run may lose
SPACES = ("joint", "visual", "patches")
_BATCH = 64
_AHEAD = 3  # batches that are decoded while one is encoded
_MEMORY_BYTES = 512 * 2**20  # of features that the disk refused
_VERSION = 1  # of the file format
_FINISHED = "features.safetensors"
_TYPES = {torch.float32: "F32", torch.float16: "F16", torch.int64: "I64"}  # as safetensors names them

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class DatasetFeatures:
    """Features of a set's readable pictures, on the CPU; memory-mapped: do not write to them.

    Attributes:
        joint: (n, dim) float32, unit norm; None where the model has no text tower.
        visual: (n, width) float32, before the projection, not normalised.
        patches: (n, rows, columns, dim) float16, unit norm; None where not asked for, or the model has none.
        rows: (n,) int64, which picture of the set each row is, ascending.
        problems: caption of each unreadable picture -> why.
    """

    joint: Tensor | None
    visual: Tensor | None
    patches: Tensor | None
    rows: NDArray[np.int64]
    problems: dict[str, str]


def dataset_features(
    backbone: Backbone, pictures: Dataset, spaces: Collection[str], progress: Progress = silent
) -> DatasetFeatures:
    """Features of a set of pictures, encoded batch by batch unless kept on disk.

    A run that was stopped or killed is taken up where its last file ends. Damaged files are named in a warning and
    built again; where the disk is full or read-only, a warning says so and the features are kept in memory. At most
    ``OOD_STUDIO_FEATURES_GB`` (20 where not set) lie on disk: the sets that were longest unused go first.

    Args:
        spaces: of `SPACES`; others may be there too, where they cost nothing.

    Raises:
        StudioError: if no picture can be read, a space is unknown, or features are not finite.
        Stopped: as ``progress`` raises it.
    """
    unknown = sorted(set(spaces) - set(SPACES))
    if unknown:
        raise StudioError(f"unknown features {unknown[0]!r}; expected some of {', '.join(SPACES)}")
    if isinstance(pictures, FeatureDataset):
        given = pictures.features(backbone.name, backbone.dim)
        return _dataset_features(given, np.arange(len(pictures)), {})
    kinds = ("patches",) if "patches" in spaces and backbone.has_patches else ("plain", "patches")
    keys = [_key(backbone, pictures, kind) for kind in kinds]
    limit = _limit()
    with _LOCKS.only_one(keys[0], lambda: progress(f"encoding {pictures.name}", 0, len(pictures))):
        found = next((kept for key in keys if (kept := _SHARED.get(key) or _open_finished(key)) is not None), None)
        if found is None:
            found = _Encoding(backbone, pictures, keys[0], kinds[0] == "patches", limit).run(progress)
    if not len(found.rows):
        first = next(iter(found.problems.values()), "there is no picture in it.")
        raise StudioError(f"no picture of {pictures.name} can be read: {first}")
    return found


@dataclass(frozen=True, eq=False)
class _Part:
    """Features of a stretch of pictures: ``rows`` and the spaces by name; nothing but ``rows`` where that is empty."""

    tensors: dict[str, Tensor]
    problems: dict[str, str]


class _Encoding:
    """One set being encoded."""

    def __init__(self, backbone: Backbone, pictures: Dataset, key: str, patches: bool, limit: int) -> None:
        self._backbone, self._pictures, self._key, self._limit = backbone, pictures, key, limit
        self._names = SPACES if patches else SPACES[:2]
        self._folder = _folder(key)
        self._writable = True

    def run(self, progress: Progress) -> DatasetFeatures:
        """All features, and the finished file."""
        stage, total = f"encoding {self._pictures.name}", len(self._pictures)
        starts = range(0, total, SHARD)
        parts = {start: _read_part(self._shard(start)) for start in starts}
        todo = [start for start in starts if parts[start] is None]
        if todo:
            self._pictures.prepare(progress)
        done = sum(min(SHARD, total - start) for start in starts if parts[start] is not None)
        batches = _batches(self._backbone, self._pictures, [range(s, min(s + SHARD, total)) for s in todo])
        try:
            for start in todo:
                rows: list[int] = []
                problems: dict[str, str] = {}
                found: dict[str, list[Tensor]] = {}
                for _ in range(start, min(start + SHARD, total), _BATCH):
                    progress(stage, done, total)
                    batch = next(batches)
                    rows += batch.rows
                    problems |= batch.problems
                    for name, tensor in self._encode(batch.pixels).items():
                        found.setdefault(name, []).append(tensor)
                    done += len(batch.rows) + len(batch.problems)
                tensors = {name: torch.cat(each) for name, each in found.items()}
                parts[start] = self._keep(start, _Part(tensors | {"rows": torch.tensor(rows)}, problems))
        finally:
            batches.close()
        progress(stage, total, total)
        return self._finish([part for start in starts if (part := parts[start]) is not None])

    def _encode(self, pixels: Tensor) -> dict[str, Tensor]:
        if not len(pixels):
            return {}
        with torch.inference_mode():
            features = self._backbone.encode_image(pixels)
        encoded = {}
        for name in self._names:
            tensor = getattr(features, name)
            if tensor is None:
                continue
            if not torch.isfinite(tensor).all():
                raise StudioError(f"{self._backbone.name} gave {name} features that are not finite numbers")
            encoded[name] = tensor.to("cpu", torch.float16 if name == "patches" else torch.float32).contiguous()
        return encoded

    def _shard(self, start: int) -> Path:
        return self._folder / f"{start // SHARD:06d}.safetensors"

    def _keep(self, start: int, part: _Part) -> _Part:
        """The part as it lies on disk now; itself where the disk refuses."""
        # Tensors made in inference mode cannot be written to by those who use them; a copy can.
        part = _Part({name: tensor.clone() for name, tensor in part.tensors.items()}, part.problems)
        if not self._writable:
            return part
        path = self._shard(start)
        try:
            write_tensors(path, part.tensors, {"crc32": checksum(part.tensors), "problems": json.dumps(part.problems)})
        except OSError as error:
            self._refused(error)
            return part
        return _read_part(path) or part

    def _finish(self, parts: Sequence[_Part]) -> DatasetFeatures:
        path = self._folder / _FINISHED
        if self._writable:
            try:
                _join(path, parts)
                for other in self._folder.iterdir():
                    if other != path:
                        with suppress(OSError):  # a system that does not let go of mapped files
                            other.unlink()
                make_room(self._folder.parent, self._limit, keep=self._folder)
                if (kept := _open_finished(self._key)) is not None:
                    return kept
            except OSError as error:
                self._refused(error)
        tensors = {
            name: torch.cat([part.tensors[name] for part in parts if name in part.tensors]) for name in _names(parts)
        }
        features = _dataset_features(tensors, tensors["rows"].numpy(), _problems(parts))
        _SHARED.put(self._key, features)
        return features

    def _refused(self, error: OSError) -> None:
        self._writable = False
        _log.warning(
            "the features of %s could not be kept in %s (%s); they stay in memory and will be computed again next time",
            self._pictures.name,
            self._folder,
            error.strerror or error,
        )


# -- decoding -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Batch:
    rows: list[int]
    pixels: Tensor
    problems: dict[str, str]


def _batches(backbone: Backbone, pictures: Dataset, stretches: Sequence[range]) -> Generator[_Batch, None, None]:
    """Preprocessed pictures, `_BATCH` at a time within each stretch, decoded by a few threads ahead of their use."""

    def read(index: int) -> Tensor | str:
        try:
            return backbone.preprocess([pictures.load(index)])
        except (OSError, ValueError, MemoryError) as error:
            return str(error)

    chunks = (stretch[i : i + _BATCH] for stretch in stretches for i in range(0, len(stretch), _BATCH))
    pool = ThreadPoolExecutor(max(2, min(8, os.cpu_count() or 1)), thread_name_prefix="decode")
    try:
        waiting: deque[list[tuple[int, Future[Tensor | str]]]] = deque()
        for chunk in chunks:
            waiting.append([(index, pool.submit(read, index)) for index in chunk])
            if len(waiting) > _AHEAD:
                yield _gather(pictures, waiting.popleft())
        while waiting:
            yield _gather(pictures, waiting.popleft())
    finally:
        pool.shutdown(cancel_futures=True)


def _gather(pictures: Dataset, jobs: list[tuple[int, Future[Tensor | str]]]) -> _Batch:
    read = [(index, job.result()) for index, job in jobs]
    good = [(index, found) for index, found in read if isinstance(found, Tensor)]
    problems = {pictures.caption(index): found for index, found in read if isinstance(found, str)}
    return _Batch([i for i, _ in good], torch.cat([p for _, p in good]) if good else torch.empty(0), problems)


# -- files ----------------------------------------------------------------------------------------------------------
def _key(backbone: Backbone, pictures: Dataset, kind: str) -> str:
    content = json.dumps([_VERSION, SHARD, backbone.fingerprint, pictures.key, len(pictures), kind])
    return hashlib.sha256(content.encode()).hexdigest()[:40]


def _folder(key: str) -> Path:
    return cache_dir() / "features" / key


def _limit() -> int:
    """Bytes that may lie on disk."""
    text = os.environ.get("OOD_STUDIO_FEATURES_GB") or "20"
    try:
        size = float(text)
        if not 0 <= size < 1e9:
            raise ValueError(text)
    except ValueError as error:
        raise StudioError(f"OOD_STUDIO_FEATURES_GB must be a number of gigabytes, not {text!r}") from error
    return int(size * 1e9)


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]] | None:
    """Memory-mapped tensors and metadata; None where there is no such file.

    Raises:
        ValueError, KeyError: if it is damaged.
    """
    try:
        with safe_open(path, "pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except FileNotFoundError:
        return None
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ValueError(str(error)) from error


def _read_part(path: Path) -> _Part | None:
    """A shard; None where it is missing, or damaged, which is said."""
    try:
        found = _read(path)
        if found is None:
            return None
        tensors, about = found
        if about["crc32"] != checksum(tensors):
            raise ValueError("checksum")
        return _Part(tensors, json.loads(about["problems"]))
    except (ValueError, KeyError) as error:
        _log.warning("the kept features %s are damaged (%s) and are built again", path, error)
        return None


def _open_finished(key: str) -> DatasetFeatures | None:
    """The features of a finished set; where the file is damaged, what is whole in it becomes shards again."""
    folder = _folder(key)
    path = folder / _FINISHED
    try:
        found = _read(path)
        if found is None:
            return None
        tensors, about = found
        stretches = [tuple(each) for each in json.loads(about["shards"])]
        problems = json.loads(about["problems"])
        bad = _damaged(path, tensors, stretches)
    except (ValueError, KeyError, TypeError) as error:
        _log.warning("the kept features %s are damaged (%s) and are built again", path, error)
        with suppress(OSError):
            path.unlink()
        return None
    if not bad:
        with suppress(OSError):  # a read-only disk
            os.utime(folder)
        told = {caption: reason for each in problems for caption, reason in each.items()}
        return _dataset_features(tensors, tensors["rows"].numpy(), told)
    _log.warning("the kept features %s are damaged (stretch %s) and these are built again", path, bad[0])
    with suppress(OSError):
        for number, (part, reasons) in enumerate(zip(_split(tensors, stretches), problems, strict=True)):
            if number not in bad:
                about = {"crc32": checksum(part), "problems": json.dumps(reasons)}
                write_tensors(folder / f"{number:06d}.safetensors", part, about)
        path.unlink()
    return None


def _split(tensors: dict[str, Tensor], stretches: Sequence[tuple[int, str]]) -> Iterator[dict[str, Tensor]]:
    start = 0
    for count, _ in stretches:
        names = tensors if count else ("rows",)
        yield {name: tensors[name][start : start + count] for name in names}
        start += count


def _damaged(path: Path, tensors: dict[str, Tensor], stretches: Sequence[tuple[int, str]]) -> list[int]:
    """Numbers of the stretches whose checksum is wrong; a file that has not changed is read only once a process."""
    state = path.stat()
    stamp = (str(path), state.st_ino, state.st_size, state.st_mtime_ns)
    if _SHARED.is_checked(stamp):
        return []
    if sum(count for count, _ in stretches) != len(tensors["rows"]):
        raise ValueError("number of rows")
    parts = zip(_split(tensors, stretches), stretches, strict=True)
    bad = [number for number, (part, (_, crc)) in enumerate(parts) if checksum(part) != crc]
    if not bad:
        _SHARED.checked(stamp)
    return bad


def _join(path: Path, parts: Sequence[_Part]) -> None:
    """Writes parts as one safetensors file, a part at a time.

    Raises:
        OSError: if the disk refuses.
    """
    names = _names(parts)
    header: dict[str, object] = {
        "__metadata__": {
            "shards": json.dumps([(len(part.tensors["rows"]), checksum(part.tensors)) for part in parts]),
            "problems": json.dumps([part.problems for part in parts]),
        }
    }
    offset = 0
    for name in names:
        found = [part.tensors[name] for part in parts if name in part.tensors]
        size = sum(tensor.nbytes for tensor in found)
        shape = [sum(len(tensor) for tensor in found), *found[0].shape[1:]]
        header[name] = {"dtype": _TYPES[found[0].dtype], "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    raw = json.dumps(header).encode()
    raw += b" " * (-len(raw) % 8)
    with scratch_file(path) as scratch, open(scratch, "wb") as file:
        file.write(struct.pack("<Q", len(raw)) + raw)
        for name in names:
            for part in parts:
                if name in part.tensors:
                    file.write(part.tensors[name].numpy().data.cast("B") if part.tensors[name].numel() else b"")


def _names(parts: Sequence[_Part]) -> list[str]:
    """Names of all tensors; whole numbers first, so that every tensor is aligned."""
    names = {name for part in parts for name in part.tensors}
    return sorted(names, key=lambda name: (name != "rows", name == "patches", name))


def _problems(parts: Sequence[_Part]) -> dict[str, str]:
    return {caption: reason for part in parts for caption, reason in part.problems.items()}


def _dataset_features(tensors: dict[str, Tensor], rows: NDArray[np.int64], problems: dict[str, str]) -> DatasetFeatures:
    return DatasetFeatures(tensors.get("joint"), tensors.get("visual"), tensors.get("patches"), rows, problems)


class _Shared:
    """What all users of the process share: features that the disk refused, files checked, who is at work on what."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._features: OrderedDict[str, DatasetFeatures] = OrderedDict()
        self._checked: set[tuple[str, int, int, int]] = set()

    def get(self, key: str) -> DatasetFeatures | None:
        """The features, now the most recently used ones."""
        with self._lock:
            if key in self._features:
                self._features.move_to_end(key)
            return self._features.get(key)

    def put(self, key: str, features: DatasetFeatures) -> None:
        """Keeps the features, and drops the longest unused ones beyond the limit."""
        with self._lock:
            self._features[key] = features
            while sum(_size(each) for each in self._features.values()) > self._limit:
                self._features.popitem(last=False)

    def is_checked(self, stamp: tuple[str, int, int, int]) -> bool:
        """Whether a file in this state was whole."""
        with self._lock:
            return stamp in self._checked

    def checked(self, stamp: tuple[str, int, int, int]) -> None:
        """Remembers that a file in this state is whole."""
        with self._lock:
            self._checked.add(stamp)


def _size(features: DatasetFeatures) -> int:
    return sum(each.nbytes for each in (features.joint, features.visual, features.patches) if each is not None)


_LOCKS = KeyedLocks()
_SHARED = _Shared(_MEMORY_BYTES)
