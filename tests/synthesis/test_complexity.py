"""Choosing sources by JPEG bytes per pixel."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.synthesis.complexity import bytes_per_pixel, most_complex


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
