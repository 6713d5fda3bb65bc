"""The script of broken uploads judges as it should, and its files are the same for everybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.broken_uploads import unclear
from tests.soak.odd_files import odd_file


def test_equal_seeds_give_equal_files(tmp_path: Path) -> None:
    files = [[odd_file(seed, tmp_path / place) for seed in range(100)] for place in ("a", "b")]
    for one, other in zip(*files, strict=True):
        assert one.name == other.name
        if one.suffix != ".zip" and b"PK" not in one.read_bytes()[:2]:  # archives hold the time
            assert one.read_bytes() == other.read_bytes()
    assert len({path.suffix for path in files[0]}) > 10


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("", "nothing"),
        ("Error", "nothing"),
        ("KeyError: 'labels' in this file", "KeyError"),
        ("Traceback (most recent call last): file", "Traceback"),
        ("it did not work at all", "neither"),
        ("bad cat.png", "no sentence"),
        ("cat.png is cut short or damaged.", ""),
        ("the mask is empty: mark what may be painted over", ""),
        ("c%61t.png is too large: 1,800 megapixels", ""),
        ("it is too large: 1,800 megapixels", "neither"),
    ],
)
def test_a_sentence_helps_or_not(said: str, why: str) -> None:
    assert (why in unclear(said, "cat.png")) if why else not unclear(said, "cat.png")


def test_names_may_look_like_signs_in_an_address() -> None:
    assert not unclear("%2e%2e%2fetc.bmp is too large: 1,800 megapixels", "%2e%2e%2fetc.bmp")
