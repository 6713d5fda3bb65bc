"""Contact sheets of drawings, to look at while drawing: ``python -m ood_studio.diorama.preview cat fish --out x.png``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from PIL import Image, ImageDraw

from ood_studio.diorama.objects import OBJECTS
from ood_studio.diorama.palette import COLOURS, PLACE_MATERIALS, dress, ink, mix, place_table
from ood_studio.diorama.raster import affine, bevel, colour, cut_out, paste


@dataclass(frozen=True)
class Preview:
    """Draws every kind of the named object classes, once large and twice small, as one picture."""

    names: Annotated[tuple[str, ...], tyro.conf.Positional]
    out: Path
    size: int = 256


def portrait(name: str, kind: str, sway: float, main: str, trim: str, size: int) -> Image.Image:
    """One object on a plain ground."""
    scale = 3 if size < 200 else 2
    canvas = np.full((size * scale,) * 2, ink("sky"), np.uint8)
    matrix = affine(size * scale / 2, size * scale / 2, (size * scale * 0.4,) * 2)
    inks, at = cut_out(OBJECTS[name].drawing(kind, sway), matrix, size * scale)
    bevel(inks, max(1, size * scale // 90))
    paste(canvas, inks, at, shadow=max(1, size * scale // 60))
    rgb = COLOURS[main]
    place = {m: ((206, 226, 222), (232, 222, 196)) for m in PLACE_MATERIALS}
    table = place_table(place)
    dress(table, 0, rgb, COLOURS[trim], mix(rgb, (0, 0, 0), 0.4))
    return colour(canvas, table, size)


def main() -> None:
    """Entry point."""
    args = tyro.cli(Preview)
    tiles = []
    for name in args.names or tuple(OBJECTS):
        cls = OBJECTS[name]
        for i, kind in enumerate(cls.kinds or (name,)):
            main_colour = cls.colours[i % len(cls.colours)]
            trims = [c for c in ("white", "brown", "yellow", "gray") if c != main_colour]
            tile = Image.new("RGB", (args.size + 64, args.size), "white")
            tile.paste(portrait(name, kind, 0.0, main_colour, trims[0], args.size), (0, 0))
            for j, sway in enumerate((-1.0, 1.0, 0.5)):
                other = (*cls.colours, "blue", "red")[(i + j + 1) % (len(cls.colours) + 2)]
                tile.paste(portrait(name, kind, sway, other, trims[1], 64), (args.size, 64 * j))
            ImageDraw.Draw(tile).text((4, 2), f"{name}: {kind}", fill="black")
            tiles.append(tile)
    columns = min(4, len(tiles))
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (columns * (args.size + 64), rows * args.size), "white")
    for i, tile in enumerate(tiles):
        sheet.paste(tile, (i % columns * tile.width, i // columns * tile.height))
    sheet.save(args.out)


if __name__ == "__main__":
    main()
