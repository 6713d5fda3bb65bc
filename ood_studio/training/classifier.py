"""Trains Diorama's classifier: ``python -m ood_studio.training.classifier``.

A small timm residual network over the 20 ID classes: the recognition model whose energy guides the synthesis. It learns
on images and on what the finished autoencoder makes of them, so that its energy tells the object and not the blur,
and sees every class at every place equally often, so that it does not guess an airplane from a sky. It is not shown
empty places with all classes as the answer: that keeps it from guessing too, but then it sees nothing at all in them,
and an energy without a gradient leads nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from ood_studio.core.parameters import Bounds, Help
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import load_split
from ood_studio.diorama.world import ID_CLASSES
from ood_studio.hub.bundled import bundled
from ood_studio.training.augmentation import jittered
from ood_studio.training.autoencoder import FOLDER as AUTOENCODER
from ood_studio.training.autoencoder import load_autoencoder, signed
from ood_studio.training.command import command
from ood_studio.training.loop import Batch, Task, TrainingRun, fingerprint
from ood_studio.training.recipe import (
    Average,
    BatchSize,
    HeldOut,
    Images,
    LearningRate,
    Recipe,
    TrainingSteps,
    WeightDecay,
)
from ood_studio.training.scene_cache import HELD_OUT, draw_rows, load_scenes, scene_anywhere, to_tensor

FOLDER = bundled("classifier")["diorama-classifier"].folder
ARCHITECTURE = "resnet18"
MODEL_ARGS: dict[str, Any] = {
    "layers": [1, 2, 2, 1],
    "channels": [32, 64, 128, 192],
    "stem_type": "deep",
    "stem_width": 16,
}
MEAN, STD = (0.5, 0.5, 0.5), (0.3, 0.3, 0.3)
_AT_ONCE = 100


@dataclass(frozen=True, kw_only=True)
class ClassifierRecipe(Recipe):
    """How to train the classifier; the defaults are the recipe of the bundled weights."""

    steps: TrainingSteps = 15_000
    batch: BatchSize = 64
    lr: LearningRate = 2e-3
    weight_decay: WeightDecay = 0.05
    average: Average = 0.998
    fresh: HeldOut = 1000
    anywhere: Annotated[Images, Help("Scenes of ID classes at any place, besides those at places natural to them")] = (
        40_000
    )
    coded: Annotated[
        int, Bounds(1, 1_000_000, step=1, help="One in how many images is replaced by its reconstruction")
    ] = 3
    shift: Annotated[int, Bounds(0, 16, step=1, help="Pixels by which images are moved at random")] = 3
    start: Annotated[Path, Help("Folder of the autoencoder")] = AUTOENCODER


def build_classifier() -> Any:
    """A randomly initialised timm network."""
    import timm

    return timm.create_model(ARCHITECTURE, num_classes=len(ID_CLASSES), **MODEL_ARGS)


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """What is learnt.

    Attributes:
        pixels: (n, 64, 64, 3) uint8.
        labels: (n,) int64.
        weights: (n,) of each to be drawn, cumulative; they make every class at every place equally likely.
        key: a digest of the scenes.
    """

    pixels: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    key: str


def labelled_images(recipe: ClassifierRecipe) -> LabelledImages:
    """Scenes of ID classes, at places natural to them and at any."""
    caches = (
        load_scenes(recipe.pictures, recipe.seed),
        load_scenes(recipe.anywhere, recipe.seed, draw=scene_anywhere),
    )
    used = [np.flatnonzero(cache.has_id_class) for cache in caches]
    pixels = np.concatenate([cache.pixels[rows] for cache, rows in zip(caches, used, strict=True)])
    labels = np.concatenate([cache.labels[rows] for cache, rows in zip(caches, used, strict=True)])
    places = [cache.scenes[row].place for cache, rows in zip(caches, used, strict=True) for row in rows]
    kinds = [f"{place}/{label}" for place, label in zip(places, labels, strict=True)]
    _, kind, counts = np.unique(kinds, return_inverse=True, return_counts=True)
    return LabelledImages(pixels, labels, (1 / counts[kind]).cumsum(), "/".join(cache.key for cache in caches))


def normalised(pixels: Tensor) -> Tensor:
    """Pixels in [0, 1] as the network takes them."""
    mean, std = (torch.tensor(v, device=pixels.device).view(3, 1, 1) for v in (MEAN, STD))
    return (pixels - mean) / std


@torch.no_grad()
def reconstructed(autoencoder: Any, pixels: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Images, (n, 64, 64, 3) uint8, as the autoencoder gives them back."""
    out = np.empty_like(pixels)
    for start in range(0, len(pixels), _AT_ONCE):
        given = signed(pixels[start : start + _AT_ONCE]).to(autoencoder.device)
        with recipe.autocast(given.device):
            found = autoencoder.decode(autoencoder.encode(given).latent_dist.mode()).sample
        found = ((found.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        out[start : start + _AT_ONCE] = found.permute(0, 2, 3, 1).cpu().numpy()
    return out


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


def train(recipe: ClassifierRecipe) -> Path:
    """Runs (or goes on with) a training and returns the folder of the finished model."""
    device = recipe.prepare()
    autoencoder = load_autoencoder(recipe.start).to(device)
    images = labelled_images(recipe)
    images.pixels[:: recipe.coded] = reconstructed(autoencoder, images.pixels[:: recipe.coded], recipe)
    fresh = load_split("id-test", recipe.seed + HELD_OUT, recipe.fresh)
    held_out = {
        "real": fresh.pixels,
        "coded": reconstructed(autoencoder, fresh.pixels, recipe),
        "without": np.stack([np.asarray(render(replace(scene, main=None, others=()))) for scene in fresh.scenes]),
    }
    torch.manual_seed(recipe.seed)
    classifier = build_classifier().to(device)
    task = Recognition(recipe, images, (fresh.labels, held_out))
    inputs = f"{images.key}/{fingerprint(autoencoder)}"
    trained = TrainingRun(recipe, "classifier", classifier, task, inputs=inputs).finish()
    folder = recipe.out or FOLDER
    save_classifier(trained, folder)
    return folder


def save_classifier(classifier: nn.Module, folder: Path) -> None:
    """Writes a folder that timm reads as ``local-dir``: config and half-precision weights."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "architecture": ARCHITECTURE,
        "num_classes": len(ID_CLASSES),
        "model_args": MODEL_ARGS,
        "pretrained_cfg": {
            "input_size": [3, 64, 64],
            "interpolation": "bicubic",
            "crop_pct": 1.0,
            "crop_mode": "squash",
            "mean": MEAN,
            "std": STD,
            "num_classes": len(ID_CLASSES),
            "pool_size": [2, 2],
            "first_conv": "conv1.0",
            "classifier": "fc",
            "label_names": ID_CLASSES,
        },
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    weights = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).detach().cpu().contiguous()
        for name, tensor in classifier.state_dict().items()
    }
    save_file(weights, folder / "model.safetensors")
    (folder / "model.safetensors").chmod(0o644)


if __name__ == "__main__":
    command(ClassifierRecipe, train, __doc__)
