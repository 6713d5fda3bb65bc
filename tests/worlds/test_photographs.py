"""The real photographs that scikit-learn ships."""

from __future__ import annotations

import importlib.util

import pytest
from PIL import Image

from ood_studio.worlds import galleries
from ood_studio.worlds.photographs import sample_photographs


@pytest.mark.skipif(importlib.util.find_spec("sklearn") is None, reason="scikit-learn is missing")
def test_both_photographs() -> None:
    found = sample_photographs()
    assert [name for name, _ in found] == ["china", "flower"]
    for _, path in found:
        with Image.open(path) as picture:
            assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (640, 427))
    assert galleries()["photographs"].take(5, 1, 0, short=True) == [(str(path), name) for name, path in found]


def test_none_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert sample_photographs() == []
