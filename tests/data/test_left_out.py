"""Images among other files: known by their content, the rest left out, counted and named."""

from __future__ import annotations

import io
import os
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.data.folders import FolderDataset
from ood_studio.data.image_lists import ImageListDataset
from ood_studio.data.kinds import is_image_head, kind_of
from ood_studio.data.zips import ZipDataset, _free


def image(kind: str = "PNG", colour: str = "red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(file, kind)
    return file.getvalue()


def album(root: Path) -> Path:
    """Images of odd names, and files that are none."""
    files = {
        "a.jfif": image("JPEG"),
        "b.jpe": image("JPEG"),
        "c.pgm": image("PPM"),
        "d.mpo": image("JPEG"),
        "e": image("GIF"),
        "f.dat": image("TIFF"),
        "cat/g": image("BMP"),
        "cat/h.JPG_large": image("WEBP"),
        "._a.jfif": b"\0\5\x16\7",
        ".DS_Store": b"x",
        "__MACOSX/cat/._g": b"x",
        "Thumbs.db": b"\xd0\xcf\x11\xe0",
        "cat/notes.txt": b"BMW is no bitmap, P5 no portable map",
    }
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


NAMES = ["a.jfif", "b.jpe", "c.pgm", "cat/g", "cat/h.JPG_large", "d.mpo", "e", "f.dat"]


def test_images_of_a_folder_are_known_by_their_content(tmp_path: Path) -> None:
    found = FolderDataset(album(tmp_path))
    assert [found.caption(i) for i in range(len(found))] == NAMES
    assert all(found.load(i).size == (4, 4) for i in range(len(found)))
    assert found.notes == ("2 files are no pictures and were left out: Thumbs.db, cat/notes.txt",)
    assert FolderDataset(tmp_path, labels=()).notes == found.notes


def test_class_folders_without_images_are_said(tmp_path: Path) -> None:
    for name in ("cat/a.png", "train/dog/b.png"):
        (tmp_path / name).parent.mkdir(parents=True)
        Image.new("RGB", (2, 2)).save(tmp_path / name)
    for name in ("bird/deep/deeper", ".hidden", "train/fish"):
        (tmp_path / name).mkdir(parents=True)
    assert FolderDataset(tmp_path).notes[-1] == "bird, train/fish hold no picture"
    assert FolderDataset(tmp_path / "train").notes[-1] == "the folder fish holds no picture"
    assert not any("hold" in note for note in FolderDataset(tmp_path / "cat").notes)


def test_images_of_an_archive_are_known_by_their_content(tmp_path: Path) -> None:
    album(tmp_path / "mine")
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        for path in sorted((tmp_path / "mine").rglob("*")):
            archive.write(path, path.relative_to(tmp_path / "mine"))
    found = ZipDataset(tmp_path / "mine.zip")
    assert [found.caption(i) for i in range(len(found))] == NAMES
    assert all(found.load(i).size == (4, 4) for i in range(len(found)))
    assert found.notes == ("2 files are no pictures and were left out: Thumbs.db, cat/notes.txt",)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "AVIF"])
def test_heads_of_images(kind: str, tmp_path: Path) -> None:
    try:
        data = image(kind)
    except (OSError, KeyError):
        pytest.skip(f"Pillow writes no {kind} here")
    assert is_image_head(data[:32])
    (tmp_path / "x").write_bytes(data)
    assert kind_of(tmp_path / "x") == "image"


def test_heads_of_other_files() -> None:
    heic = b"\0\0\0\x18ftypheic\0\0\0\0"
    assert is_image_head(heic)
    for head in (b"", b"BMW drives", b"P5M", b"RIFF\0\0\0\0WAVE", b"%PDF-1.7", b"\0\0\0\x18ftypmp42"):
        assert not is_image_head(head)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(image())
    os.mkfifo(tmp_path / "pipe")
    assert FolderDataset(tmp_path).notes == ("1 file is no picture and was left out: pipe",)


def packed(path: Path, names: list[str]) -> ZipDataset:
    """An archive whose names are kept as they are."""
    with zipfile.ZipFile(path, "w") as archive:
        for i, name in enumerate(names):
            info = zipfile.ZipInfo(f"{i:03}".ljust(len(name), "x"))
            archive.writestr(info, image(colour="red" if i else "blue"))
    raw = path.read_bytes()
    for i, name in enumerate(names):
        raw = raw.replace(f"{i:03}".ljust(len(name), "x").encode(), name.encode("latin-1"))
    path.write_bytes(raw)
    return ZipDataset(path)


