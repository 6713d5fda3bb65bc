"""Contact sheets of Diorama, to look at.

Drawings of single classes, of a whole superclass, or of ``all``::

    python -m ood_studio.training.preview cat fish bird --out sheet.png

Whole scenes of a split, where no class is named::

    python -m ood_studio.training.preview --split id-test --count 24 --size 256 --out sheet.png
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from PIL import Image, ImageDraw

from ood_studio.core.errors import StudioError
from ood_studio.diorama import splits
from ood_studio.diorama.objects import OBJECTS, ObjectClass
from ood_studio.diorama.palette import COLOURS, PLACE_MATERIALS, dress, ink, mix, place_table
from ood_studio.diorama.raster import affine, bevel, colour, cut_out, paste
from ood_studio.diorama.render import render
from ood_studio.diorama.scene import Scene
from ood_studio.training.command import errors_in_one_line

_SMALL = 64  # pixels: the portraits beside the large one
_LINE = 14  # pixels: height of the text under a scene
_PLAIN = {material: ((206, 226, 222), (232, 222, 196)) for material in PLACE_MATERIALS}


@dataclass(frozen=True, kw_only=True)
class Preview:
    """Draws classes, or scenes of a split where no class is named, as one picture.

    Attributes:
        names: object classes, superclasses, or "all": every kind of each, once large and three times small.
        out: the picture to write.
        split: where no class is named, the split whose scenes to draw.
        count: how many scenes.
        seed: which scenes.
        size: pixels of each scene or large drawing, 64 to 512.
    """

    names: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    out: Path
    split: str = "id-test"
    count: int = 24
    seed: int = 0
    size: int = 256


def contact_sheet(preview: Preview) -> Image.Image:
    """The picture that `Preview` describes.

    Raises:
        StudioError: for an unknown class or split, a count below 1, or a size outside 64..512.
    """
    if not _SMALL <= preview.size <= 512:
        raise StudioError(f"a contact sheet's pictures can be {_SMALL} to 512 pixels wide, not {preview.size}")
    if preview.names:
        tiles = [tile for cls in _classes(preview.names) for tile in _portraits(cls, preview.size)]
    else:
        tiles = [_scene(s, preview.size) for s in splits.scenes(preview.split, preview.seed, preview.count)]
    columns = min(len(tiles), max(1, 1600 // tiles[0].width))
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * tiles[0].width, rows * tiles[0].height), "white")
    for i, tile in enumerate(tiles):
        sheet.paste(tile, (i % columns * tile.width, i // columns * tile.height))
    return sheet


def portrait(name: str, kind: str, sway: float, main: str, trim: str, size: int) -> Image.Image:
    """One object on a plain ground, (size, size): its kind, its pose in [-1, 1] and two named colours."""
    canvas_size = size * (3 if size < 200 else 2)
    canvas = np.full((canvas_size, canvas_size), ink("sky"), np.uint8)
    matrix = affine(canvas_size / 2, canvas_size / 2, (canvas_size * 0.4, canvas_size * 0.4))
    inks, at = cut_out(OBJECTS[name].drawing(kind, sway), matrix, canvas_size)
    bevel(inks, max(1, canvas_size // 90))
    paste(canvas, inks, at, shadow=max(1, canvas_size // 60))
    table = place_table(_PLAIN)
    dress(table, 0, COLOURS[main], COLOURS[trim], mix(COLOURS[main], (0, 0, 0), 0.4))
    return colour(canvas, table, size)


def _classes(names: Sequence[str]) -> list[ObjectClass]:
    """The classes that are named, themselves or by their superclass."""
    found = []
    for name in names:
        matching = [cls for cls in OBJECTS.values() if name in (cls.name, cls.family, "all")]
        if not matching:
            families = sorted({cls.family for cls in OBJECTS.values()})
            known = f"{', '.join(OBJECTS)}; superclasses {', '.join(families)}; or all"
            raise StudioError(f"Diorama has no class or superclass named {name!r}; it has the classes {known}")
        found += matching
    return found


def _portraits(cls: ObjectClass, size: int) -> list[Image.Image]:
    """For each kind a tile: large in a natural colour and the usual pose, small in other colours and poses."""
    tiles = []
    for i, kind in enumerate(cls.kinds or ("",)):
        main_colour = cls.colours[i % len(cls.colours)]
        trims = [c for c in ("white", "brown", "yellow", "gray") if c != main_colour]
        tile = Image.new("RGB", (size + _SMALL, size), "white")
        tile.paste(portrait(cls.name, kind, 0.0, main_colour, trims[0], size), (0, 0))
        others = (*cls.colours, "blue", "red")
        for j, sway in enumerate((-1.0, 1.0, 0.5)):
            small = portrait(cls.name, kind, sway, others[(i + j + 1) % len(others)], trims[1], _SMALL)
            tile.paste(small, (size, _SMALL * j))
        ImageDraw.Draw(tile).text((4, 2), f"{cls.name}: {kind}" if kind else cls.name, fill="black")
        tiles.append(tile)
    return tiles


def _scene(scene: Scene, size: int) -> Image.Image:
    """A tile with the scene and a line on what it shows."""
    if scene.surface is not None:
        words = [scene.surface.name, scene.surface.colour, scene.surface.second]
    else:
        main = [] if scene.main is None else [f"{scene.main.name} {scene.main.kind}".strip()]
        words = [*main, scene.place, scene.style, *(f for f in scene.factors if f not in ("background", "style"))]
    tile = Image.new("RGB", (size, size + _LINE), "white")
    tile.paste(render(scene, size), (0, 0))
    ImageDraw.Draw(tile).text((3, size + 1), ", ".join(words)[: size // 5], fill="black")
    return tile


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point.

    Raises:
        SystemExit: with 2, after one line on standard error, for what cannot be drawn or written.
    """
    preview = tyro.cli(Preview, args=arguments, description=__doc__)
    with errors_in_one_line():
        sheet = contact_sheet(preview)
        try:
            sheet.save(preview.out)
        except ValueError as error:  # a kind of file that Pillow does not know
            raise StudioError(f"{preview.out} cannot be written: {error}") from error
        print(f"{preview.out}: {sheet.width} x {sheet.height} pixels")


if __name__ == "__main__":
    main()
