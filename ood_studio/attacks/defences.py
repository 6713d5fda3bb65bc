"""Simple input transformations that may wash an attack out; a model judges the mean of what it sees."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor
from torch.nn import functional

from ood_studio.backbones.base import Backbone
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import Bounds, Help, parameters
from ood_studio.core.progress import Progress, silent
from ood_studio.data.dataset import Dataset
from ood_studio.features.images import DatasetFeatures, dataset_features

_CROPPED = 0.85  # of the height and width that a random crop keeps
Kind = Literal["jpeg", "blur", "resize", "crops"]


@dataclass(frozen=True)
class Strength:
    """What the strength of a kind of defence is: its bounds with a line of help, and the usual one."""

    bounds: Bounds
    usual: float


DEFENCES: dict[Kind, Strength] = {
    "jpeg": Strength(Bounds(1.0, 95.0, step=1, help="Quality of the JPEG"), 75.0),
    "blur": Strength(Bounds(0.1, 100.0, log=True, help="Radius of the Gaussian blur, in pixels"), 1.0),
    "resize": Strength(Bounds(0.05, 1.0, step=0.01, help="Share of the size that is left before enlarging again"), 0.5),
    "crops": Strength(Bounds(1.0, 64.0, step=1, help="Random crops whose mean is judged"), 8.0),
}
"""Every kind of defence by name, with its strength."""


@dataclass(frozen=True)
class Defence:
    """One input transformation, written ``jpeg:75``, ``blur:1``, ``resize:0.5`` or ``crops:8``.

    Attributes:
        kind: of `DEFENCES`.
        strength: its quality, radius in pixels, share or count; within the bounds of its kind.

    Raises:
        StudioError: an unknown kind, or a strength out of its range.
    """

    kind: Annotated[Kind, Help("What the picture goes through before the model sees it")]
    strength: Annotated[float, Bounds(0.05, 100.0, help="Quality, radius in pixels, share of the size, or crops")]

    def __post_init__(self) -> None:
        own = parameters(Defence)
        own["kind"].check(self.kind)
        replace(own["strength"], name=self.kind, bounds=DEFENCES[self.kind].bounds).check(self.strength)

    def __str__(self) -> str:
        return f"{self.kind}:{self.strength:g}"

    @property
    def views(self) -> int:
        """How many images it makes of one."""
        return int(self.strength) if self.kind == "crops" else 1

    def apply(self, picture: Image.Image, view: int = 0) -> Image.Image:
        """An RGB image of the same size; the crops of an image depend only on its content and the view's number."""
        width, height = picture.size
        if self.kind == "jpeg":
            file = io.BytesIO()
            picture.save(file, "JPEG", quality=int(self.strength))
            return Image.open(file).convert("RGB")
        if self.kind == "blur":
            return picture.filter(ImageFilter.GaussianBlur(self.strength))
        if self.kind == "resize":
            small = (max(1, round(width * self.strength)), max(1, round(height * self.strength)))
            return picture.resize(small, Image.Resampling.BICUBIC).resize((width, height), Image.Resampling.BICUBIC)
        digest = hashlib.sha256(picture.tobytes() + str(view).encode()).digest()
        right, down = np.random.default_rng(list(digest)).random(2) * (1 - _CROPPED)
        box = (right * width, down * height, (right + _CROPPED) * width, (down + _CROPPED) * height)
        return picture.resize((width, height), Image.Resampling.BICUBIC, box=box)


def parse_defence(text: str) -> Defence:
    """``KIND`` or ``KIND:STRENGTH``.

    Raises:
        StudioError: as `Defence`, or a strength that is no number.
    """
    name, given, strength = text.partition(":")
    kind = next((kind for kind in DEFENCES if kind == name), None)
    if kind is None:
        raise StudioError(f"unknown defence {name!r}; expected one of {', '.join(DEFENCES)}")
    usual = DEFENCES[kind].usual
    return Defence(kind, parameters(Defence)["strength"].parse(strength, f"the strength of {kind}") if given else usual)


def views_of(image: Image.Image, defence: Defence | None) -> list[Image.Image]:
    """RGB images that the model sees of one behind a defence, or the image itself without one."""
    plain = image.convert("RGB")
    return [plain] if defence is None else [defence.apply(plain, view) for view in range(defence.views)]


def mean_of_views(vectors: Tensor, *, unit: bool = True) -> Tensor:
    """(1, dim): what a model sees in an image's views, from their features (views, dim); of unit length if joint."""
    mean = vectors.mean(dim=0, keepdim=True)
    return functional.normalize(mean, dim=1) if unit else mean


class Defended(Dataset):
    """A set as one view of a defence shows it."""

    def __init__(self, whole: Dataset, defence: Defence | tuple[Kind, float], view: int = 0) -> None:
        defence = defence if isinstance(defence, Defence) else Defence(*defence)
        self.whole: Dataset = whole
        self._defence, self._view = defence, view
        self.name, self.labels, self.classes = whole.name, whole.labels, whole.classes
        self.key = f"{whole.key}/{defence}/{view}"

    def __len__(self) -> int:
        return len(self.whole)

    def load(self, index: int) -> Image.Image:
        """The image, transformed."""
        return self._defence.apply(self.whole.load(index), self._view)

    def caption(self, index: int) -> str:
        """What the whole set calls it."""
        return self.whole.caption(index)

    def prepare(self, progress: Progress = silent) -> None:
        """Makes the whole set ready."""
        self.whole.prepare(progress)

    def _arguments(self) -> dict[str, Any]:
        return {"whole": self.whole, "defence": (self._defence.kind, self._defence.strength), "view": self._view}


def defended_features(
    backbone: Backbone,
    pictures: Dataset,
    defence: Defence | None,
    spaces: Collection[str],
    progress: Progress = silent,
) -> DatasetFeatures:
    """The features of a set behind a defence: their mean over its views, of unit length where they are; kept on disk.

    Raises:
        StudioError: as `dataset_features`.
    """
    if defence is None:
        return dataset_features(backbone, pictures, spaces, progress)
    found = [
        dataset_features(backbone, Defended(pictures, defence, view), spaces, progress) for view in range(defence.views)
    ]
    first = found[0]
    if len(found) == 1:
        return first

    def mean(parts: list[Tensor | None], unit: bool) -> Tensor | None:
        present = [part for part in parts if part is not None]
        if len(present) < len(found):
            return None
        total = sum((part.float() for part in present), torch.zeros(())) / len(present)
        return (functional.normalize(total, dim=-1) if unit else total).to(present[0].dtype)

    return DatasetFeatures(
        mean([each.joint for each in found], True),
        mean([each.visual for each in found], False),
        mean([each.patches for each in found], True),
        first.rows,
        first.problems,
    )
