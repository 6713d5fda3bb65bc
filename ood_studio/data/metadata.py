"""``metadata.csv``, ``.jsonl`` and ``.parquet`` beside images, as in image folders of the Hugging Face Hub."""

from __future__ import annotations

import csv
import io
import json
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ood_studio.core.unicode import listed, readable
from ood_studio.data.classes import LABEL_COLUMNS, Classes, folder_classes, value_classes

_NAMES = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
_FILE = "file_name"
_MOST_BYTES = 64 * 2**20
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


def image_classes(
    files: Sequence[str],
    others: Mapping[str, int],
    read: Callable[[str], bytes],
    labels: Sequence[str] | None,
    name: str,
) -> tuple[Classes, tuple[str, ...]]:
    """The classes of the images of a folder or an archive: those that its metadata tell, else those of its folders.

    A table of metadata has a column ``file_name``, paths from where it lies, and one called ``label`` (or ``class``,
    ``category``, ``target``) of class names or of whole numbers that refer to labels by their places.

    Args:
        files: paths of the images.
        others: bytes of the other files, by path.
        read: the content of one of them.
        labels: what the indices count; None for the class names in the data, none for no labels.
        name: of the data, for errors.

    Returns:
        The classes, and the paths of the tables.

    Raises:
        StudioError: for a number beyond the last label.
    """
    tables = tuple(sorted(path for path in others if posixpath.basename(path) in _NAMES))
    if not tables or labels == ():
        return folder_classes(files, labels), tables
    records: dict[str, Any] = {}
    notes: list[str] = []
    for path in tables:
        try:
            if others[path] > _MOST_BYTES:
                raise ValueError(f"it has more than {_MOST_BYTES // 2**20} MB")
            records |= _records(path, read(path))
        except Exception as error:  # readers of tables raise anything for damaged ones
            reason = " ".join(str(error).split())[:200]
            notes.append(f"{readable(path)} tells no classes ({reason}), so folders do")
    if not records:
        found = folder_classes(files, labels)
        return replace(found, notes=(*notes, *found.notes)), tables
    values = [records.get(file) for file in files]
    if untold := [file for file in files if file not in records]:
        called = listed([readable(file) for file in untold])
        notes.append(f"of {_pictures(untold)} the metadata tell no class: {called}")
    if missing := sorted(records.keys() - set(files)):
        called = listed([readable(file) for file in missing])
        notes.append(f"the metadata name {_pictures(missing)} that cannot be found: {called}")
    found = value_classes(values, labels, name)
    return replace(found, notes=(*notes, *found.notes)), tables


def _records(path: str, content: bytes) -> dict[str, Any]:
    """The class of every image of a table, by the image's path."""
    rows = _rows(path, content)
    columns = list(rows[0]) if rows else []
    if _FILE not in columns:
        raise ValueError(f"it has no column {_FILE}")
    column = next((each for usual in LABEL_COLUMNS for each in columns if str(each).lower() == usual), None)
    if column is None:
        others = [str(each) for each in columns if each != _FILE]
        raise ValueError(
            f"of its columns {listed(others)} none is called label" if others else "it has no further column"
        )
    folder = posixpath.dirname(path)
    values = [row.get(column) for row in rows]
    if all(isinstance(each, str) for each in values) and all(_WHOLE.fullmatch(each) for each in values if each):
        values = [int(each) if each else None for each in values]
    named = [str(row.get(_FILE) or "").replace("\\", "/") for row in rows]
    return {
        posixpath.normpath(posixpath.join(folder, file)): value
        for file, value in zip(named, values, strict=True)
        if file
    }


def _pictures(files: Sequence[str]) -> str:
    return f"{len(files):,} picture{'' if len(files) == 1 else 's'}"


def _rows(path: str, content: bytes) -> list[dict[str, Any]]:
    if path.endswith(".parquet"):
        from pyarrow import parquet

        return [dict(row) for row in parquet.read_table(io.BytesIO(content)).to_pylist()]
    text = content.decode("utf-8-sig")
    if path.endswith(".jsonl"):
        return [dict(json.loads(line)) for line in text.split("\n") if line.strip()]
    return [dict(row) for row in csv.DictReader(io.StringIO(text, newline=""))]
