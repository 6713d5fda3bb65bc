"""Image lists that are uploaded name pictures uploaded with them, and nothing else of the machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.data.sources import open_dataset
from ood_studio.ui import temporary
from ood_studio.ui.compare.uploaded_lists import lists_folder
from ood_studio.ui.compare.uploads import own_sets


@pytest.fixture
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(temporary, "_root", lambda: tmp_path / "own")
    for name, colour in (("a", "red"), ("b", "green"), ("c", "blue")):  # each in a folder of its own, as gradio does
        (tmp_path / name).mkdir()
        Image.new("RGB", (4, 4), colour).save(tmp_path / name / f"{name}.png")
    Image.new("RGB", (4, 4), "white").save(tmp_path / "secret.png")
    return tmp_path


def listed(uploads: Path, text: str) -> str:
    (path := uploads / "list.txt").write_text(text)
    return str(path)


def pictures(uploads: Path, names: str = "abc") -> list[str]:
    return [str(uploads / name / f"{name}.png") for name in names]


def test_a_list_takes_the_pictures_uploaded_with_it_and_leaves_the_others(uploads: Path) -> None:
    given = listed(uploads, "deep/b.png 1\n\n/data/x/a.png 0\r\nC:\\pictures\\b.png\n")
    own = own_sets([given, *pictures(uploads, "ab")], [given, *pictures(uploads)], "", ())
    found = open_dataset(own.id_data)
    assert Path(own.id_data).is_relative_to(lists_folder()) and len(found) == 3
    assert [found.load(i).getpixel((0, 0)) for i in range(3)] == [(0, 128, 0), (255, 0, 0), (0, 128, 0)]
    assert found.labels is not None and found.labels.tolist() == [1, 0, -1]
    assert [each.partition("=")[0] for each in own.ood_data] == ["uploaded", "list"]
    assert len(open_dataset(own.ood_data[0].partition("=")[2])) == 1


@pytest.mark.parametrize(
    "line", ["/etc/passwd 0", "../secret.png 0", "SECRET 0", "secret.png 0", "file:///etc/passwd", "..", ".", "~/x.png"]
)
def test_a_list_reads_nothing_else(uploads: Path, line: str) -> None:
    given = listed(uploads, "a.png 0\n" + line.replace("SECRET", str(uploads / "secret.png")) + "\n")
    with pytest.raises(StudioError, match="not uploaded with it; upload the list together with its pictures"):
        own_sets([given, *pictures(uploads)], pictures(uploads), "", ())
    with pytest.raises(StudioError, match=r"names 'a\.png'"):
        own_sets([given], pictures(uploads), "", ())


def test_a_list_of_no_use_among_ood_files_costs_no_other(uploads: Path) -> None:
    given = listed(uploads, "secret.png 0\n")
    own = own_sets(pictures(uploads), [given, *pictures(uploads, "ab")], "", ())
    assert [each.partition("=")[0] for each in own.ood_data] == ["uploaded"]
    assert len(open_dataset(own.ood_data[0].partition("=")[2])) == 2
    assert list(own.problems) == ["list.txt"] and "not uploaded with it" in own.problems["list.txt"]


def test_two_pictures_of_one_name_are_told(uploads: Path) -> None:
    (uploads / "d").mkdir()
    Image.new("RGB", (4, 4)).save(uploads / "d" / "a.png")
    given = listed(uploads, "one/a.png 0\n")
    with pytest.raises(StudioError, match=r"2 of the pictures are called a\.png"):
        own_sets([given, *pictures(uploads), str(uploads / "d" / "a.png")], pictures(uploads), "", ())


def test_the_same_list_by_another_name_is_found_too(uploads: Path) -> None:
    for name in ("one.txt", "other.txt"):
        (uploads / name).write_text("a.png 0\n")
        own = own_sets([str(uploads / name), *pictures(uploads, "a")], pictures(uploads, "b"), "", ())
        assert Path(own.id_data).name == name and len(open_dataset(own.id_data)) == 1
