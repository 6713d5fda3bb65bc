"""Files of features, read into tensors: what is in them, and one sentence where that cannot be told."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.core.memory import machine_memory
from ood_studio.core.unicode import listed
from ood_studio.data.kinds import ARRAY, head_of
from ood_studio.hub.errors import first_line

FEATURE_SUFFIXES = (".npy", ".safetensors", ".parquet")
_LABELS = ("label", "labels")
_INDEX = re.compile(r"id|idx|index|row|__index_level_\d+__", re.IGNORECASE)  # columns that number the rows


@dataclass(frozen=True, eq=False)
class Table:
    """What a file holds.

    Attributes:
        tensors: by name; ``""`` for features that have none.
        classes: each row's class name, "" where it has none; None where the file names no classes.
        notes: sentences for people, such as which columns are left out.
    """

    tensors: dict[str, Tensor]
    classes: list[str] | None = None
    notes: tuple[str, ...] = ()


def read_features(path: Path) -> Table:
    """The features in a file, unchecked.

    Raises:
        StudioError: if it cannot be read.
    """
    readers = dict(zip(FEATURE_SUFFIXES, (_read_npy, _read_safetensors, _read_parquet), strict=True))
    if path.suffix.lower() not in readers:
        raise StudioError(f"features are a file of {', '.join(FEATURE_SUFFIXES)}, not {path.name!r}")
    return readers[path.suffix.lower()](path)


def _read_npy(path: Path) -> Table:
    if why := why_no_array(path):
        raise StudioError(why)
    if head_of(path)[: len(ARRAY)] != ARRAY:  # NumPy would take it for a pickle and advise to trust it
        raise StudioError(f"{path.name} is not an array of numbers as numpy.save writes it")
    try:
        array = np.load(path, mmap_mode="c", allow_pickle=False)
        if not isinstance(array, np.ndarray):
            raise ValueError("it is a zip archive")
        native = array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
        return Table({"": torch.from_numpy(native)})
    except Exception as error:  # numpy reads the header as Python does, which raises anything
        raise StudioError(f"{path.name} is not an array of numbers that can be read ({first_line(error)})") from error


def why_no_array(path: Path) -> str:
    """What a file of arrays is instead of one array as ``numpy.save`` writes it; empty where nothing tells."""
    try:
        if not zipfile.is_zipfile(path):
            return ""
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile):
        return ""
    if any(name.endswith(".npy") for name in names):
        arrays = listed([name.removesuffix(".npy") for name in names])
        return f"{path.name} holds several arrays ({arrays}); save the features alone with numpy.save"
    if any(name.endswith("data.pkl") for name in names):
        return f"{path.name} was written by torch.save; save the features with numpy.save or as safetensors"
    return ""


def _read_safetensors(path: Path) -> Table:
    try:
        return Table(load_file(path))
    except (OSError, SafetensorError, ValueError, RuntimeError) as error:
        why = f"{path.name} is not a safetensors file that can be read ({first_line(error)})"
        raise StudioError(why) from error


def _read_parquet(path: Path) -> Table:
    try:
        from pyarrow import ArrowException, parquet, types
    except ImportError as error:
        raise StudioError(f"reading {path.name} needs the package pyarrow: pip install pyarrow") from error
    try:
        _check_size(path, parquet.read_metadata(path))
        table: Any = parquet.read_table(path)
        lists = [field.name for field in table.schema if _is_list(types, field.type)]
        numbers = [field.name for field in table.schema if types.is_floating(field.type)]
        labels = next((name for name in _LABELS if name in table.column_names), None)
        named = [name for name in lists if name in ("joint", "visual")]
        if not named and len(lists) > 1:
            raise StudioError(
                f"{path.name} has several columns of lists ({listed(lists)}); name that of the features joint or visual"
            )
        columns = named or lists or [name for name in numbers if not _INDEX.fullmatch(name) and name != labels]
        if not columns:
            raise StudioError(
                f"{path.name} has no column of features, that is of lists or of floating-point numbers, but "
                f"{listed(table.column_names, 8) or 'none at all'}"
            )
        found = {name: _column(table, name) for name in columns} if named or lists else {"": _together(table, columns)}
        classes = None
        if labels is not None:
            kind = table.schema.field(labels).type
            kind = kind.value_type if types.is_dictionary(kind) else kind  # pandas' categories
            if types.is_string(kind) or types.is_large_string(kind):
                classes = [text or "" for text in table.column(labels).to_pylist()]
            else:
                found["labels"] = _column(table, labels)
        others = [name for name in table.column_names if name not in columns and name != labels]
        notes = (f"its columns {listed(others)} are no features and were left out",) if others else ()
        return Table(found, classes, notes)
    except StudioError:
        raise
    except (OSError, ValueError, TypeError, ArrowException) as error:
        reason = first_line(ValueError(str(error).replace(str(path), path.name)))  # it may be an upload
        raise StudioError(f"{path.name} is not a table of features that can be read ({reason})") from error


def _check_size(path: Path, about: Any) -> None:
    """A table may unpack to any size: one that this machine cannot hold is not begun with."""
    groups = (about.row_group(i) for i in range(about.num_row_groups))
    numbers = sum(group.column(i).num_values for group in groups for i in range(group.num_columns))
    size, room = 4 * numbers, machine_memory() // 2
    if size > room:
        raise StudioError(
            f"{path.name} holds {numbers:,} numbers, {size / 1e9:,.0f} GB, which is more than half of this machine's "
            "memory; split it, or save the features with numpy.save, which are then read as they are needed"
        )


def _is_list(types: Any, kind: Any) -> bool:
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _column(table: Any, name: str) -> Tensor:
    """A column of numbers, or of lists of them that are all as long, without a Python object for each number."""
    from pyarrow import compute, types

    values, shape = table.column(name).combine_chunks(), [table.num_rows]
    while _is_list(types, values.type):
        lengths = compute.unique(compute.list_value_length(values)).to_pylist()
        if len(lengths) != 1 or lengths[0] is None:
            raise ValueError(f"the lists in its column {name} are not all as long")
        shape.append(lengths[0])
        values = values.flatten()
    return torch.from_numpy(np.array(values.to_numpy(zero_copy_only=False).reshape(shape)))


def _together(table: Any, names: Sequence[str]) -> Tensor:
    """Columns of numbers as the dimensions of features."""
    numbers = [table.column(name).combine_chunks().to_numpy(zero_copy_only=False) for name in names]
    return torch.from_numpy(np.stack(numbers, axis=1).astype(np.float32))
