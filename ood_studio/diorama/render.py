"""Draws a `Scene`: byte for byte the same picture for the same scene, size and version."""

from __future__ import annotations

import zlib
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from ood_studio.diorama import raster
from ood_studio.diorama.elements import ELEMENTS
from ood_studio.diorama.objects import OBJECTS
from ood_studio.diorama.palette import COLOURS, LEVELS, dress, ink, mix, place_table, slot_inks
from ood_studio.diorama.patterns import pattern_mask
from ood_studio.diorama.pen import Drawing
from ood_studio.diorama.people import PEOPLE, person_drawing
from ood_studio.diorama.places import PLACES
from ood_studio.diorama.scene import STYLES, Item, Prop, Scene, Surface
from ood_studio.diorama.styles import finish, tint
from ood_studio.diorama.textures import texture

MODEL_SIZE = 64  # pixels: what the bundled models see
PEOPLE_SIZE = 512  # pixels: what people see
TEXTURE_GRID = 96  # cells across the body of an object that a texture fills


def render(scene: Scene, size: int = MODEL_SIZE) -> Image.Image:
    """The scene as an RGB picture, ``size`` x ``size`` pixels.

    Raises:
        ValueError: for a size outside 16..2048 or a scene that names unknown things.
    """
    if not 16 <= size <= 2048:
        raise ValueError(f"a picture can be 16 to 2048 pixels wide, not {size}")
    if scene.style not in STYLES:
        raise ValueError(f"no style named {scene.style!r}; there are {', '.join(STYLES)}")
    try:
        if scene.surface is not None:
            return _surface(scene, scene.surface, size)
        canvas, table = _stage(scene, size * (3 if size <= 256 else 2))
    except KeyError as error:
        raise ValueError(f"the scene names something that Diorama does not have: {error}") from None
    return finish(canvas, tint(table, scene.style, scene.light), scene.style, size, scene.seed)


def main_mask(scene: Scene, size: int = MODEL_SIZE) -> np.ndarray:
    """(size, size) bool: where the main object is, whatever may stand before it; all False without one."""
    mask = np.zeros((size, size), bool)
    if scene.main is not None:
        inks, (left, top) = raster.cut_out(_drawing(scene.main), _matrix(scene.main, size), size)
        mask[top : top + inks.shape[0], left : left + inks.shape[1]] = inks > 0
    return mask


