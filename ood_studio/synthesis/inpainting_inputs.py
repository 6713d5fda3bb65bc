"""What goes into an inpainting model: pictures of its size, masks, and everything of a batch but the noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ood_studio.core.errors import StudioError
from ood_studio.data.masks import mask_of

_EMPTY = "the mask is empty: mark what may be painted over, or use no mask for everything"


@dataclass(frozen=True, eq=False)
class Fitted:
    """An image as a model takes it.

    Attributes:
        image: RGB, of the model's size.
        mask: (height, width), 1 where the model may paint and 0 elsewhere; None for everywhere.
        note: what was done to it and how its mask was read, in a sentence each; empty where there is nothing to say.
    """

    image: Image.Image
    mask: Tensor | None
    note: str


@dataclass(frozen=True, eq=False)
class Conditions:
    """Everything of a batch but the noise: made once by `Inpainter.begin`, denoised any number of times.

    Attributes:
        pixels: (batch, 3, height, width) in [0, 1], the pictures painted over.
        prompts: what the text encoder reads; ``cut`` what it had no room for, see `Inpainter.prompt_fits`.
        strength, steps, guidance: as `Inpainter.begin` got them.
        noise: (batch, 4, rows, columns) float32, ε of the seeds.
        latents: (batch, 4, rows, columns), z_in of Eq. 4; None at strength 1, where the picture plays no part.
        mask: (batch or 1, 1, height, width), 0 or 1.
        masked: (batch, 4, rows, columns), latents of the pictures outside the mask.
        text: (batch, tokens, width), the prompts' features; ``empty`` those of no prompt.
        states: per picture the state of its generator after everything above was drawn.
    """

    pixels: Tensor
    prompts: tuple[str, ...]
    cut: tuple[str, ...]
    strength: float
    steps: int
    guidance: float
    noise: Tensor
    latents: Tensor | None
    mask: Tensor
    masked: Tensor
    text: Tensor
    empty: Tensor
    states: tuple[Tensor, ...]

    def generators(self) -> list[torch.Generator]:
        """New generators, one a picture, each where its picture's draws ended."""
        return [torch.Generator().set_state(state) for state in self.states]


def fit_image(image: Image.Image, mask: Image.Image | None, size: tuple[int, int]) -> Fitted:
    """A picture cropped to the middle of the shape of ``size``, (height, width), and resized; see `Inpainter.fit`."""
    if mask is not None and mask.size != image.size:
        raise StudioError(
            f"the mask is {mask.width} × {mask.height} pixels and the picture {image.width} × {image.height}: "
            "they must be of one size"
        )
    height, width = size
    # The largest box of the model's shape that the picture holds.
    scale = min(image.width / width, image.height / height)
    across, down = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (image.width - across) // 2, (image.height - down) // 2
    box = (left, top, left + across, top + down)
    picture = image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    painted, said = None, ""
    if mask is not None:
        levels, said = mask_of(mask)
        grey = np.asarray(levels.resize((width, height), Image.Resampling.BOX, box=box))
        painted = torch.from_numpy((grey >= 128).astype(np.float32))
        if not bool(painted.any()):
            raise StudioError(_EMPTY)
    done = []
    if (across, down) != image.size:
        shape = "square" if across == down else f"{across} × {down} pixels"
        done.append(f"cropped to its middle {shape}")
    if (across, down) != (width, height):
        done.append(f"resized to {width} × {height} pixels")
    note = f"The picture of {image.width} × {image.height} pixels was {' and '.join(done)}." if done else ""
    return Fitted(picture, painted, " ".join(each for each in (note, said) if each))


def painted_over(mask: Tensor | None, size: tuple[int, int], batch: int) -> Tensor:
    """A mask as 0 and 1, (batch or 1, 1, height, width); see `Inpainter.begin`.

    Raises:
        StudioError: for a mask of another shape, one beyond [0, 1], or one that is empty.
    """
    height, width = size
    if mask is None:
        return torch.ones(1, 1, height, width)
    shape = tuple(mask.shape)
    if shape not in ((height, width), (1, 1, height, width), (batch, 1, height, width)):
        raise StudioError(
            f"a mask must be of shape ({height}, {width}) or ({batch}, 1, {height}, {width}), the pictures' size, "
            f"not {shape}"
        )
    drawn = mask.detach().to("cpu", torch.float32).reshape(-1, 1, height, width)
    if not bool(((drawn >= 0) & (drawn <= 1)).all()):
        raise StudioError("a mask must lie in [0, 1]")
    drawn = (drawn >= 0.5).float()
    if not bool(drawn.flatten(1).any(dim=1).all()):
        raise StudioError(_EMPTY)
    return drawn


def check_batch(name: str, size: tuple[int, int], pixels: Tensor, prompts: Sequence[str], seeds: Sequence[int]) -> None:
    """Checks that pixels are of the model's ``size`` and in [0, 1], and that each picture has a prompt and a seed.

    Raises:
        StudioError: saying what was expected and what came.
    """
    height, width = size
    if pixels.ndim != 4 or tuple(pixels.shape[1:]) != (3, height, width) or not pixels.is_floating_point():
        raise StudioError(
            f"{name} expects floating-point pixels of shape (batch, 3, {height}, {width}) in [0, 1], not "
            f"{pixels.dtype} of shape {tuple(pixels.shape)}"
        )
    if not len(pixels) or not bool(((pixels >= 0) & (pixels <= 1)).all()):
        raise StudioError("pixels must be numbers in [0, 1], of at least one picture")
    if isinstance(prompts, str) or len(prompts) != len(pixels):
        count = "one text" if isinstance(prompts, str) else len(prompts)
        raise StudioError(f"there must be {len(pixels)} prompts, one a picture, not {count}")
    if len(seeds) != len(pixels):
        raise StudioError(f"there must be {len(pixels)} seeds, one a picture, not {len(seeds)}")
