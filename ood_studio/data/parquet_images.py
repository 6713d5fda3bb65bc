"""Parquet tables with a column of encoded images, as datasets of the Hugging Face Hub are kept."""

from __future__ import annotations

import bisect
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ood_studio.core.cache import KeyedCache
from ood_studio.core.errors import StudioError
from ood_studio.core.unicode import readable
from ood_studio.data.classes import value_classes
from ood_studio.data.dataset import Dataset
from ood_studio.data.images import ImageError, decode_image

_USUAL = ("image", "img", "picture", "bytes")
_LABELS = ("label", "labels", "class", "fine_label")
_KEPT_BYTES = 256 * 2**20  # of groups of rows, each read as a whole
_GROUP_BYTES = 2 * 2**30  # of one of them


def holds_images(path: Path) -> bool:
    """Whether a Parquet file has a column of encoded images; False where it cannot be read at all."""
    try:
        from pyarrow import parquet

        return bool(_image_columns(parquet.read_schema(path)))
    except Exception:  # reading it as features says what is wrong
        return False


class ParquetImageDataset(Dataset):
    """The images in the rows of a Parquet file, and the classes in a column ``label`` (or ``class``).

    A column of images holds bytes, or structures with ``bytes``. Where there are several, the one named ``image`` (or
    ``img``) counts. Labels are class names, numbers with names in the file's own description, or bare numbers.

    Args:
        path: the file.
        name: for people and rows; the file's own where empty.
        labels: what the images' labels index; None for the file's own class names.

    Raises:
        StudioError: for a file without rows, or several columns of images of which none has a usual name.
    """

    def __init__(self, path: Path | str, name: str = "", labels: Sequence[str] | None = None) -> None:
        from pyarrow import parquet, types

        path = Path(path)
        self._path, self._wanted = path.absolute(), labels
        with parquet.ParquetFile(self._path) as file:
            schema = file.schema_arrow
            groups = [file.metadata.row_group(i) for i in range(file.num_row_groups)]
        images = _image_columns(schema)
        self._column = next((usual for usual in _USUAL if usual in images), images[0])
        if len(images) > 1 and self._column not in _USUAL:
            raise StudioError(f"{path.name} has several columns of pictures ({', '.join(images)}); name one image")
        nested = types.is_struct(schema.field(self._column).type)
        self._leaf = f"{self._column}.bytes" if nested else self._column
        self._ends = np.cumsum([group.num_rows for group in groups]).tolist()
        largest = max((_unpacked(group, self._leaf) for group in groups), default=0)
        if largest > _GROUP_BYTES:
            raise StudioError(
                f"{path.name} holds {largest / 1e9:,.1f} GB of pictures in one group of rows, which is read as a "
                "whole; write it with smaller groups, such as row_group_size=100"
            )
        if not len(self):
            raise StudioError(f"{path.name} holds no picture: it has no rows")
        self._groups: KeyedCache[Any] = KeyedCache(None, max_bytes=_KEPT_BYTES, size=lambda rows: int(rows.nbytes))
        self.name, self.place = readable(name or path.stem), readable(str(self._path))
        state = path.stat()
        self.key = f"parquet/{path.resolve()}/{state.st_size}/{state.st_mtime_ns}/{self._column}"
        self.labels = None
        if labels != ():
            self._label(schema, labels)

    def __len__(self) -> int:
        return int(self._ends[-1]) if self._ends else 0

    def load(self, index: int) -> Image.Image:
        """The image in the row."""
        group = bisect.bisect_right(self._ends, index)
        first = self._ends[group - 1] if group else 0
        rows = self._groups.get(group, lambda: self._read(group))
        row = rows[index - first].as_py()
        content = row.get("bytes") if isinstance(row, dict) else row
        if not content:
            raise ImageError(f"{self.caption(index)} is empty.")
        return decode_image(content, name=self.caption(index))

    def caption(self, index: int) -> str:
        """The number of the row."""
        return f"{self.name} {index + 1}"

    def files(self) -> Sequence[tuple[str, Path]]:
        """The one file."""
        return [("", self._path)]

    def _arguments(self) -> dict[str, Any]:
        return {"path": str(self._path), "labels": self._wanted}

    def _read(self, group: int) -> Any:
        """The rows of a group as Arrow holds them: what the file holds once for many rows is held once."""
        from pyarrow import parquet

        # A file of its own: readers are not to be shared between threads.
        with parquet.ParquetFile(self._path, read_dictionary=[self._leaf]) as file:
            return file.read_row_group(group, columns=[self._leaf]).column(0)

    def _label(self, schema: Any, labels: Sequence[str] | None) -> None:
        from pyarrow import parquet

        column = next((name for name in _LABELS if name in schema.names), "")
        if not column:
            return
        values = parquet.read_table(self._path, columns=[column]).column(0).to_pylist()
        names = _class_names(schema, column)
        if names and all(isinstance(each, int) or each is None for each in values):
            values = [names[each] if each is not None and 0 <= each < len(names) else "" for each in values]
        found = value_classes(values, labels, self.name)
        self.classes, self.labels, self.notes, self.numbered = found.names, found.labels, found.notes, found.numbered


def _unpacked(group: Any, leaf: str) -> int:
    """Bytes that a column of a group of rows takes, once unpacked."""
    columns = (group.column(i) for i in range(group.num_columns))
    return sum(column.total_uncompressed_size for column in columns if column.path_in_schema == leaf)


def _image_columns(schema: Any) -> list[str]:
    from pyarrow import types

    def is_bytes(kind: Any) -> bool:
        return bool(types.is_binary(kind) or types.is_large_binary(kind))

    found = []
    for field in schema:
        inner = field.type
        if types.is_struct(inner) and "bytes" in {inner.field(i).name for i in range(inner.num_fields)}:
            inner = inner.field("bytes").type
        if is_bytes(inner):
            found.append(field.name)
    return found


def _class_names(schema: Any, column: str) -> list[str]:
    """The names of a column's numbers, as the Hub's library describes them in the file; none where it does not."""
    try:
        about = json.loads(schema.metadata[b"huggingface"])["info"]["features"][column]
        return [str(name) for name in about["names"]] if about.get("_type") == "ClassLabel" else []
    except (KeyError, TypeError, ValueError, AttributeError):
        return []