def test_paths_in_archives_of_other_systems(tmp_path: Path) -> None:
    found = packed(tmp_path / "a.zip", ["photos\\cat\\a.png", "photos\\dog\\b.png"])
    assert [found.caption(i) for i in (0, 1)] == ["photos/cat/a.png", "photos/dog/b.png"]
    assert found.classes == ("cat", "dog") and found.load(0).getpixel((0, 0)) == (0, 0, 255)
    assert packed(tmp_path / "b.zip", ["./cat/a.png", "./dog/b.png"]).classes == ("cat", "dog")


def test_names_in_archives_of_other_encodings(tmp_path: Path) -> None:
    utf8, latin = "caf\u00e9".encode().decode("latin-1"), "caf\u00e9"
    found = packed(tmp_path / "a.zip", [f"{utf8}/a.png", f"{latin}/b.png"])
    assert "café" in found.classes and len(found.classes) == 2 and found.load(1).size == (4, 4)


def test_entries_of_one_name_all_count(tmp_path: Path) -> None:
    found = packed(tmp_path / "a.zip", ["in/a.png", "in\\a.png"])
    assert [found.caption(i) for i in (0, 1)] == ["in/a (2).png", "in/a.png"]
    assert {found.load(i).getpixel((0, 0)) for i in (0, 1)} == {(0, 0, 255), (255, 0, 0)}


def test_an_archive_full_of_one_name_is_read_at_once() -> None:
    """Of a hundred thousand entries each would try as many names."""
    asked: list[object] = []

    class Taken(dict[str, zipfile.ZipInfo]):
        def __contains__(self, path: object) -> bool:
            asked.append(path)
            return super().__contains__(path)

    taken, again = Taken({"a (3).png": zipfile.ZipInfo()}), Counter[str]()
    for _ in range(100):
        taken[_free("a.png", taken, again)] = zipfile.ZipInfo()
    assert [*taken][:4] == ["a (3).png", "a.png", "a (2).png", "a (4).png"] and len(taken) == 101
    assert len(asked) < 3 * 100


def test_a_damaged_lzma_entry_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.png", image())
        archive.writestr("b.png", image(colour="blue"))
    raw = bytearray(path.read_bytes())
    raw[42:50] = b"\xff" * 8  # the properties of the first stream
    path.write_bytes(raw)
    found = ZipDataset(path)
    with pytest.raises(StudioError, match=r"^a\.png is damaged in its archive \("):
        found.load(0)
    assert found.load(1).getpixel((0, 0)) == (0, 0, 255)


def test_an_encrypted_entry_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.png", image())
        archive.writestr("b.png", image(colour="blue"))
    raw = bytearray(path.read_bytes())
    raw[6] |= 1  # the flag in the entry, and in the directory below
    raw[raw.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(raw)
    with pytest.raises(StudioError, match=r"^a\.png is encrypted in its archive"):
        ZipDataset(path).load(0)
    assert ZipDataset(path).load(1).getpixel((0, 0)) == (0, 0, 255)


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux alone")
def test_names_that_are_not_utf8_are_opened_and_can_be_written(tmp_path: Path) -> None:
    folder = os.path.join(os.fsencode(tmp_path), b"m\xe9re")
    os.makedirs(os.path.join(folder, b"caf\xe9"))
    with open(os.path.join(folder, b"caf\xe9", b"\xff.png"), "wb") as file:
        file.write(image())
    found = FolderDataset(os.fsdecode(folder))
    assert (found.name, found.classes, found.caption(0)) == ("m\\xe9re", ("caf\\xe9",), "caf\\xe9/\\xff.png")
    assert found.load(0).size == (4, 4)
    (tmp_path / "list.txt").write_bytes(b"m\xe9re/caf\xe9/\xff.png 0\n")
    listed = ImageListDataset(tmp_path / "list.txt")
    assert listed.caption(0) == "m\\xe9re/caf\\xe9/\\xff.png" and listed.load(0).size == (4, 4)
