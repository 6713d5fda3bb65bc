"""The splits of Diorama: each a function of (name, seed, count), drawn on demand and kept under ``cache/``."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from pathlib import Path
from random import Random

import numpy as np

from ood_studio.core.errors import StudioError
from ood_studio.core.kept_rows import kept_rows
from ood_studio.core.paths import cache_dir
from ood_studio.core.progress import Progress, silent
from ood_studio.core.workers import worker_pool
from ood_studio.diorama.objects import OBJECTS
from ood_studio.diorama.render import MODEL_SIZE, render
from ood_studio.diorama.sample import sample_empty, sample_scene, sample_texture
from ood_studio.diorama.scene import FACTORS, STYLES, Scene
from ood_studio.diorama.world import ID_CLASSES, LOOK_ALIKES, NEAR_CLASSES, TRAINED_CLASSES, UNSEEN_CLASSES

_OUTSIDE = TRAINED_CLASSES[len(ID_CLASSES) :]
_HARD_ID = tuple(known for known, _ in LOOK_ALIKES[:10])
_CHUNK = 128


@dataclass(frozen=True)
class Split:
    """A named set of images.

    Attributes:
        name: as on the command line.
        about: one line for people.
        inside: whether its images are in-distribution; None where some are and some are not.
        scene: the scene of one seed text.
        classes: what its labels index.
    """

    name: str
    about: str
    inside: bool | None
    scene: Callable[[str], Scene]
    classes: tuple[str, ...] = ID_CLASSES


def _spurious(seed: str) -> Scene:
    rng = Random(seed + "/place")
    borrowed = rng.choice(OBJECTS[rng.choice(ID_CLASSES)].places)
    strangers = [name for name in _OUTSIDE if borrowed not in OBJECTS[name].places]
    return sample_scene(seed, strangers, place=borrowed)


def _styled(style: str) -> Callable[[str], Scene]:
    return lambda seed: sample_scene(seed, ID_CLASSES, style=style, factors=() if style == "flat" else ("style",))


def _with_factor(factor: str) -> Callable[[str], Scene]:
    names = [n for n in ID_CLASSES if len(OBJECTS[n].kinds) > 1] if factor == "subcategory" else ID_CLASSES

    def scene(seed: str) -> Scene:
        style = Random(seed + "/style").choice(STYLES[1:]) if factor == "style" else "flat"
        return sample_scene(seed, names, style=style, factors=(factor,))

    return scene


def _all_splits() -> Iterator[Split]:
    yield Split("id-train", "the 20 ID classes, to learn from", True, lambda s: sample_scene(s, ID_CLASSES))
    yield Split("id-test", "the 20 ID classes, fresh scenes", True, lambda s: sample_scene(s, ID_CLASSES))
    yield Split(
        "near-ood",
        "sister classes of the ID superclasses",
        False,
        lambda s: sample_scene(s, NEAR_CLASSES, others=_OUTSIDE),
    )
    yield Split("far-ood-textures", "pictures of nothing but a texture", False, sample_texture)
    yield Split("far-ood-scenes", "places with no object in them", False, sample_empty)
    yield Split(
        "unseen-ood", "classes that no bundled model was trained on", False, lambda s: sample_scene(s, UNSEEN_CLASSES)
    )
    yield Split("spurious", "another object in a place where ID objects live", False, _spurious)
    yield Split("hard-10", "ten ID classes, the ID side of the hard pair", True, lambda s: sample_scene(s, _HARD_ID))
    yield Split(
        "hard-20",
        "each ID class's closest look-alike, the OOD side of the hard pair",
        False,
        lambda s: sample_scene(s, [double for _, double in LOOK_ALIKES], others=_OUTSIDE),
    )
    yield Split(
        "all-classes",
        "every class that the bundled models were trained on, the ID classes among them",
        None,
        lambda s: sample_scene(s, TRAINED_CLASSES),
        TRAINED_CLASSES,
    )
    for style in STYLES:
        yield Split(f"id-{style}", f"the 20 ID classes, {style} style only", True, _styled(style))
    for factor in FACTORS:
        name = f"factor-{factor.replace(' ', '-')}"
        yield Split(name, f"the 20 ID classes with the visual factor '{factor}'", True, _with_factor(factor))


SPLITS: dict[str, Split] = {split.name: split for split in _all_splits()}


@dataclass(frozen=True, eq=False)
class DrawnSplit:
    """A drawn split.

    Attributes:
        split: which one.
        seed: of its scenes.
        pixels: (n, 64, 64, 3) uint8, memory-mapped unless the disk refused them.
    """

    split: Split
    seed: int
    pixels: np.ndarray

    @cached_property
    def scenes(self) -> tuple[Scene, ...]:
        """The ground truth of each image."""
        return scenes(self.split.name, self.seed, len(self.pixels))

    @cached_property
    def labels(self) -> np.ndarray:
        """(n,) int64, index in the split's ``classes``; -1 where the main object is none of them."""
        index = {label: i for i, label in enumerate(self.split.classes)}
        mains = (scene.main for scene in self.scenes)
        return np.array([-1 if main is None else index.get(main.name, -1) for main in mains], np.int64)


