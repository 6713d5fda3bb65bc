"""What a mask says where it has transparency: decided by its content, and told."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from ood_studio.data.images import decode_image
from ood_studio.data.masks import mask_of

AREA = np.zeros((8, 8), bool)
AREA[2:6, 1:4] = True  # 12 of 64 pixels


def drawn(inside: tuple[int, ...], outside: tuple[int, ...]) -> Image.Image:
    """Pixels of one kind in the area and of another around it, through a file."""
    pixels = np.where(AREA[..., None], np.array(inside), np.array(outside)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return decode_image(file.getvalue(), transparency=True)


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        ((255, 255, 255), (0, 0, 0)),
        ((255, 255, 255, 255), (0, 0, 0, 0)),
        ((255, 255, 255, 255), (255, 255, 255, 0)),  # white strokes on white that is not there
        ((0, 0, 0, 255), (0, 0, 0, 0)),  # black strokes
        ((249, 115, 22, 255), (0, 0, 0, 0)),  # strokes of any colour
        ((255, 255, 255, 255), (0, 0, 0, 255)),  # transparency that says nothing
        ((255, 255, 255, 0), (0, 0, 0, 0)),
    ],
)
def test_the_same_area_however_it_is_drawn(inside: tuple[int, ...], outside: tuple[int, ...]) -> None:
    mask, note = mask_of(drawn(inside, outside))
    assert mask.mode == "L" and np.array_equal(np.asarray(mask) >= 128, AREA)
    differs = len(inside) == 4 and inside[3] != outside[3]
    assert ("what is drawn in it may change, what is transparent not (19 % of" in note.replace("%", " %")) == differs


def test_light_and_dark_parts_beside_transparent_ones() -> None:
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[AREA, :3] = 255
    pixels[:, 6:] = (255, 255, 255, 0)
    mask, note = mask_of(Image.fromarray(pixels))
    assert np.array_equal(np.asarray(mask) >= 128, AREA) and "its light parts may change" in note and "19%" in note


def test_palettes_and_greys_with_transparency_are_masks_too() -> None:
    grey = Image.fromarray(np.where(AREA, 200, 0).astype(np.uint8))
    grey.putalpha(Image.fromarray(np.where(AREA, 255, 0).astype(np.uint8)))
    palette = Image.fromarray(AREA.astype(np.uint8), "P")
    palette.putpalette([0, 0, 0, 10, 10, 10])
    palette.info["transparency"] = 0
    for image in (grey, palette):
        assert np.array_equal(np.asarray(mask_of(image)[0]) >= 128, AREA)


def test_pictures_lie_on_white_all_the_same() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(file, "PNG")
    assert decode_image(file.getvalue()).getpixel((0, 0)) == (255, 255, 255)
    assert decode_image(file.getvalue()).mode == "RGB"
    assert decode_image(file.getvalue(), transparency=True).mode == "RGBA"
