"""Example pictures to begin with."""

from __future__ import annotations

from pathlib import Path

from ood_studio.diorama.scene import Scene
from ood_studio.worlds.examples import example_pictures, examples_folder
from ood_studio.worlds.sample_photographs import photographs

EXAMPLES = 12
_SOURCES: dict[str, str] = {
    "In-distribution": "id-test",
    "Near-OOD look-alikes": "near-ood",
    "Classes never seen": "unseen-ood",
    "Familiar place, other object": "spurious",
    "Textures": "far-ood-textures",
    "Empty scenes": "far-ood-scenes",
}
_PHOTOGRAPHS = "Real photographs"


def sources() -> list[str]:
    """Kinds of examples."""
    return [*_SOURCES, *([_PHOTOGRAPHS] if photographs() else [])]


def example_folders() -> list[Path]:
    """Where all examples lie; what is in there anybody may see."""
    return [examples_folder(), *{path.parent for _, path in photographs()}]


def pictures_of(kind: str, round_: int) -> list[tuple[str, str]]:
    """Paths and captions of examples of a kind; another round, other pictures of Diorama."""
    if kind == _PHOTOGRAPHS:
        return [(str(path), name) for name, path in photographs()]
    return example_pictures(_SOURCES[kind], EXAMPLES, round_, caption=_name)


def _name(scene: Scene) -> str:
    return scene.main.name if scene.main else scene.place or (scene.surface.name if scene.surface else "")
