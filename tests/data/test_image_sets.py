"""Sets on disk: what is finished survives a kill, a full disk and a second start."""

from __future__ import annotations

import errno
import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.kept import KEPT
from ood_studio.core.locks import sole_writer
from ood_studio.data.image_sets import MANIFEST, ImageSet, image_sets, read_set, set_folder
from ood_studio.data.set_writer import UNREADABLE, SetImage, build_set

PARAMETERS = {"seed": 3, "source": "abc"}
ROWS = [7, 1, 4, 2, 9]


class Maker:
    """Makes pictures of one colour and counts what it was asked for."""

    def __init__(self, unreadable: Sequence[int] = ()) -> None:
        self.asked: list[int] = []
        self.unreadable = unreadable

    def __call__(self, rows: Sequence[int]) -> list[SetImage | str]:
        self.asked += rows
        return [
            (UNREADABLE if row % 2 else "show nothing")
            if row in self.unreadable
            else SetImage(Image.new("RGB", (4, 4), (row, 0, 0)), {"energies": [-1.0, row]})
            for row in rows
        ]


def build(folder: Path, make: Maker, **changes: Any) -> ImageSet:
    rows, parameters = changes.get("rows", ROWS), changes.get("parameters", PARAMETERS)
    *_, last = build_set("twins", folder, rows, parameters, make, lambda: 2)
    return last


def test_every_picture_and_line_is_there(tmp_path: Path) -> None:
    made = build(tmp_path / "set", Maker())
    assert made.complete and [entry["row"] for entry in made.entries] == sorted(ROWS)
    for entry, file in zip(made.entries, made.files(), strict=True):
        assert entry["energies"] == [-1.0, entry["row"]]
        with Image.open(file) as picture:
            assert picture.getpixel((0, 0)) == (entry["row"], 0, 0)
    assert read_set(tmp_path / "set") == made
    shown = made._repr_html_()
    assert "5 of 5 images" in shown and shown.count("<img ") == 5
    made.files()[0].unlink()
    assert made._repr_html_().count("<img ") == 4


def test_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    first = Maker()
    running = build_set("twins", tmp_path, ROWS, PARAMETERS, first, lambda: 2)
    assert [len(next(running).entries) for _ in range(2)] == [0, 2]
    running.close()
    assert len((read_set(tmp_path) or pytest.fail()).entries) == 2
    with open(tmp_path / MANIFEST, "a") as file:
        file.write('{"file": "0000')  # a kill in the middle of a line
    second = Maker()
    assert build(tmp_path, second).complete
    assert first.asked == ROWS[:2] and second.asked == ROWS[2:]
    third = Maker()
    assert build(tmp_path, third).complete and third.asked == []


def test_a_picture_that_was_removed_is_made_again(tmp_path: Path) -> None:
    build(tmp_path, Maker()).files()[0].unlink()
    again = Maker()
    assert build(tmp_path, again).complete and again.asked == [1]


def test_a_picture_that_was_cut_off_is_made_again(tmp_path: Path) -> None:
    first, second, *_ = build(tmp_path, Maker()).files()
    first.write_bytes(first.read_bytes()[:-20])
    second.write_bytes(b"")
    again = Maker()
    assert build(tmp_path, again).complete and again.asked == [1, 2]
    with Image.open(first) as picture:
        assert picture.getpixel((0, 0)) == (1, 0, 0)


def test_a_folder_has_one_writer_and_the_next_is_told(tmp_path: Path) -> None:
    running = build_set("twins", tmp_path, ROWS, PARAMETERS, Maker(), lambda: 2)
    next(running)
    with pytest.raises(StudioError, match=f"{tmp_path} is being written already; ask again when that has ended"):
        build(tmp_path, Maker())
    assert next(running).entries  # it was not disturbed
    running.close()
    assert build(tmp_path, Maker()).complete
    assert len((tmp_path / MANIFEST).read_text().splitlines()) == len(ROWS) and not list(tmp_path.glob(".*"))


def test_a_whole_set_is_read_while_it_may_not_be_written(tmp_path: Path) -> None:
    made = build(tmp_path, Maker())
    with sole_writer(tmp_path):
        assert build(tmp_path, Maker()) == made


