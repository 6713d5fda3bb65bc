"""Parquet tables of pictures: bytes or structures, labels as names or numbers, reopened and read by many threads."""

from __future__ import annotations

import io
import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.data import parquet_images
from ood_studio.data.arrays import FeatureDataset
from ood_studio.data.images import ImageError
from ood_studio.data.parquet_images import ParquetImageDataset
from ood_studio.data.sources import open_dataset

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


def encoded(level: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (3, 2), (level, 7, 9)).save(file, "PNG")
    return file.getvalue()


def write(path: Path, columns: dict[str, Any], metadata: dict[str, str] | None = None) -> str:
    table = pyarrow.table(columns)
    if metadata:
        table = table.replace_schema_metadata(metadata)
    parquet.write_table(table, path, row_group_size=4)
    return str(path)


def test_pictures_are_read_from_every_group_of_rows(tmp_path: Path) -> None:
    where = write(tmp_path / "a.parquet", {"image": [{"bytes": encoded(i), "path": f"{i}.png"} for i in range(11)]})
    found = open_dataset(where)
    assert isinstance(found, ParquetImageDataset) and len(found) == 11 and found.labels is None
    with ThreadPoolExecutor(4) as pool:
        levels = [image.getpixel((0, 0)) for image in pool.map(found.load, range(11))]
    assert levels == [(i, 7, 9) for i in range(11)]
    again = pickle.loads(pickle.dumps(found))
    assert again.key == found.key and np.array_equal(np.asarray(again.load(10)), np.asarray(found.load(10)))


def test_labels_are_names_or_numbers_with_or_without_names(tmp_path: Path) -> None:
    pictures = {"image": [encoded(1), encoded(2), encoded(3)]}
    about = {"info": {"features": {"label": {"_type": "ClassLabel", "names": ["big_cat", "dog"]}}}}
    described = write(tmp_path / "a.parquet", pictures | {"label": [1, 0, None]}, {"huggingface": json.dumps(about)})
    named = open_dataset(described)
    assert named.labels is not None and [named.classes[i] if i >= 0 else "" for i in named.labels] == [
        "dog",
        "big cat",
        "",
    ]
    wanted = open_dataset(described, labels=("Dog", "whale"))
    assert wanted.labels is not None and wanted.labels.tolist() == [0, -1, -1]
    words = open_dataset(write(tmp_path / "b.parquet", pictures | {"class": ["dog", "cat", "dog"]}))
    assert words.classes == ("cat", "dog") and words.labels is not None and words.labels.tolist() == [1, 0, 1]
    bare = open_dataset(write(tmp_path / "c.parquet", pictures | {"label": [4, 0, -3]}))
    assert bare.numbered and bare.labels is not None and bare.labels.tolist() == [4, 0, -1]
    with pytest.raises(StudioError, match="has the label 4, but there are 2 labels"):
        open_dataset(str(tmp_path / "c.parquet"), labels=("a", "b"))


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    torn = open_dataset(write(tmp_path / "torn.parquet", {"image": [encoded(1), b"", b"no picture"]}))
    assert torn.load(0).size == (3, 2)
    for row, message in ((1, "torn 2 is empty"), (2, "torn 3 is not a picture")):
        with pytest.raises(ImageError, match=message):
            torn.load(row)
    two = write(tmp_path / "two.parquet", {"left": [encoded(1)], "right": [encoded(2)]})
    with pytest.raises(StudioError, match=r"several columns of pictures \(left, right\); name one image"):
        open_dataset(two)
    chosen = open_dataset(write(tmp_path / "three.parquet", {"left": [encoded(1)], "image": [encoded(2)]}))
    assert chosen.load(0).getpixel((0, 0)) == (2, 7, 9)
    none = pyarrow.array([], pyarrow.binary())
    with pytest.raises(StudioError, match="no picture: it has no rows"):
        open_dataset(write(tmp_path / "none.parquet", {"image": none}))
    features = open_dataset(write(tmp_path / "features.parquet", {"x": [1.0, 2.0], "y": [3.0, 4.0]}))
    assert isinstance(features, FeatureDataset)


@pytest.mark.parametrize("nested", [False, True])
def test_one_picture_in_many_rows_is_held_once(tmp_path: Path, nested: bool) -> None:
    """A file of some kilobytes may say the same megabyte many times."""
    content = encoded(3) + bytes(2**20)
    row = {"bytes": content, "path": "a.png"} if nested else content
    parquet.write_table(pyarrow.table({"image": [row] * 40}), tmp_path / "a.parquet", compression="zstd")
    assert (tmp_path / "a.parquet").stat().st_size < 100_000
    pool = pyarrow.default_memory_pool()
    before, found = pool.bytes_allocated(), ParquetImageDataset(tmp_path / "a.parquet")
    assert found.load(39).getpixel((0, 0)) == found.load(0).getpixel((0, 0)) == (3, 7, 9)
    assert pool.bytes_allocated() - before < 5 * 2**20


def test_rows_that_cannot_be_held_are_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_images, "_GROUP_BYTES", 200)
    where = write(tmp_path / "a.parquet", {"image": [encoded(level) for level in range(4)]})
    with pytest.raises(
        StudioError, match=r"a.parquet holds 0.0 GB of pictures in one group of rows.* row_group_size=100"
    ):
        open_dataset(where)
