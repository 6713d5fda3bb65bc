"""Ready pictures of Diorama: drawn at people's size and kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

from ood_studio.core.files import write_image
from ood_studio.core.paths import cache_dir
from ood_studio.diorama.render import PEOPLE_SIZE, render
from ood_studio.diorama.scene import Scene
from ood_studio.diorama.splits import scenes
from ood_studio.worlds.diorama_dataset import describe

SEED = 7


def examples_folder() -> Path:
    """Where the pictures are kept."""
    return cache_dir() / "examples"


def example_pictures(
    split: str, count: int, round_: int, first: int = 0, caption: Callable[[Scene], str] = describe
) -> list[tuple[str, str]]:
    """Paths and captions of ``count`` pictures of a split: round 0 begins with number ``first``, others anywhere."""
    folder = examples_folder()
    start = Random(round_).randrange(10_000) if round_ else first
    drawn = []
    for i, scene in enumerate(scenes(split, SEED, count, start), start):
        name = caption(scene)
        path = folder / f"{name.replace(' ', '-').replace(',', '')}-{split}-{i}.png"
        if not path.exists():
            write_image(path, render(scene, PEOPLE_SIZE))
        drawn.append((str(path), name))
    return drawn
