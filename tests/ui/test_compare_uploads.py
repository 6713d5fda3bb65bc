"""Uploads become sets: all pictures count, whatever they are called and packed in; what is no picture is named."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.data.sources import open_dataset
from ood_studio.evaluation.suites import open_suite
from ood_studio.ui.compare import uploads
from ood_studio.ui.compare.uploads import is_upload, own_sets


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no set of an earlier run is found."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)


def picture(path: Path, colour: str = "red") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 4), colour).save(path, "PNG")
    return str(path)


def archive(path: Path, *names: str, **others: bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as file:
        for name in names:
            file.write(picture(path.parent / "packed.png", "blue"), name)
        for name, content in others.items():
            file.writestr(name, content)
    return str(path)


def counts(own: uploads.OwnSets) -> tuple[int, dict[str, int]]:
    suite = open_suite("folders", id_data=own.id_data, ood_data=own.ood_data)
    return len(suite.id), {name: len(images) for name, images in suite.ood.items()}


def test_files_of_one_name_all_count(tmp_path: Path) -> None:
    same = [picture(tmp_path / str(i) / "a.png") for i in range(3)]
    zips = [archive(tmp_path / str(i) / "x.zip", "b.png", "c.png") for i in range(2)]
    own = own_sets([*same, same[0]], [*same[:2], *zips, archive(tmp_path / "uploaded.zip", "d.png")], "", ())
    assert counts(own) == (4, {"uploaded": 2, "x": 2, "x (2)": 2, "uploaded (2)": 1}) and not own.problems


def test_hidden_names_count_too(tmp_path: Path) -> None:
    hidden = [picture(tmp_path / str(i) / name) for i, name in enumerate((".a.png", ".png", "a.png", "." * 3))]
    (tmp_path / "._b.png").write_bytes(b"left by a Macintosh")
    packed = archive(tmp_path / "x.zip", "c.png")
    own = own_sets([*hidden, packed], [*hidden, str(tmp_path / "._b.png")], "", ())
    assert counts(own) == (5, {"uploaded": 5})


def test_loose_pictures_beside_archives_are_one_id_set(tmp_path: Path) -> None:
    loose = [picture(tmp_path / "a.png"), picture(tmp_path / "other" / "a.png")]
    first = archive(tmp_path / "first.zip", "photos/cat/a.png", "photos/dog/b.png")
    second = archive(tmp_path / "second.zip", "cat/a.png", "cat/deep/a.png", notes=b"x")
    own = own_sets([*loose, first, second], [loose[0]], "", ())
    found = open_dataset(own.id_data)
    assert is_upload(own.id_data) and len(found) == 6 and found.classes == ("cat", "dog")
    assert found.labels is not None and np.bincount(found.labels + 1).tolist() == [2, 3, 1]
    assert own.problems == {"second.zip, other files": "second.zip: 1 file is no picture and was left out: notes."}
    assert own_sets([*loose, first, second], [loose[0]], "", ()).id_data == own.id_data


def test_a_bad_file_costs_no_other(tmp_path: Path) -> None:
    (tmp_path / "Thumbs.db").write_bytes(b"\xd0\xcf")
    (tmp_path / "bad.zip").write_bytes(b"PK\3\4")
    good = archive(tmp_path / "good.zip", "a.png", "broken.png")
    raw = bytearray(Path(good).read_bytes())
    raw[45] ^= 0xFF  # within the first picture
    Path(good).write_bytes(raw)
    extensionless = picture(tmp_path / "IMG_0001")
    bad = [str(tmp_path / "Thumbs.db"), str(tmp_path / "bad.zip")]
    own = own_sets([extensionless, good, *bad], [extensionless, bad[0]], "", ())
    assert counts(own) == (2, {"uploaded": 1})
    assert list(own.problems) == ["Thumbs.db", "Thumbs (2).db", "good.zip/a.png", "bad.zip"]
    assert own.problems["Thumbs.db"] == "Thumbs.db is no picture, zip, image list or file of features."
    with pytest.raises(StudioError, match=r"^there are no ID pictures \(Thumbs\.db is no picture"):
        own_sets([bad[0]], [extensionless], "", ())
    with pytest.raises(StudioError, match=r"^there are no ID pictures \(bad\.zip is not a zip"):
        own_sets([bad[1], bad[1]], [extensionless], "", ())


def test_lists_and_features_are_a_set_by_themselves(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((2, 3)))
    own = own_sets([str(tmp_path / "a.npy")], [str(tmp_path / "a.npy")], "", ())
    assert own.id_data == str(tmp_path / "a.npy") and own.ood_data == (f"a={tmp_path / 'a.npy'}",)
    with pytest.raises(StudioError, match="ID pictures are one set: upload pictures and zips of them, or a single"):
        own_sets([str(tmp_path / "a.npy"), picture(tmp_path / "b.png")], [], "", ("x=/y",))


def test_what_is_unpacked_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "_MOST_UNPACKED", 50)
    files = [picture(tmp_path / "a.png"), archive(tmp_path / "x.zip", "b.png")]
    with pytest.raises(StudioError, match=r"may hold 0\.0 GB in all; upload a single zip"):
        own_sets(files, files, "", ())
    assert not list((tmp_path / "temporary" / "ood-studio-uploads").glob(".*"))
