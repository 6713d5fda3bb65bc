"""A data set that was cloned without Git LFS is told as that, whatever its files should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ood_studio.core.errors import StudioError
from ood_studio.core.pointers import is_pointer
from ood_studio.data.images import decode_image
from ood_studio.data.sources import open_dataset

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0123456789abcdef\nsize 4096\n"


@pytest.mark.parametrize("name", ["a.zip", "a.txt", "a.npy", "a.safetensors", "a.parquet"])
def test_a_pointer_in_place_of_data(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(POINTER)
    with pytest.raises(StudioError, match=rf"^{name} is a pointer of Git LFS .*: git lfs pull$"):
        open_dataset(str(tmp_path / name))


def test_a_pointer_in_place_of_an_image(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(POINTER)
    for source in (tmp_path / "a.jpg", POINTER):
        with pytest.raises(StudioError, match=r"is a pointer of Git LFS .*: git lfs pull\.$"):
            decode_image(source, name="a.jpg")
    assert not is_pointer(tmp_path) and not is_pointer(tmp_path / "none") and not is_pointer(b"version")


def test_what_is_no_array_is_not_to_be_trusted(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((2, 3)))
    (tmp_path / "a.npy").write_bytes(b"x" + (tmp_path / "a.npy").read_bytes())
    with pytest.raises(StudioError, match=r"^a\.npy is not an array of numbers as numpy\.save writes it$"):
        open_dataset(str(tmp_path / "a.npy"))
