"""Image lists and files of features as they come: odd texts, other files under their names, further columns."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pyarrow
import pytest
import torch
from PIL import Image
from pyarrow import parquet
from safetensors.torch import save_file

from ood_studio.core.errors import StudioError
from ood_studio.data import feature_files
from ood_studio.data.arrays import FeatureDataset
from ood_studio.data.feature_files import _column
from ood_studio.data.image_lists import ImageListDataset
from ood_studio.data.sources import open_dataset


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.png", "b.png"):
        Image.new("RGB", (4, 4), "red").save(tmp_path / name)
    return tmp_path


def listed(folder: Path, content: bytes, labels: tuple[str, ...] | None = None) -> ImageListDataset:
    (folder / "list.txt").write_bytes(content)
    return ImageListDataset(folder / "list.txt", labels=labels)


@pytest.mark.parametrize(
    "content",
    [b"\xef\xbb\xbfa.png 1\nb.png 0\n", b"a.png 1\rb.png 0\r", b"a.png\t1\r\n\r\nb.png 0", b"a.png +1\nb.png 00\n"],
)
def test_lists_of_every_editor(folder: Path, content: bytes) -> None:
    found = listed(folder, content)
    assert [found.caption(i) for i in (0, 1)] == ["a.png", "b.png"] and found.load(0).size == (4, 4)
    assert found.numbered and found.labels is not None and found.labels.tolist() == [1, 0]


def test_labels_beyond_what_numbers_hold_are_one_sentence(folder: Path) -> None:
    for label in ("99999999999999999999", "-99999999999999999999", "9" * 5000):
        with pytest.raises(StudioError, match=r"^line 2 of .*list\.txt has the label -?9+, too large") as caught:
            listed(folder, b"b.png 0\na.png " + label.encode(), ())
        assert len(str(caught.value)) < 300
    with pytest.raises(StudioError, match="holds zero bytes"):
        listed(folder, "a.png 0".encode("utf-16"))


def test_a_list_whose_first_image_is_missing(folder: Path) -> None:
    found = listed(folder, b"gone.png 0\na.png 1\ngone.png 0\n")
    with pytest.raises(StudioError, match=r"gone\.png \(line 1\) is missing"):
        found.load(0)
    assert found.load(1).size == (4, 4)
    assert len({found.caption(i) for i in range(3)}) == 3  # so that both missing ones are counted


def test_a_list_of_another_system(folder: Path) -> None:
    (folder / "more").mkdir()
    (folder / "a.png").rename(folder / "more" / "a.png")
    found = listed(folder, b"gone\\b.png 1\r\nmore\\a.png 0\r\n")
    assert [found.caption(i) for i in (0, 1)] == ["gone/b.png", "more/a.png"] and found.load(1).size == (4, 4)


def test_other_files_under_the_name_of_an_array(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", joint=np.ones((2, 3)), labels=np.zeros(2))
    (tmp_path / "zipped.npy").write_bytes((tmp_path / "mine.npz").read_bytes())
    torch.save(torch.ones(2, 3), tmp_path / "torch.npy")
    torch.save(torch.ones(2, 3), tmp_path / "torch.pt")
    for name, reason in (
        ("mine.npz", r"^mine\.npz holds several arrays \(joint, labels\); save the features alone with numpy\.save$"),
        ("zipped.npy", r"^zipped\.npy holds several arrays \(joint, labels\)"),
        ("torch.npy", r"^torch\.npy was written by torch\.save; save the features with numpy\.save or as safetensors$"),
        ("torch.pt", r"^torch\.pt was written by torch\.save"),
    ):
        with pytest.raises(StudioError, match=reason):
            open_dataset(str(tmp_path / name))
    with pytest.raises(StudioError, match=r"^features are a file of \.npy, \.safetensors, \.parquet, not 'torch\.pt'$"):
        FeatureDataset(tmp_path / "torch.pt")
    with zipfile.ZipFile(tmp_path / "odd.npy", "w") as archive:
        archive.writestr("x", "y")
    with pytest.raises(StudioError, match=r"^odd\.npy is not an array of numbers"):
        open_dataset(str(tmp_path / "odd.npy"))


NARROW = pyarrow.list_(pyarrow.float16(), 2)


def table(file: Path, /, **columns: object) -> FeatureDataset:
    parquet.write_table(pyarrow.table(columns), file)
    return FeatureDataset(file)


def test_further_columns_are_no_features_and_are_said(tmp_path: Path) -> None:
    found = table(
        tmp_path / "a.parquet",
        x=[1.0, 2.0],
        id=[10.0, 11.0],
        y=[3.0, 4.0],
        __index_level_0__=[0, 1],
        path=["a", "b"],
        label=[1, 0],
    )
    assert found.features("toy", 9)["visual"].tolist() == [[1, 3], [2, 4]] and found.numbered
    assert found.notes == ("its columns id, __index_level_0__, path are no features and were left out",)
    assert found.labels is not None and found.labels.tolist() == [1, 0]


def test_one_column_of_lists_is_the_features(tmp_path: Path) -> None:
    found = table(tmp_path / "a.parquet", embedding=[[1.0, 0.0], [0.0, 1.0]], id=[5, 6], x=[0.1, 0.2])
    assert found.features("toy", 9)["visual"].tolist() == [[1, 0], [0, 1]]
    assert found.notes == ("its columns id, x are no features and were left out",)
    with pytest.raises(StudioError, match=r"several columns of lists \(a, b\); name that of the features joint or"):
        table(tmp_path / "b.parquet", a=[[1.0]], b=[[1.0]])
    with pytest.raises(StudioError, match=r"no column of features, .* but id, path"):
        table(tmp_path / "c.parquet", id=[1, 2], path=["a", "b"])


def test_lists_of_lists_and_of_one_length_are_read_as_they_are(tmp_path: Path) -> None:
    patches = np.arange(24, dtype=np.float32).reshape(2, 2, 2, 3)
    found = table(tmp_path / "a.parquet", joint=np.eye(2, 3).tolist(), visual=pyarrow.array([[1, 2], [3, 4]], NARROW))
    assert found._features["visual"].tolist() == [[1, 2], [3, 4]] and found._features["joint"].shape == (2, 3)
    assert found._features["visual"].dtype == torch.float16
    assert np.array_equal(_column(pyarrow.table({"a": patches.tolist()}), "a"), patches)
    for rows in ([[1.0], [1.0, 2.0]], [[1.0], None], [[1.0], []]):
        with pytest.raises(StudioError, match=r"b\.parquet is not a table .*the lists in its column joint are not all"):
            table(tmp_path / "b.parquet", joint=rows)
    with pytest.raises(StudioError, match=r"not all finite numbers \(row 2\)"):
        table(tmp_path / "c.parquet", joint=[[1.0], [None]])


def test_a_small_table_that_unpacks_to_more_than_the_machine_holds_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feature_files, "machine_memory", lambda: 7 * 10**6)
    assert len(table(tmp_path / "a.parquet", joint=[[0.0] * 80] * 10_000)) == 10_000
    assert (tmp_path / "a.parquet").stat().st_size < 10_000
    with pytest.raises(StudioError, match=r"b\.parquet holds 900,000 numbers, 0 GB, which is more than half of this"):
        table(tmp_path / "b.parquet", joint=[[0.0] * 90] * 10_000)


def test_further_tensors_are_no_features_and_are_said(tmp_path: Path) -> None:
    tensors = {"embeddings": torch.ones(2, 3), "ids": torch.tensor([4, 5]), "labels": torch.tensor([1, 0])}
    save_file(tensors, tmp_path / "a.safetensors")
    found = FeatureDataset(tmp_path / "a.safetensors")
    assert found.features("toy", 3)["joint"].shape == (2, 3) and found.numbered
    assert found.notes == ("its tensors ids are no features and were left out",)
    save_file(tensors | {"more": torch.ones(2, 3)}, tmp_path / "b.safetensors")
    with pytest.raises(StudioError, match="none of the features joint, visual, patches, but embeddings, ids, more"):
        FeatureDataset(tmp_path / "b.safetensors")


def test_class_names_in_a_table(tmp_path: Path) -> None:
    names = pyarrow.array(["dog", "Cat", None])
    for label in (names, names.dictionary_encode()):  # as pandas writes texts, and categories
        found = table(tmp_path / "a.parquet", embedding=[[1.0], [2.0], [3.0]], label=label)
        assert found.classes == ("Cat", "dog") and found.labels is not None and found.labels.tolist() == [1, 0, -1]
        assert not found.numbered


def test_what_a_file_lacks_is_told_with_its_name_and_both_widths(tmp_path: Path) -> None:
    np.save(tmp_path / "narrow.npy", np.ones((2, 125)))
    found = FeatureDataset(tmp_path / "narrow.npy")
    assert found.lacks("joint", 128) == (
        "narrow.npy holds no joint features of 128 dimensions, but unnamed ones of 125 dimensions"
    )


def test_rows_that_are_not_finite_are_named(tmp_path: Path) -> None:
    rows = np.ones((9, 2))
    rows[[2, 5]] = np.nan, np.inf
    np.save(tmp_path / "a.npy", rows)
    with pytest.raises(StudioError, match=r"not all finite numbers \(row 3, 6\)"):
        FeatureDataset(tmp_path / "a.npy")


def test_an_array_whose_header_is_damaged_is_one_sentence(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((2, 3)))
    raw = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(raw.replace(b"'fortran_order': False", b"'fortran_order(((False"))
    with pytest.raises(StudioError, match=r"^a\.npy is not an array of numbers that can be read \(.*\)$"):
        FeatureDataset(tmp_path / "a.npy")


def test_a_broken_table_is_told_by_its_name_alone(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    for content in (b"", b"PAR1", b"PAR1" + bytes(100), bytes(500)):
        (tmp_path / "a.parquet").write_bytes(content)
        with pytest.raises(StudioError, match=r"^a\.parquet is not a table of features that can be read \(") as told:
            open_dataset(str(tmp_path / "a.parquet"))
        assert str(tmp_path) not in str(told.value)
