"""People's own pictures: the same pictures give the same folder, and a bad file costs only itself."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.paths import cache_dir
from ood_studio.data import uploads
from ood_studio.data.uploads import keep_images


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path / "cache"))


def picture(path: Path, colour: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", (4, 4), colour).save(path, "PNG")
    return path


def test_same_pictures_same_folder(tmp_path: Path) -> None:
    red, blue = picture(tmp_path / "a.png", "red"), picture(tmp_path / "b.JPG", "blue")
    again = picture(tmp_path / "other" / "red", "red")
    folder, problems = keep_images([red, blue])
    assert not problems and folder.is_relative_to(cache_dir()) and len(list(folder.iterdir())) == 2
    assert keep_images([blue, red, red])[0] == folder
    assert keep_images([again])[0] == keep_images([again])[0] != folder


def test_bad_files_are_named_and_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    files = [tmp_path / "notes.txt", picture(tmp_path / "a.png", "red"), picture(tmp_path / "b.png", "blue")]
    folder, problems = keep_images(files)
    assert list(problems) == ["notes.txt"] and len(list(folder.iterdir())) == 2
    monkeypatch.setattr(uploads, "MOST_KEPT", 1)
    assert "Only 1 pictures are kept" in keep_images(files)[1]["b.png"]
    with pytest.raises(StudioError, match=r"none of these files .* notes\.txt is not a picture"):
        keep_images(files[:1])
    with pytest.raises(StudioError, match="there was no file"):
        keep_images([])


def test_archives_are_opened_or_named(tmp_path: Path) -> None:
    red, blue = picture(tmp_path / "a.png", "red"), picture(tmp_path / "b.png", "blue")
    for name, entries in (("good.zip", ("in/a.png", "b.png")), ("bad.zip", ("../a.png", "b.png"))):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for path, entry in zip((red, blue), entries, strict=True):
                archive.write(path, entry)
    with zipfile.ZipFile(tmp_path / "good.zip", "a") as archive:
        archive.writestr("broken.png", b"junk")
    folder, problems = keep_images([tmp_path / "good.zip", tmp_path / "bad.zip"])
    found = {Image.open(path).getpixel((0, 0)) for path in folder.iterdir()}
    assert found == {(255, 0, 0), (0, 0, 255)}
    assert list(problems) == ["good.zip/broken.png", "bad.zip"] and "leads out" in problems["bad.zip"]
    assert keep_images([tmp_path / "good.zip"])[0] == folder
    assert [path.name for path in (cache_dir() / "uploads").iterdir()] == [folder.parent.name]