def _stage(scene: Scene, canvas_size: int) -> tuple[np.ndarray, np.ndarray]:
    """The ink array and its colour table."""
    canvas = _backdrop(scene.place, scene.variant, canvas_size).copy()
    depth = max(1, canvas_size // 130)
    for prop in scene.props:
        _put_prop(canvas, prop, depth)
    table = _place_table(scene.place).copy()
    items = [*scene.others, *([scene.main] if scene.main else [])]
    for slot, item in enumerate(items):
        _put_item(canvas, item, slot, depth, scene)
        body = COLOURS[item.colour]
        dress(table, slot, body, COLOURS[item.trim], mix(COLOURS[item.mark], body, 0.12))
    if scene.blocker is not None:
        _put_prop(canvas, scene.blocker, depth)
    return canvas, table


@lru_cache(maxsize=32)
def _place_table(place: str) -> np.ndarray:
    return place_table(PLACES[place].colours)


def _put_item(canvas: np.ndarray, item: Item, slot: int, depth: int, scene: Scene) -> None:
    size = canvas.shape[0]
    matrix = _matrix(item, size)
    inks, at = raster.cut_out(_drawing(item), matrix, size)
    if inks.size == 0:
        return
    if scene.style == "silhouette":
        inks[inks > 0] = ink("body")  # all of it dark, whatever it is made of
    elif item.pattern != "plain" or item.texture:
        _mark(inks, at, matrix, item, scene.seed)
    raster.bevel(inks, depth)
    if slot:
        inks = np.array(slot_inks(slot), np.uint8)[inks]
    if OBJECTS[item.name].stance == "stand":
        _contact_shadow(canvas, item)
    raster.paste(canvas, inks, at, shadow=depth + 1)


def _mark(inks: np.ndarray, at: tuple[int, int], matrix: np.ndarray, item: Item, seed: str) -> None:
    """Turns body ink to mark ink where the item's pattern or texture has its second colour, in place."""
    body, mark = ink("body"), ink("mark")
    rows, columns = np.nonzero((inks >= body) & (inks < body + len(LEVELS)))
    inverse = np.linalg.inv(matrix[:, :2])
    x = (columns + (at[0] - matrix[0, 2])).astype(np.float32)
    y = (rows + (at[1] - matrix[1, 2])).astype(np.float32)
    u = x * np.float32(inverse[0, 0]) + y * np.float32(inverse[0, 1])
    v = x * np.float32(inverse[1, 0]) + y * np.float32(inverse[1, 1])
    if item.texture:
        field = texture(item.texture, zlib.crc32(seed.encode()), TEXTURE_GRID)
        marked = field[_texture_cell(v), _texture_cell(u)] > 0.5
    else:
        marked = pattern_mask(item.pattern, u, v)
    inks[rows[marked], columns[marked]] += mark - body


def _texture_cell(along: np.ndarray) -> np.ndarray:
    """Where object coordinates in [-1, 1] lie on the grid of a body's texture."""
    return np.clip(((along + 1) * (TEXTURE_GRID // 2)).astype(np.int32), 0, TEXTURE_GRID - 1)


def _contact_shadow(canvas: np.ndarray, item: Item) -> None:
    """A flat shadow on the ground under a standing object."""
    size = canvas.shape[0]
    half, foot = item.size * size * 0.42 * item.stretch**0.5, (item.y + item.size * 0.475) * size
    mask = Image.new("L", canvas.shape[::-1], 0)
    box = [item.x * size - half, foot - half * 0.13, item.x * size + half * 1.1, foot + half * 0.15]
    ImageDraw.Draw(mask).ellipse(box, fill=128)
    canvas |= np.asarray(mask)


def _put_prop(canvas: np.ndarray, prop: Prop, depth: int) -> None:
    size = canvas.shape[0]
    half = prop.size * size / 2
    matrix = raster.affine(prop.x * size, prop.y * size, (half, half), mirrored=prop.mirrored)
    drawing = person_drawing(prop.name) if prop.name in PEOPLE else ELEMENTS[prop.name].drawing(prop.sway)
    inks, at = raster.cut_out(drawing, matrix, size)
    raster.bevel(inks, max(1, depth // 2))
    raster.paste(canvas, inks, at, shadow=depth)


def _drawing(item: Item) -> Drawing:
    return OBJECTS[item.name].drawing(item.kind, item.sway)


def _matrix(item: Item, canvas: int) -> np.ndarray:
    half = item.size * canvas / 2
    stretch = item.stretch**0.5
    return raster.affine(item.x * canvas, item.y * canvas, (half * stretch, half / stretch), item.angle, item.mirrored)


@lru_cache(maxsize=160)
def _backdrop(place: str, variant: int, canvas_size: int) -> np.ndarray:
    image = Image.new("L", (canvas_size, canvas_size), ink("sky"))
    matrix = np.array([[canvas_size, 0.0, 0.0], [0.0, canvas_size, 0.0]])
    raster.paint(ImageDraw.Draw(image), PLACES[place].drawing(variant), matrix)
    backdrop = np.array(image)
    backdrop.flags.writeable = False
    return backdrop


def _surface(scene: Scene, surface: Surface, size: int) -> Image.Image:
    """A texture picture: its height field coloured from the one colour to the other, three tones between."""
    field = texture(surface.name, zlib.crc32(scene.seed.encode()), size)
    first, second = COLOURS[surface.colour], COLOURS[surface.second]
    ramp = np.array([mix(first, second, t / 255) for t in range(256)], np.uint8)
    picture = ramp[np.clip(field * 255, 0, 255).astype(np.uint8)]
    if scene.light != 1.0:
        bright = picture.astype(np.float32)
        bright = 255 - (255 - bright) / scene.light if scene.light > 1 else bright * scene.light
        picture = bright.astype(np.uint8)
    return Image.fromarray(picture)
