"""Images at the size at which a backbone's preprocessing changes nothing, so that what is kept of one is what it saw.

Many models resize an image a little larger than their input and cut a margin off (timm's ``crop_pct``). An image of the
input's size would be enlarged and cut again; one with the margin still around it is only cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from ood_studio.backbones.base import Backbone, BackboneError
from ood_studio.backbones.resampling import cut_of, shown_part
from ood_studio.data.pixels import to_pixels

_LARGEST_ERROR = 0.05  # mean difference, in [0, 1], of surroundings that belong to what the model sees


def frame_shape(backbone: Backbone) -> tuple[int, int]:
    """(height, width) of images of which `Backbone.preprocess` only cuts a margin off: the input's own where it can be.

    Raises:
        BackboneError: if the model's preprocessing changes images of any size.
    """
    height, width = backbone.input_shape
    if cut_of(backbone, height, width) is not None:
        return height, width
    down, across = shown_part(backbone, height, width)
    near = height * height / max(down[1] - down[0], 1), width * width / max(across[1] - across[0], 1)
    for shape in _around(round(near[0]), round(near[1])):
        if shape[0] >= height and shape[1] >= width and cut_of(backbone, *shape) is not None:
            return shape
    raise BackboneError(
        f"{backbone.name} changes pictures of every size before it looks at them, so that a picture cannot be kept as "
        "the model saw it"
    )


def framed(backbone: Backbone, images: Sequence[Image.Image]) -> Tensor:
    """Images at `frame_shape`: what `Backbone.preprocess` makes of them is what it makes of the images, bit for bit.

    Args:
        backbone: any model that resizes, pads, squashes and cuts.
        images: of any sizes and modes.

    Returns:
        (batch, 3, height, width) float32 in [0, 1], on the CPU. Around what the model sees lies what surrounds it in
        the image, or a mirror of its edge where that cannot be had.

    Raises:
        BackboneError: as `frame_shape`.
    """
    seen = backbone.preprocess(images)
    height, width = frame_shape(backbone)
    if (height, width) == tuple(backbone.input_shape):
        return seen
    cut = cut_of(backbone, height, width)
    assert cut is not None
    rows, columns = cut
    whole = []
    for image, part in zip(images, seen, strict=True):
        surroundings = _surroundings(image.convert("RGB"), part, height, width, rows, columns)
        surroundings[:, rows, columns] = part
        whole.append(surroundings)
    return torch.stack(whole) if whole else seen.new_empty(0, 3, height, width)


def _surroundings(image: Image.Image, seen: Tensor, height: int, width: int, rows: slice, columns: slice) -> Tensor:
    """(3, height, width) whose middle is nearly ``seen``."""
    best: tuple[float, Tensor] | None = None
    for whole in (
        ImageOps.fit(image, (width, height), Image.Resampling.BICUBIC),
        image.resize((width, height), Image.Resampling.BICUBIC),
    ):
        pixels = to_pixels([whole])[0]
        error = float((pixels[:, rows, columns] - seen).abs().mean())
        if best is None or error < best[0]:
            best = error, pixels
    assert best is not None
    if best[0] <= _LARGEST_ERROR:
        return best[1]
    levels = seen.numpy()
    around = ((0, 0), (rows.start, height - rows.stop), (columns.start, width - columns.stop))
    return torch.from_numpy(np.pad(levels, around, mode="symmetric"))


def _around(height: int, width: int) -> Iterator[tuple[int, int]]:
    """A shape and its neighbours, the nearest first: preprocessing rounds."""
    steps = sorted(((i, j) for i in range(-2, 3) for j in range(-2, 3)), key=lambda step: step[0] ** 2 + step[1] ** 2)
    for down, across in steps:
        yield height + down, width + across
