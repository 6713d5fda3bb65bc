"""Example pictures to begin with."""

from __future__ import annotations

from random import Random

from ood_studio.data.photographs import photographs

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


def example_pictures(kind: str, seed: int) -> list[tuple[str, str]]:
    """Paths and captions of example pictures; Diorama's are drawn at people's size."""
    from ood_studio.diorama.render import PEOPLE_SIZE, render
    from ood_studio.diorama.splits import scenes
    from ood_studio.paths import cache_dir

    if kind == _PHOTOGRAPHS:
        return [(str(path), name) for name, path in photographs()]
    split = _SOURCES[kind]
    folder = cache_dir() / "examples"
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    start = Random(seed).randrange(10_000) if seed else 0
    for i, scene in enumerate(scenes(split, 7, EXAMPLES, start), start):
        name = scene.main.name if scene.main else scene.place or (scene.surface.name if scene.surface else "")
        path = folder / f"{name.replace(' ', '-')}-{split}-{i}.png"
        if not path.exists():
            render(scene, PEOPLE_SIZE).save(path)
        drawn.append((str(path), name))
    return drawn
