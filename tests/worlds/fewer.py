"""Fewer reference images than a world has, for tests that need some but not how many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from ood_studio.worlds import registry


@contextmanager
def fewer_references(inside: int, outside: int) -> Iterator[None]:
    """Every world's reference sets with so many ID and near-OOD images."""
    smaller = {
        world.name: replace(
            world,
            references=tuple(
                replace(each, id=replace(each.id, count=inside), near=replace(each.near, count=outside))
                for each in world.references
            ),
        )
        for world in registry.worlds()
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "WORLDS", smaller)
        yield
