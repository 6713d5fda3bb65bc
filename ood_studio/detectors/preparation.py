"""How a backbone makes pixels of an image, as steps that any program can take with Pillow alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from ood_studio.backbones import Backbone

Step = dict[str, Any]
"""``{"resize": [height, width], "filter": "bicubic"}``, ``{"resize_shortest": pixels, "filter": …}`` or
``{"center_crop": [height, width]}``."""

_SAME = ("ToTensor", "MaybeToTensor", "MaybeConvertMode", "function")  # leave RGB images as they are
_PROBES = ((97, 61), (50, 130), (200, 200))


def prepared(image: Image.Image, steps: Sequence[Step]) -> NDArray[np.float32]:
    """(3, height, width) in [0, 1]: an RGB image after some steps in their order, its numbers divided by 255."""
    for step in steps:
        if "center_crop" in step:
            height, width = step["center_crop"]
            left, top = round((image.width - width) / 2.0), round((image.height - height) / 2.0)
            image = image.crop((left, top, left + width, top + height))
            continue
        if "resize" in step:
            height, width = step["resize"]
        else:
            short, long = sorted(image.size)
            other = int(step["resize_shortest"] * long / short)
            width, height = (
                (step["resize_shortest"], other) if image.width <= image.height else (other, step["resize_shortest"])
            )
        image = image.resize((width, height), Image.Resampling[step["filter"].upper()])
    return np.asarray(image, np.float32).transpose(2, 0, 1) / np.float32(255)


def preparation_of(backbone: Backbone) -> list[Step] | None:
    """Steps that give a backbone's own pixels, bit for bit, on images of several shapes; None where it does something
    else than resizing and cutting from the middle."""
    transforms = getattr(getattr(backbone, "_resize", None), "transforms", None)
    steps = None if transforms is None else _steps(transforms)
    if steps is None:
        return None
    for width, height in _PROBES:
        noise = np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)
        image = Image.fromarray(noise)
        try:
            ours = torch.from_numpy(prepared(image, steps))
        except ValueError:
            return None
        if not torch.equal(ours, backbone.preprocess([image])[0]):
            return None
    return steps


def _steps(transforms: Sequence[Any]) -> list[Step] | None:
    from torchvision.transforms import CenterCrop, Resize  # type: ignore[import-untyped]

    steps: list[Step] = []
    for each in transforms:
        if isinstance(each, Resize):
            size = [each.size] if isinstance(each.size, int) else [int(side) for side in each.size]
            shape = {"resize_shortest": size[0]} if len(size) == 1 else {"resize": size}
            steps.append({**shape, "filter": str(each.interpolation.value)})
        elif isinstance(each, CenterCrop):
            steps.append({"center_crop": [int(side) for side in each.size]})
        elif not callable(each) or type(each).__name__ not in _SAME:
            return None
    return steps
