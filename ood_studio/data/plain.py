"""Datasets decoded as most research code does it: what the file's samples say, without profile and orientation."""

from __future__ import annotations

from typing import Any

from PIL import Image

from ood_studio.core.progress import Progress, silent
from ood_studio.data.arrays import FeatureDataset
from ood_studio.data.dataset import Dataset
from ood_studio.data.images import plainly


class Plain(Dataset):
    """A set whose images are what ``PIL.Image.open(...).convert("RGB")`` gives, as timm and OpenOOD read them."""

    def __init__(self, whole: Dataset) -> None:
        self.whole: Dataset = whole
        self.name, self.classes, self.numbered, self.notes = whole.name, whole.classes, whole.numbered, whole.notes
        self.key, self.labels, self.place = f"{whole.key}/plain", whole.labels, whole.place

    def __len__(self) -> int:
        return len(self.whole)

    def load(self, index: int) -> Image.Image:
        """The image without colour profile and orientation."""
        with plainly():
            return self.whole.load(index)

    def show(self, index: int) -> Image.Image:
        """The image as the whole set shows it: upright, in its colours."""
        return self.whole.show(index)

    def caption(self, index: int) -> str:
        """What the whole set calls it."""
        return self.whole.caption(index)

    def prepare(self, progress: Progress = silent) -> None:
        """Makes the whole set ready."""
        self.whole.prepare(progress)

    def _arguments(self) -> dict[str, Any]:
        return {"whole": self.whole}


def plain(dataset: Dataset) -> Dataset:
    """The set decoded plainly; itself where it is drawn, or of features."""
    return dataset if isinstance(dataset, FeatureDataset) or not dataset.place else Plain(dataset)
