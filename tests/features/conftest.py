"""The fake text tower of the labels' tests, a cache of each test's own, and small shards."""

from __future__ import annotations

from pathlib import Path

import pytest

from ood_studio.features import decoding, images, plan
from tests.features.toys import SHARD
from tests.labels.conftest import again, backbone, own_cache

__all__ = ["again", "backbone", "own_cache"]


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few images make several shards and batches; nothing is left in memory by the test before."""
    monkeypatch.setattr(plan, "SHARD", SHARD)
    monkeypatch.setattr(decoding, "BATCH", 4)
    images._MEMORY.clear()


@pytest.fixture
def kept(own_cache: Path) -> Path:
    """Where features of images lie on disk."""
    return own_cache / "features"
