"""Sets decoded as most research code does it: what Pillow gives, no more."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from ood_studio.data.dataset import Subset
from ood_studio.data.folders import FolderDataset
from ood_studio.data.plain import plain
from ood_studio.worlds.diorama_dataset import diorama_dataset


def test_plain_decoding_is_what_pillow_gives(tmp_path: Path) -> None:
    levels = np.random.default_rng(0).integers(0, 256, (8, 12, 3), dtype=np.uint8)
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.fromarray(levels).save(tmp_path / "a.jpg", exif=turned, quality=95)
    whole = FolderDataset(tmp_path)
    given = np.asarray(Image.open(tmp_path / "a.jpg").convert("RGB"))
    for usual in (whole, Subset(whole, 5, 0)):  # of a large training set a part is taken
        bare = plain(usual)
        np.testing.assert_array_equal(np.asarray(bare.load(0)), given)
        np.testing.assert_array_equal(np.asarray(usual.load(0)), np.rot90(given, -1))
        assert bare.key != usual.key and np.asarray(bare.show(0)).shape == (12, 8, 3)


def test_what_is_drawn_is_plain_already() -> None:
    drawn = diorama_dataset("id-test", 0, 3)
    assert plain(drawn) is drawn and plain(part := Subset(drawn, 2, 0)) is part
