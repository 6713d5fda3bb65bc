"""Pictures from folders, archives, lists, data sets and features: found and labelled, or refused with a reason."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from ood_studio.core.errors import StudioError
from ood_studio.data import zips
from ood_studio.data.arrays import FeatureDataset
from ood_studio.data.cifar import CifarDataset
from ood_studio.data.dataset import Dataset
from ood_studio.data.sources import open_dataset

COLOURS = {"cat/b.png": "red", "cat/a.JPG": "lime", "golden_retriever/deep/c.png": "blue"}


def png(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(file, "PNG")
    return file.getvalue()


def folder(root: Path, files: dict[str, str]) -> Path:
    for name, colour in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(png(colour))
    return root


def archive(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
    return path


def colours(pictures: Dataset) -> list[tuple[int, ...]]:
    return [pictures.load(i).getpixel((0, 0)) for i in range(len(pictures))]  # type: ignore[misc]


def as_folder(tmp_path: Path) -> Path:
    root = folder(tmp_path / "mine", COLOURS | {".hidden/x.png": "red", "cat/._b.png": "red"})
    (root / "notes.txt").write_text("not a picture")
    return root


def as_zip(tmp_path: Path) -> Path:
    files = {f"around/{name}": png(colour) for name, colour in COLOURS.items()}
    return archive(
        tmp_path / "mine.zip", files | {"around/": b"", "__MACOSX/around/._b.png": b"x", "around/n.txt": b"n"}
    )


@pytest.mark.parametrize("make", [as_folder, as_zip])
def test_pictures_are_sorted_and_folders_are_classes(tmp_path: Path, make) -> None:  # type: ignore[no-untyped-def]
    where = str(make(tmp_path))
    pictures = open_dataset(where)
    assert pictures.name == "mine" and pictures.classes == ("cat", "golden retriever")
    assert [pictures.caption(i).removeprefix("around/") for i in range(3)] == sorted(COLOURS)
    assert colours(pictures) == [(0, 255, 0), (255, 0, 0), (0, 0, 255)]
    assert pictures.labels is not None and pictures.labels.tolist() == [0, 0, 1]
    named = open_dataset(where, name="other", labels=("Golden Retriever", "dog"))
    assert named.name == "other" and named.labels is not None and named.labels.tolist() == [-1, -1, 0]
    assert open_dataset(where, labels=()).labels is None
    assert open_dataset(where).key == pictures.key


def test_a_folder_knows_when_it_changed_and_names_what_it_cannot_read(tmp_path: Path) -> None:
    root = folder(tmp_path / "mine", {"a.png": "red", "b.png": "blue"})
    first = open_dataset(str(root))
    assert first.labels is None and first.classes == ()
    (root / "b.png").write_bytes(b"broken")
    (root / "loop").symlink_to(root, target_is_directory=True)
    second = open_dataset(str(root))
    assert second.key != first.key and len(second) == 2
    with pytest.raises(StudioError, match=r"b\.png is not a picture"):
        second.load(1)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil.png", "leads out of the archive"),
        ("a/../../evil.png", "leads out of the archive"),
        ("..\\evil.png", "leads out of the archive"),
        ("/etc/evil.png", "has an absolute path"),
        ("C:\\evil.png", "has an absolute path"),
    ],
)
def test_archives_that_lead_elsewhere_are_refused(tmp_path: Path, name: str, reason: str) -> None:
    path = archive(tmp_path / "bad.zip", {"fine.png": png("red"), name: png("red")})
    with pytest.raises(StudioError, match=rf"bad\.zip is refused: .* {reason}"):
        open_dataset(str(path))


def test_archives_with_links_and_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = zipfile.ZipInfo("link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as file:
        file.writestr(link, "/etc/passwd")
    with pytest.raises(StudioError, match=r"'link\.png' is a link"):
        open_dataset(str(tmp_path / "link.zip"))
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.png", bytes(2 * 2**20))
    monkeypatch.setattr(zips, "_FREE_BYTES", 2**20)
    with pytest.raises(StudioError, match="as in a zip bomb"):
        open_dataset(str(tmp_path / "bomb.zip"))
    monkeypatch.setattr(zips, "_FREE_BYTES", 2**30)
    monkeypatch.setattr(zips, "MAX_TOTAL_BYTES", 2**20)
    with pytest.raises(StudioError, match="as in a zip bomb"):
        open_dataset(str(tmp_path / "bomb.zip"))
    monkeypatch.setattr(zips, "MAX_FILES", 0)
    with pytest.raises(StudioError, match="1 files, and the limit is 0"):
        open_dataset(str(tmp_path / "bomb.zip"))


def test_a_damaged_picture_in_an_archive_costs_only_itself(tmp_path: Path) -> None:
    path = archive(tmp_path / "mine.zip", {"a.png": png("red"), "b.png": png("blue")})
    raw = bytearray(path.read_bytes())
    raw[45] ^= 0xFF  # within the first picture
    path.write_bytes(raw)
    pictures = open_dataset(str(path))
    with pytest.raises(StudioError, match=r"a\.png is damaged in its archive"):
        pictures.load(0)
    assert pictures.load(1).getpixel((0, 0)) == (0, 0, 255)


def test_image_lists_of_openood(tmp_path: Path) -> None:
    folder(tmp_path / "images_classic", {"x/a b.png": "red", "x/c.png": "blue"})
    where = tmp_path / "benchmark_imglist" / "toy"
    where.mkdir(parents=True)
    (where / "test.txt").write_text("x/c.png 1\nx/a b.png 0\n\nx/missing.png -1\n")
    pictures = open_dataset(str(where / "test.txt"), labels=("cat", "dog"))
    assert pictures.labels is not None and pictures.labels.tolist() == [1, 0, -1]
    assert [pictures.load(i).getpixel((0, 0)) for i in (0, 1)] == [(0, 0, 255), (255, 0, 0)]
    with pytest.raises(StudioError, match=r"x/missing\.png is missing"):
        pictures.load(2)
    assert open_dataset(str(where / "test.txt"), labels=()).labels is None
    for text, labels, reason in (
        ("x/c.png 1", ("cat",), "has the label 1, but there are 1 labels"),
        ("x/c.png one", None, "line 1 of .* with a whole number"),
        ("nowhere/c.png 1", None, "pictures of the image list bad.txt were not found"),
        (" \n", None, "is empty"),
    ):
        (where / "bad.txt").write_text(text)
        with pytest.raises(StudioError, match=reason) as told:
            open_dataset(str(where / "bad.txt"), labels=labels)
        assert "bad.txt" in str(told.value) and str(where) not in str(told.value)  # it may be an upload


def test_features_in_place_of_pictures(tmp_path: Path) -> None:
    rows = np.arange(1, 13, dtype=np.float64).reshape(4, 3)
    np.save(tmp_path / "mine.npy", rows)
    given = open_dataset(str(tmp_path / "mine.npy"))
    assert isinstance(given, FeatureDataset) and len(given) == 4 and given.labels is None
    found = given.features("toy", 3)
    assert set(found) == {"joint", "visual"}
    np.testing.assert_allclose(found["joint"], rows / np.linalg.norm(rows, axis=1, keepdims=True), rtol=1e-6)
    np.testing.assert_allclose(found["visual"], rows)
    assert given.unnamed and given.width == 3 and set(given.features("toy", 8)) == {"joint", "visual"}
    with pytest.raises(StudioError, match="features, not pictures"):
        given.load(0)

    save_file({"joint": torch.rand(2, 3), "labels": torch.tensor([1, -5])}, tmp_path / "both.safetensors")
    named = open_dataset(str(tmp_path / "both.safetensors"), labels=("cat", "dog"))
    assert isinstance(named, FeatureDataset) and named.labels is not None and named.labels.tolist() == [1, -1]
    with pytest.raises(StudioError, match=r"in both\.safetensors have 3 dimensions, but toy has 4"):
        named.features("toy", 4)


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.array([[1.0, np.nan]]), "not all finite"),
        (np.zeros((0, 3)), "have the shape"),
        (np.zeros(3), "must be 2-dimensional"),
        (np.zeros((2, 3), int), "floating-point numbers, not int64"),
        (np.array([["a"]]), "not an array of numbers"),
        (np.array([{}], object), "not an array of numbers"),
    ],
)
def test_features_of_no_use_are_refused(tmp_path: Path, array: np.ndarray, reason: str) -> None:
    np.save(tmp_path / "bad.npy", array)
    with pytest.raises(StudioError, match=reason):
        open_dataset(str(tmp_path / "bad.npy"))


def test_tables_of_features(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"joint": [[1.0, 0.0], [0.0, 2.0]], "label": [1, 0]}), tmp_path / "a.parquet")
    lists = open_dataset(str(tmp_path / "a.parquet"))
    assert isinstance(lists, FeatureDataset) and lists.labels is not None and lists.labels.tolist() == [1, 0]
    assert lists.features("toy", 2)["joint"].tolist() == [[1, 0], [0, 1]]
    parquet.write_table(pyarrow.table({"x": [1.0, 2.0], "y": [3.0, 4.0]}), tmp_path / "b.parquet")
    numbers = open_dataset(str(tmp_path / "b.parquet"))
    assert isinstance(numbers, FeatureDataset) and numbers.features("toy", 9)["visual"].tolist() == [[1, 3], [2, 4]]


def test_binary_files_of_cifar(tmp_path: Path) -> None:
    pixels = np.arange(2 * 3072, dtype=np.uint64).astype(np.uint8).reshape(2, 3, 32, 32)
    records = np.concatenate([np.array([[9, 4], [8, 0]], np.uint8), pixels.reshape(2, -1)], axis=1)
    records.tofile(tmp_path / "test.bin")
    pictures = CifarDataset([tmp_path / "test.bin"], "CIFAR-100", label_bytes=2)
    assert pictures.labels is not None and pictures.labels.tolist() == [4, 0]
    np.testing.assert_array_equal(np.asarray(pictures.load(1)), pixels[1].transpose(1, 2, 0))
    with pytest.raises(StudioError, match="no CIFAR file: 6,148 bytes, not a multiple of 3,073"):
        CifarDataset([tmp_path / "test.bin"], "CIFAR-10", label_bytes=1)


def test_an_archive_is_one_whatever_it_is_called(tmp_path: Path) -> None:
    for name in ("comic.cbz", "photos"):
        found = open_dataset(str(archive(tmp_path / name, {"cat/a.png": png("red")})))
        assert len(found) == 1 and found.classes == ("cat",)


def test_places_where_there_are_no_pictures(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "fake.zip").write_bytes(b"no zip")
    (tmp_path / "mine.tar").write_bytes(b"")
    archive(tmp_path / "none.zip", {"notes.txt": b""})
    (tmp_path / "one.png").write_bytes(png("red"))
    for where, reason in (
        ("", "say where the pictures are"),
        (str(tmp_path / "nowhere"), "there is no folder .*nowhere; expected a folder, a .zip"),
        (str(tmp_path / "empty"), "holds no picture"),
        (str(tmp_path / "fake.zip"), "fake.zip is not a zip archive"),
        (str(tmp_path / "none.zip"), "none.zip holds no picture"),
        (str(tmp_path / "one.png"), "one.png is a single picture; expected a folder"),
        (str(tmp_path / "mine.tar"), "mine.tar is of no kind that can be read; expected a folder"),
        ("a\0b", r"there is no folder a\?b|cannot be read"),
    ):
        with pytest.raises(StudioError, match=reason):
            open_dataset(where)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everybody may read everything")
def test_a_folder_that_may_not_be_read_is_one_sentence(tmp_path: Path) -> None:
    root = folder(tmp_path / "mine", {"a.png": "red"})
    root.chmod(0)
    try:
        with pytest.raises(StudioError, match="holds no picture"):
            open_dataset(str(root))
    finally:
        root.chmod(0o700)


def test_a_name_may_begin_like_a_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("~root.zip", "~nobody.zip"):
        with zipfile.ZipFile(name, "w") as archive:
            archive.writestr("a.png", png("red"))
        assert len(open_dataset(name)) == 1


@pytest.mark.parametrize("name", ["list.txt", "other.txt"])
def test_a_line_of_a_megabyte_is_one_short_sentence(tmp_path: Path, name: str) -> None:
    """In a list of images, and as a path itself."""
    (tmp_path / "list.txt").write_text(f"{'x' * 1_000_000}.png 0\n")
    (tmp_path / "other.txt").write_text(f"{'x' * 1_000_000}\n")
    for where in (str(tmp_path / name), "y" * 1_000_000, f"{'y' * 1_000_000}.zip"):
        with pytest.raises(StudioError) as caught:
            open_dataset(where)
        assert len(str(caught.value)) < 1_500