def scenes(name: str, seed: int, count: int, start: int = 0) -> tuple[Scene, ...]:
    """The scenes ``start`` to ``start + count`` of a split, not drawn.

    Raises:
        StudioError: if there is no such split or the count is not positive.
    """
    _check(name, count)
    return tuple(SPLITS[name].scene(f"{name}/{seed}/{i}") for i in range(start, start + count))


def load_split(
    name: str, seed: int = 0, count: int = 2000, *, workers: int = 1, progress: Progress = silent
) -> DrawnSplit:
    """A split's images, drawn by ``workers`` processes (0: one a core) unless cached.

    More than one process needs a main module that may be imported again (``if __name__ == "__main__"``).

    Raises:
        StudioError: if there is no such split or the count is not positive.
    """
    _check(name, count)
    key = hashlib.sha256(f"{name}/{seed}/{count}/{world_fingerprint()}".encode()).hexdigest()[:12]
    path = cache_dir() / "diorama" / f"{name}-{key}.npy"

    def drawn() -> Iterator[np.ndarray]:
        done = 0
        for chunk in _draw(name, seed, count, workers or os.cpu_count() or 1):
            yield chunk
            done += len(chunk)
            progress(f"drawing {name}", done, count)

    return DrawnSplit(SPLITS[name], seed, kept_rows(path, (count, MODEL_SIZE, MODEL_SIZE, 3), drawn))


def _check(name: str, count: int) -> None:
    if name not in SPLITS:
        raise StudioError(f"Diorama has no split named {name!r}; it has {', '.join(SPLITS)}")
    if count < 1:
        raise StudioError(f"a split needs at least 1 picture, not {count}")


def _draw(name: str, seed: int, count: int, workers: int) -> Iterator[np.ndarray]:
    """Arrays of rendered scenes, chunk after chunk."""
    jobs = ((name, seed, start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK))
    if workers == 1 or count <= 4 * _CHUNK:
        yield from map(_draw_chunk, jobs)
        return
    with worker_pool(workers) as pool:
        pending = [pool.submit(_draw_chunk, job) for job in islice(jobs, workers * 2)]
        try:
            while pending:
                yield pending.pop(0).result()
                pending += [pool.submit(_draw_chunk, job) for job in islice(jobs, 1)]
        finally:
            for job in pending:
                job.cancel()


def _draw_chunk(job: tuple[str, int, int, int]) -> np.ndarray:
    name, seed, start, stop = job
    return np.stack([np.asarray(render(scene)) for scene in scenes(name, seed, stop - start, start)])


@cache
def world_fingerprint() -> str:
    """A hash of the code that draws the world: it changes when images may."""
    folder = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted((*folder.glob("*.py"), *folder.glob("objects/*.py"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()
