"""Tables of metadata beside images, as in image folders of the hub."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from ood_studio.core.errors import StudioError
from ood_studio.data.dataset import Dataset
from ood_studio.data.folders import FolderDataset
from ood_studio.data.zips import ZipDataset
from ood_studio.evaluation.own_labels import open_labelled

CSV = "file_name,label\na.png,Cat\nsub/b.png,big_dog\n"


def png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "PNG")
    return file.getvalue()


def folder(root: Path, tables: dict[str, str | bytes], images: tuple[str, ...] = ("a.png", "sub/b.png")) -> Path:
    for name, content in {**dict.fromkeys(images, png()), **tables}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def zipped(root: Path) -> Path:
    path = root.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(root.rglob("*.*")):
            archive.write(file, file.relative_to(root.parent).as_posix())
    return path


def told(found: Dataset) -> list[str]:
    assert found.labels is not None
    return [found.classes[label] if label >= 0 else "" for label in found.labels]


def as_parquet(files: list[str], labels: list[str]) -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.table({"file_name": files, "label": labels}), file)
    return file.getvalue()


@pytest.mark.parametrize(
    "tables",
    [
        {"metadata.csv": "\ufeff" + CSV},
        {"metadata.csv": CSV.replace("\n", "\r\n").replace("label", "Class")},
        {"metadata.jsonl": "".join(f'{{"file_name": "{a}", "text": "two\u2028lines", "label": "{b}"}}\r\n' for a, b in
                                    (("./a.png", "Cat"), ("sub/b.png", "big_dog")))},
        {"metadata.csv": "file_name,label\na.png,Cat\n", "sub/metadata.csv": "file_name,label\nb.png,big_dog\n"},
        {"metadata.parquet": as_parquet(["a.png", "sub\\b.png"], ["Cat", "big_dog"])},
    ],
)  # fmt: skip
def test_a_table_tells_the_classes_in_place_of_folders(tmp_path: Path, tables: dict[str, str | bytes]) -> None:
    root = folder(tmp_path / "mine", tables)
    for found in (FolderDataset(root), ZipDataset(zipped(root))):
        assert told(found) == ["Cat", "big dog"] and found.classes == ("Cat", "big dog")
        assert found.notes == () and not found.numbered


def test_numbers_refer_to_labels_by_their_places(tmp_path: Path) -> None:
    root = folder(tmp_path / "mine", {"metadata.csv": "label,file_name\n1,a.png\n0,sub/b.png\n"})
    found = open_labelled(str(root), "", "cat\ndog\ndog")
    assert found.id.numbered and found.id.labels is not None and found.id.labels.tolist() == [1, 0]
    assert found.labels == ("cat", "dog", "dog")
    with pytest.raises(StudioError, match="mine has the label 1, but there are 1 labels"):
        open_labelled(str(root), "", "cat")


def test_what_a_table_does_not_tell_is_said(tmp_path: Path) -> None:
    root = folder(tmp_path / "mine", {"metadata.csv": "file_name,label\na.png,cat\ngone.png,dog\n"})
    found = FolderDataset(root)
    assert told(found) == ["cat", ""]
    assert found.notes == (
        "of 1 picture the metadata tell no class: sub/b.png",
        "the metadata name 1 picture that cannot be found: gone.png",
    )
    assert FolderDataset(root, labels=()).notes == ()  # nobody asks for labels of OOD images


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("file_name,caption\na.png,a cat\n", "of its columns caption none is called label"),
        ("image,label\na.png,cat\n", "it has no column file_name"),
        ("", "it has no column file_name"),
        (b"\xff\xfe\x00", "codec can't decode"),
        ("file_name,label\n" + "x" * 1_000_000 + ",cat\n", "field larger than field limit"),
    ],
)
def test_a_table_of_no_use_leaves_the_folders(tmp_path: Path, content: str | bytes, why: str) -> None:
    root = folder(tmp_path / "mine", {"metadata.csv": content}, ("cat/a.png", "dog/b.png"))
    found = FolderDataset(root)
    assert told(found) == ["cat", "dog"]
    assert why in found.notes[0] and found.notes[0].endswith("so folders do")


def test_damaged_lines(tmp_path: Path) -> None:
    root = folder(tmp_path / "mine", {"metadata.jsonl": json.dumps({"file_name": "a.png", "label": "cat"}) + "\n{"})
    assert FolderDataset(root).notes[0].startswith("metadata.jsonl tells no classes (")
