"""Ready pictures to attack and to pull to: Diorama's, drawn at people's size and kept."""

from __future__ import annotations

from random import Random

from ood_studio.paths import cache_dir

COUNT = 5
SEED = 7
_FIRST = {"near-ood": 1, "id-test": 0}  # a cactus and a banana: a pair that shows well


def example_pictures(split: str, round_: int) -> list[tuple[str, str]]:
    """Paths and captions of pictures of a split; another round, other pictures."""
    from ood_studio.diorama.render import PEOPLE_SIZE, render
    from ood_studio.diorama.splits import scenes
    from ood_studio.evaluation.diorama_set import describe

    folder = cache_dir() / "examples"
    folder.mkdir(parents=True, exist_ok=True)
    start = Random(round_).randrange(10_000) if round_ else _FIRST.get(split, 0)
    drawn = []
    for i, scene in enumerate(scenes(split, SEED, COUNT, start), start):
        name = describe(scene)
        path = folder / f"{name.replace(' ', '-').replace(',', '')}-{split}-{i}.png"
        if not path.exists():
            render(scene, PEOPLE_SIZE).save(path)
        drawn.append((str(path), name))
    return drawn
