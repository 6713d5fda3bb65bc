"""Choosing sources by JPEG bytes per pixel."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.data.dataset import Dataset
from ood_studio.synthesis.complexity import bytes_per_pixel, choose_sources, most_complex


def test_bytes_per_pixel() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8))
    buffer = io.BytesIO()
    noise.save(buffer, "JPEG", quality=75)
    assert bytes_per_pixel(noise) == buffer.tell() / 2400
    flat = Image.new("RGB", (60, 40), "red")
    assert bytes_per_pixel(flat) < bytes_per_pixel(noise) / 3
    assert bytes_per_pixel(flat.convert("RGBA")) == bytes_per_pixel(flat)  # any mode


def test_the_most_complex_of_each_class() -> None:
    labels = ["dog", "cat", "dog", "dog", "cat", "fox"]
    assert most_complex([0.1, 0.5, 0.3, 0.3, 0.9, 0.0], labels, 2) == [2, 3, 4, 1, 5]
    assert most_complex([], [], 2) == []
    with pytest.raises(StudioError, match="one class a picture: 1, not 2"):
        most_complex([0.1], ["a", "b"], 1)
    with pytest.raises(StudioError, match="at least 1 picture"):
        most_complex([0.1], ["a"], 0)


class Noise(Dataset):
    """Images with more and more in them; None cannot be read."""

    name = key = "noise"

    def __init__(self, amounts: list[int | None], labels: list[int] | None) -> None:
        self.amounts, self.labels = amounts, None if labels is None else np.array(labels)

    def __len__(self) -> int:
        return len(self.amounts)

    def load(self, index: int) -> Image.Image:
        amount = self.amounts[index]
        if amount is None:
            raise StudioError(f"{index} cannot be read")
        return Image.fromarray(np.random.default_rng(0).integers(0, amount + 1, (32, 32, 3), dtype=np.uint8))

    def caption(self, index: int) -> str:
        return str(index)


def test_sources_take_turns_by_class() -> None:
    source = Noise([10, 250, 90, None, 200, 30, 150], [0, 0, 0, 0, 1, 1, 2])
    assert choose_sources(source, per_class=2, count=9) == [1, 4, 6, 2, 5]
    assert choose_sources(source, per_class=2, count=4) == [1, 4, 6, 2]
    assert choose_sources(Noise([10, 250, None], None), per_class=5, count=5) == [1, 0]
    with pytest.raises(StudioError, match="noise has no picture that can be read"):
        choose_sources(Noise([None], [0]), per_class=1, count=1)
