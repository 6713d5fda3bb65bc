"""What stands under a picture in the galleries of Compare."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ood_studio.data.sources import open_dataset
from ood_studio.evaluation.rows import BenchResult
from ood_studio.ui.compare.pictures import Picture, gallery_items


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
