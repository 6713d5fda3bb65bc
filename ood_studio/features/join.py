"""Shards become one file: written a shard at a time, checked when it is opened, taken apart where it is damaged."""

from __future__ import annotations

import json
import logging
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor

from ood_studio.core.cache import KeyedCache
from ood_studio.core.disk import touch
from ood_studio.core.files import scratch_file
from ood_studio.core.tensor_files import checksum
from ood_studio.features.base import DatasetFeatures
from ood_studio.features.plan import Plan
from ood_studio.features.shard import Shard, read_file

_TYPES = {torch.float32: "F32", torch.float16: "F16", torch.int64: "I64"}  # as safetensors names them
_WHOLE: KeyedCache[bool] = KeyedCache(10_000)  # files that were checked, by their state: once a process is enough

_log = logging.getLogger(__name__)


def in_memory(shards: Sequence[Shard]) -> DatasetFeatures:
    """Shards put together without a file."""
    tensors = {
        name: torch.cat([shard.tensors[name] for shard in shards if name in shard.tensors]) for name in _names(shards)
    }
    problems = {caption: reason for shard in shards for caption, reason in shard.problems.items()}
    return DatasetFeatures.of(tensors, tensors["rows"].numpy(), problems)


def write_joined(path: Path, shards: Sequence[Shard]) -> None:
    """Writes shards as one safetensors file; in memory there is never more than one of them.

    Raises:
        OSError: if the disk refuses.
    """
    names = _names(shards)
    header: dict[str, object] = {
        "__metadata__": {
            "shards": json.dumps([(len(shard.tensors["rows"]), checksum(shard.tensors)) for shard in shards]),
            "problems": json.dumps([shard.problems for shard in shards]),
        }
    }
    offset = 0
    for name in names:
        found = [shard.tensors[name] for shard in shards if name in shard.tensors]
        size = sum(tensor.nbytes for tensor in found)
        shape = [sum(len(tensor) for tensor in found), *found[0].shape[1:]]
        header[name] = {"dtype": _TYPES[found[0].dtype], "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    raw = json.dumps(header).encode()
    raw += b" " * (-len(raw) % 8)
    with scratch_file(path) as scratch, open(scratch, "wb") as file:
        file.write(struct.pack("<Q", len(raw)) + raw)
        for name in names:
            for shard in shards:
                if name in shard.tensors and shard.tensors[name].numel():
                    file.write(shard.tensors[name].numpy().data.cast("B"))


def open_joined(plan: Plan) -> DatasetFeatures | None:
    """The features of a finished dataset, memory-mapped, which counts as use; None where there are none.

    Where the file is damaged, a warning says so, and what is whole in it becomes shards again.
    """
    path = plan.joined
    try:
        found = read_file(path)
        if found is None:
            return None
        tensors, about = found
        stretches = [(int(count), str(crc)) for count, crc in json.loads(about["shards"])]
        problems: list[dict[str, str]] = json.loads(about["problems"])
        bad = _damaged(path, tensors, stretches)
    except (OSError, ValueError, KeyError, TypeError) as error:  # or removed since it was opened
        _log.warning("the kept features %s are damaged (%s) and are built again", path, error)
        with suppress(OSError):
            path.unlink()
        return None
    if not bad:
        touch(plan.folder)
        everything = {caption: reason for each in problems for caption, reason in each.items()}
        return DatasetFeatures.of(tensors, tensors["rows"].numpy(), everything)
    _log.warning("the kept features %s are damaged (stretch %s) and these are built again", path, bad[0])
    with suppress(OSError):
        for number, (part, reasons) in enumerate(zip(_split(tensors, stretches), problems, strict=True)):
            if number not in bad:
                Shard(part, reasons).write(plan.file(number))
        path.unlink()
    return None


def _names(shards: Sequence[Shard]) -> list[str]:
    """Names of all tensors; whole numbers first, so that every tensor is aligned."""
    names = {name for shard in shards for name in shard.tensors}
    return sorted(names, key=lambda name: (name != "rows", name == "patches", name))


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
    if _WHOLE.peek(stamp):
        return []
    if sum(count for count, _ in stretches) != len(tensors["rows"]):
        raise ValueError("number of rows")
    parts = zip(_split(tensors, stretches), stretches, strict=True)
    bad = [number for number, (part, (_, crc)) in enumerate(parts) if checksum(part) != crc]
    if not bad:
        _WHOLE.put(stamp, True)
    return bad
