"""What stands under a picture in the galleries of Compare."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.data.sources import open_dataset
from ood_studio.evaluation.result import BenchResult
from ood_studio.ui import temporary
from ood_studio.ui.compare.pictures import Picture, gallery_items, picture_file, shown_picture
from ood_studio.worlds.diorama_dataset import DioramaDataset


def test_a_caption_says_how_deep_pictures_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.fromarray(np.linspace(0, 7.5, 64 * 64, dtype=np.float32).reshape(64, 64)).save(folder / "deep.tif")
    Image.new("RGB", (8, 8)).save(folder / "plain.png")
    images = open_dataset(str(folder), labels=())
    result = BenchResult("suite", "model", images.name, (), sets={images.name: images})
    shown = [Picture(images.name, index, 0.25) for index in range(2)]
    for turn in range(3):  # written, found again, and written anew where it was cut off
        for file in (tmp_path / "cache").rglob("*.png") if turn == 2 else ():
            file.write_bytes(file.read_bytes()[:-30])
        kept, items = gallery_items(result, shown)
        captions = dict(zip([images.caption(each.index) for each in kept], [text for _, text in items], strict=True))
        assert captions["plain.png"] == "plain.png · 0.25"
        assert captions["deep.tif"].startswith("deep.tif · 0.25 · samples from 0.0075 to 7.492 are shown as black")


def test_where_the_cache_refuses_a_picture_it_is_shown_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").touch()  # no folder can be made in it
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv(temporary.ENVIRONMENT, str(tmp_path / "uploads"))
    images = DioramaDataset("id-flat", 0, 1)
    assert all(Path(shown_picture(images, 0)).is_relative_to(tmp_path / "uploads") for _ in range(2))
    assert picture_file(images, 0).is_file()
    (tmp_path / "more").touch()
    monkeypatch.setenv(temporary.ENVIRONMENT, str(tmp_path / "more"))
    with pytest.raises(StudioError, match=r"the picture could not be kept in .*cache.*\("):
        picture_file(images, 0)
