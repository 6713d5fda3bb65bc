"""Pictures of a folder are decoded a few at a time, and fewer of large ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from ood_studio.cli import explore


def test_a_chunk_ends_with_its_number_or_its_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explore, "_CHUNK", 3)
    monkeypatch.setattr(explore, "_CHUNK_PIXELS", 150)
    files = []
    for number, side in enumerate((4, 4, 4, 4, 10, 10, 20, 4, 1)):
        files.append(tmp_path / f"{number}.png")
        Image.new("RGB", (side, side)).save(files[-1])
    files[-1].write_bytes(b"cut")
    problems: dict[str, str] = {}
    chunks = explore._chunks(iter(files), problems)
    assert [[image.width for _, image in chunk] for chunk in chunks] == [[4, 4, 4], [4, 10, 10], [20], [4]]
    assert [*problems] == [str(files[-1])]
