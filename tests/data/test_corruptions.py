"""The corruptions of ImageNet-C: the same for the same seed, and what cannot be corrupted."""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.data import corruptions
from ood_studio.data.corruptions import CORRUPTIONS, SEVERITIES, SIDE, CorruptedDataset, CorruptiblePicture, corrupted
from ood_studio.data.dataset import reopen
from ood_studio.data.folders import FolderDataset


def photograph(width: int = 48, height: int = 40) -> Image.Image:
    """Some colours and edges."""
    rows, columns = np.mgrid[:height, :width]
    gray = (rows * 5 + columns * 3) % 200
    return Image.fromarray(np.stack([gray, 220 - gray, (rows // 8 + columns // 8) % 2 * 160], axis=2).astype(np.uint8))


def change(one: Image.Image, other: Image.Image) -> float:
    return float(np.sqrt(((np.asarray(one, float) - np.asarray(other, float)) ** 2).mean()))


@pytest.mark.parametrize("name", [name for name in CORRUPTIONS if name != "glass_blur"])  # it is compiled first: slow
def test_each_is_the_same_again_and_says_nothing_to_others_randomness(name: str) -> None:
    image = photograph()
    np.random.seed(3)
    expected = np.random.rand()
    np.random.seed(3)
    first = corrupted(image, name, 3, seed=5)
    assert np.random.rand() == expected
    assert first.size == image.size and first.mode == "RGB" and change(first, image) > 0
    assert change(corrupted(image, name, 3, seed=5), first) == 0
    assert change(corrupted(image, name, 0), image) == 0
    assert change(corrupted(image, name, 5, seed=5), corrupted(image, name, 1, seed=5)) > 0


def test_they_are_those_of_the_library() -> None:
    from imagecorruptions import get_corruption_names

    assert [*CORRUPTIONS] == get_corruption_names()


def test_a_photograph_is_changed_in_one_corruption_and_comes_back() -> None:
    picture = CorruptiblePicture(photograph(400, 300), "cow.jpg")
    assert min(picture.draw().size) == SIDE  # what the severities are made for
    assert [thing.name for thing in picture.things()] == [*CORRUPTIONS]
    assert all(thing.values == ("none", *map(str, SEVERITIES)) for thing in picture.things())
    fog = picture.changed("fog", "4")
    assert fog.said == "Fog: 4" and change(fog.draw(), fog.draw()) == 0 < change(fog.draw(), picture.draw())
    assert change(fog.changed("fog", "none").draw(), picture.draw()) == 0
    with pytest.raises(StudioError, match=r"cow.jpg has no 'colour' that can be changed; it has gaussian_noise"):
        picture.changed("colour", "red")


def test_a_set_is_corrupted_image_by_image_and_opens_elsewhere(tmp_path: Path) -> None:
    for i in range(2):
        (tmp_path / "a").mkdir(exist_ok=True)
        photograph(40 + i).save(tmp_path / "a" / f"{i}.png")
    whole = FolderDataset(tmp_path)
    found = CorruptedDataset(whole, "jpeg_compression", 5)
    assert found.name.endswith("JPEG compression 5") and len(found) == 2 and found.key.startswith(whole.key)
    assert change(found.load(1), whole.load(1)) > 0 and found.caption(1) == whole.caption(1)
    with pytest.raises(StudioError, match="0 to 5, not 6"):
        CorruptedDataset(whole, "fog", 6)
    again = reopen(found.description())
    assert again.key == found.key and change(again.load(0), found.load(0)) == 0


def test_one_thread_at_a_time_looks_for_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    find, inside, together = corruptions.find_spec, threading.Semaphore(1), []

    def slow(name: str) -> Any:
        together.append(not inside.acquire(blocking=False))  # cv2, just being imported by another, would be an error
        time.sleep(0.01)
        inside.release()
        return find(name)

    monkeypatch.setattr(corruptions, "find_spec", slow)
    image = Image.new("RGB", (40, 40), "teal")
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(corrupted, image, "contrast", 1), pool.submit(corruptions.can_corrupt)]
        assert [each.exception() for each in asked] == [None, None]
    assert together and not any(together)


def test_what_cannot_be_corrupted_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StudioError, match=r"at least 32 × 32 pixels can be corrupted, not 31 × 40"):
        corrupted(photograph(31), "fog", 1)
    with pytest.raises(StudioError, match="no corruption rain; there are gaussian_noise"):
        corrupted(photograph(), "rain", 1)
    with pytest.raises(StudioError, match="0 to 5, not 6"):
        corrupted(photograph(), "fog", 6)
    with monkeypatch.context() as patch:
        patch.setattr(corruptions, "find_spec", lambda name: name)
        patch.setitem(sys.modules, "imagecorruptions", None)  # as where OpenCV misses a library of the system
        with pytest.raises(StudioError, match=r"cannot be loaded here .*pip install opencv-python-headless in place"):
            corrupted(photograph(), "fog", 1)
    monkeypatch.setattr(corruptions, "find_spec", lambda name: None)
    with pytest.raises(StudioError, match=r"pip install 'ood-studio\[corruptions\]'"):
        corrupted(photograph(), "fog", 1)
