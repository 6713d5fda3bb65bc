"""A backbone and a dataset whose features are known beforehand."""

from __future__ import annotations

import time

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ood_studio.backbones import Backbone, ImageFeatures
from ood_studio.core.progress import Progress, silent
from ood_studio.data.dataset import Dataset
from ood_studio.data.images import ImageError

SHARD = 8


class Toy(Backbone):
    """Features that say which picture they are of: its red, green and blue."""

    name, dim, image_size, logit_scale, has_patches = "toy", 3, 2, 100.0, True
    device, dtype = torch.device("cpu"), torch.float32

    def __init__(self, fingerprint: str = "toy") -> None:
        self.fingerprint = fingerprint

    @property
    def input_shape(self) -> tuple[int, int]:
        return (2, 2)

    def _transform(self, image: Image.Image) -> Tensor:
        return torch.from_numpy(np.array(image.resize((2, 2)))).permute(2, 0, 1) / 255

    def _encode_image(self, pixels: Tensor) -> ImageFeatures:
        visual = pixels.mean(dim=(2, 3))
        return ImageFeatures(torch.nn.functional.normalize(visual, dim=1), visual, pixels.permute(0, 2, 3, 1))

    def _encode_text(self, texts: list[str]) -> Tensor:
        raise AssertionError("no text here")


class Plain(Dataset):
    """Pictures of one colour each; those of ``broken`` cannot be read. Counts what was read."""

    def __init__(self, count: int, broken: frozenset[int] = frozenset(), wait: float = 0.0) -> None:
        self.name, self.key, self.labels = "plain", f"plain/{count}/{sorted(broken)}", None
        self.count, self.broken, self.wait, self.read, self.prepared = count, broken, wait, [], 0  # type: ignore[var-annotated]

    def __len__(self) -> int:
        return self.count

    def prepare(self, progress: Progress = silent) -> None:
        self.prepared += 1

    def load(self, index: int) -> Image.Image:
        time.sleep(self.wait)
        self.read.append(index)
        if index in self.broken:
            raise ImageError(f"{self.caption(index)} is broken.")
        return Image.new("RGB", (3, 3), (index + 1, 100, 200))

    def caption(self, index: int) -> str:
        return f"picture {index}"


def expected(rows: list[int]) -> Tensor:
    return torch.tensor([[row + 1, 100, 200] for row in rows]) / 255
