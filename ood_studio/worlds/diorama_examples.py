"""Example images of Diorama: drawn at people's size and kept."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

from PIL import Image

from ood_studio.core.disk import touch
from ood_studio.core.errors import StudioError
from ood_studio.core.files import is_whole_png, write_image
from ood_studio.core.kept import KEPT
from ood_studio.diorama.places import PLACES
from ood_studio.diorama.render import PEOPLE_SIZE, render
from ood_studio.diorama.scene import Scene
from ood_studio.diorama.splits import SPLITS, scenes
from ood_studio.diorama.visible import visible_elements
from ood_studio.worlds.diorama_changes import DioramaScene
from ood_studio.worlds.diorama_dataset import describe

SEED = 7


def examples_folder() -> Path:
    """Where the images are kept."""
    return KEPT["examples"].place


def examples(split: str, count: int, turn: int, first: int, short: bool) -> list[tuple[str, str]]:
    """Paths and captions of ``count`` images of a split; see `ood_studio.worlds.base.TakeExamples`."""
    folder = examples_folder()
    start = Random(turn).randrange(10_000) if turn else first
    drawn, newest = [], None
    for i, scene in enumerate(scenes(split, SEED, count, start), start):
        name = _name(scene) if short else describe(scene)
        path = folder / f"{name.replace(' ', '-').replace(',', '')}-{split}-{i}.png"
        if is_whole_png(path):
            touch(path)
        else:
            try:
                write_image(path, render(scene, PEOPLE_SIZE))
            except OSError as error:
                raise StudioError(f"example pictures cannot be kept ({error.strerror or error})") from error
            newest = path
        drawn.append((str(path), name))
    if newest is not None:
        KEPT["examples"].make_room(keep=newest)
    return drawn


def example_surroundings(path: Path) -> tuple[str, ...] | None:
    """The place of an example's scene and the elements that can be seen in it; None for a file that is no example."""
    scene = _scene(path)
    if scene is None:
        return None
    place = (PLACES[scene.place].name,) if scene.place in PLACES else ()
    return (*place, *visible_elements(scene))


def example_scene(path: Path) -> DioramaScene | None:
    """An example's scene, of which one thing can be changed; None for a file that is no example."""
    scene = _scene(path)
    if scene is None or not (_is_kept(path) or _shows(path, scene)):
        return None
    return DioramaScene(scene)


def _is_kept(path: Path) -> bool:
    """Whether a file lies among the examples, where nobody else writes."""
    return path.resolve().parent == examples_folder().resolve()


def _shows(path: Path, scene: Scene) -> bool:
    """Whether a file called like an example is a copy of it."""
    try:
        with Image.open(path) as image:
            return image.size == (PEOPLE_SIZE, PEOPLE_SIZE) and image.convert("RGB").tobytes() == _bytes(scene)
    except (OSError, ValueError, Image.DecompressionBombError):
        return False


def _bytes(scene: Scene) -> bytes:
    return render(scene, PEOPLE_SIZE).tobytes()


def _scene(path: Path) -> Scene | None:
    number = re.search(r"-(\d+)\.png$", path.name)
    split = next((name for name in SPLITS if path.name.endswith(f"-{name}{number[0]}")), "") if number else ""
    if number is None or not split:
        return None
    return scenes(split, SEED, 1, int(number[1]))[0]


def _name(scene: Scene) -> str:
    return scene.main.name if scene.main else scene.place or (scene.surface.name if scene.surface else "")
