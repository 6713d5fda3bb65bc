"""The fake text tower of the labels' tests, and a cache of each test's own."""

from __future__ import annotations

from tests.labels.conftest import again, backbone, own_cache

__all__ = ["again", "backbone", "own_cache"]
