"""What the classifier learns: the class of the main object."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ood_studio.training.augmentation import jittered
from ood_studio.training.classifier.images import LabelledImages
from ood_studio.training.classifier.recipe import ClassifierRecipe
from ood_studio.training.clip.model import normalised
from ood_studio.training.loop import Batch, Task
from ood_studio.training.scene_cache import draw_rows, to_tensor

_AT_ONCE = 100


def accuracy(classifier: nn.Module, pixels: np.ndarray, labels: np.ndarray) -> float:
    """Share of the images, (n, 64, 64, 3) uint8, whose class it names."""
    device = next(classifier.parameters()).device
    right = 0
    for start in range(0, len(pixels), _AT_ONCE):
        logits = classifier(normalised(to_tensor(pixels[start : start + _AT_ONCE]).to(device)))
        right += int((logits.argmax(1).cpu().numpy() == labels[start : start + _AT_ONCE]).sum())
    return right / len(pixels)


class Recognition(Task):
    """The class of the main object.

    Args:
        recipe: of the training.
        images: what is learnt from.
        held_out: labels (n,), and by name images (n, 64, 64, 3) uint8 whose accuracy is measured.
    """

    def __init__(
        self, recipe: ClassifierRecipe, images: LabelledImages, held_out: tuple[np.ndarray, Mapping[str, np.ndarray]]
    ) -> None:
        self._recipe, self._images, self._held_out = recipe, images, held_out

    def batch(self, step: int) -> Batch:
        """``pixels`` (b, 3, 64, 64) near [0, 1] and ``labels`` (b,)."""
        rng = self._recipe.rng(step)
        rows = draw_rows(self._images.weights, self._recipe.batch, rng)
        pixels, _ = jittered(to_tensor(self._images.pixels[rows]), self._recipe.shift, rng)
        return {"pixels": pixels, "labels": torch.from_numpy(self._images.labels[rows])}

    def losses(self, model: nn.Module, batch: Batch, step: int) -> Mapping[str, Tensor]:
        """Cross-entropy."""
        with self._recipe.autocast(batch["pixels"].device):
            logits = model(normalised(batch["pixels"]))
        return {"class": F.cross_entropy(logits.float(), batch["labels"])}

    def measure(self, model: nn.Module) -> Mapping[str, float]:
        """Accuracies on held-out images."""
        labels, images = self._held_out
        return {name: accuracy(model, pixels, labels) for name, pixels in images.items()}