@pytest.mark.parametrize("header", ["", "{", "[]", '{"name": "x", "wanted": 5, "parameters": {}, "left_out": [1]}'])
def test_a_damaged_header_of_the_cache_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path))
    folder = set_folder("synthetic", "twins", PARAMETERS)
    made = build(folder, Maker())
    (folder / "set.json").write_text(header)
    again = Maker()
    assert build(folder, again) == made and again.asked == []
    with open(folder / MANIFEST, "a") as file:
        file.write('{"file": "000001.png"}\n[]\n\x00\n')
    assert build(folder, Maker()) == made
    build(tmp_path / "own", Maker())
    (tmp_path / "own" / "set.json").write_text(header)
    with pytest.raises(StudioError, match=r"set.json is damaged; remove the folder or give another one"):
        build(tmp_path / "own", Maker())


def test_a_set_grows_with_the_same_parameters(tmp_path: Path) -> None:
    build(tmp_path, Maker(), rows=ROWS[:2])
    more = Maker()
    made = build(tmp_path, more)
    assert made.wanted == len(ROWS) and more.asked == ROWS[2:]


def test_unreadable_pictures_are_left_out(tmp_path: Path) -> None:
    made = build(tmp_path / "some", Maker(unreadable=[4, 9]))
    assert read_set(tmp_path / "some") == made and made.left_out == {"show nothing": 1, UNREADABLE: 1}
    assert made.note == "2 more were left out: 1 show nothing, 1 cannot be read"
    assert made.complete and [entry["row"] for entry in made.entries] == [1, 2, 7]
    with pytest.raises(StudioError, match=r"none of the 5 .* can be used: 3 cannot be read, 2 show nothing"):
        build(tmp_path / "none", Maker(unreadable=ROWS))


def test_other_folders_are_refused(tmp_path: Path) -> None:
    build(tmp_path / "set", Maker())
    with pytest.raises(StudioError, match="holds a set with other parameters, twins; give another folder"):
        build(tmp_path / "set", Maker(), parameters={"seed": 4})
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").touch()
    with pytest.raises(StudioError, match="holds other files; give a new or empty folder"):
        build(tmp_path / "other", Maker())
    (tmp_path / "file").touch()
    with pytest.raises(StudioError, match="cannot be written to"):
        build(tmp_path / "file", Maker())


def test_a_full_disk_keeps_what_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save = Image.Image.save

    def full(self: Image.Image, where: Any, *rest: Any, **options: Any) -> None:
        if "000004" in str(where):
            Path(where).write_bytes(b"half a picture")
            raise OSError(errno.ENOSPC, "No space left on device")
        save(self, where, *rest, **options)

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(StudioError, match=r"\(No space left on device\); the 2 finished pictures are kept"):
        build(tmp_path, Maker())
    assert not list(tmp_path.glob(".*"))
    monkeypatch.undo()
    kept = read_set(tmp_path)
    assert kept is not None and [entry["row"] for entry in kept.entries] == [1, 7] and not kept.complete
    assert build(tmp_path, Maker()).complete


def test_sets_of_the_cache_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path))
    assert image_sets("synthetic") == []
    folder = set_folder("synthetic", "Twins, near-boundary", PARAMETERS)
    made = build(folder, Maker())
    damaged = set_folder("synthetic", "damaged", {"seed": 9})
    damaged.mkdir(parents=True)
    (damaged / "set.json").write_text(json.dumps({"name": "x"}))
    assert image_sets("synthetic") == [made] and image_sets("attacks") == []
    assert set_folder("synthetic", "Twins, near-boundary", {"seed": 4}) != folder
    listed = [tmp_path / "gone" / "set.json", folder / "set.json"]  # one was removed since
    monkeypatch.setitem(KEPT, "synthetic", SimpleNamespace(place=SimpleNamespace(glob=lambda pattern: listed)))
    assert image_sets("synthetic") == [made]


def test_names_that_are_not_utf8_survive_in_header_and_manifest(tmp_path: Path) -> None:
    odd = "caf\udce9.png"  # as Python reads the name of a file that is not UTF-8

    def make(rows: Sequence[int]) -> list[SetImage]:
        return [SetImage(Image.new("RGB", (4, 4)), {"source": odd}) for _ in rows]

    *_, last = build_set("twins", tmp_path / "set", [0, 1], {"images": odd}, make)
    assert last.complete and read_set(tmp_path / "set") == last
    assert [entry["source"] for entry in last.entries] == [odd, odd] and last.parameters == {"images": odd}
    (tmp_path / "set" / MANIFEST).read_text(encoding="utf-8")
