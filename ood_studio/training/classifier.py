"""Trains Diorama's classifier: ``python -m ood_studio.training.classifier``.

A small timm residual network over the 20 ID classes: the recognition model whose energy guides the synthesis. It learns
on pictures and on what the finished autoencoder makes of them, so that its energy tells the object and not the blur,
and sees every class at every place equally often, so that it does not guess an airplane from a sky. It is not shown
empty places with all classes as the answer: that keeps it from guessing too, but then it sees nothing at all in them,
and an energy without a gradient leads nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
import tyro
from safetensors.torch import save_file
from torch import Tensor, nn

from ood_studio.core.paths import ASSETS
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import load_split
from ood_studio.diorama.world import ID_CLASSES
from ood_studio.training.autoencoder import FOLDER as AUTOENCODER
from ood_studio.training.course import Course, follow
from ood_studio.training.jitter import jittered
from ood_studio.training.stock import HELD_OUT, draw_rows, load_stock, scene_anywhere, to_tensor

FOLDER = ASSETS / "diorama-classifier"
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
class ClassifierCourse(Course):
    """How to train the classifier; the defaults are the recipe of the bundled weights.

    Attributes:
        anywhere: scenes of ID classes at any place, beside ``pictures`` scenes at the places that are natural to them.
        coded: every how many pictures one is replaced by what the autoencoder makes of it.
        shift: by how many pixels pictures are moved at random.
        start: the folder of the autoencoder.
    """

    steps: int = 15_000
    batch: int = 64
    lr: float = 2e-3
    weight_decay: float = 0.05
    average: float = 0.998
    fresh: int = 1000
    anywhere: int = 40_000
    coded: int = 3
    shift: int = 3
    start: Path = AUTOENCODER


def build_classifier() -> Any:
    """A randomly initialised timm network."""
    import timm

    return timm.create_model(ARCHITECTURE, num_classes=len(ID_CLASSES), **MODEL_ARGS)


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """What is learnt.

    Attributes:
        pixels: (n, 64, 64, 3) uint8.
        labels: (n,) int64.
        weights: (n,) of each to be drawn, cumulative; they make every class at every place equally likely.
    """

    pixels: np.ndarray
    labels: np.ndarray
    weights: np.ndarray


def training_set(course: ClassifierCourse) -> TrainingSet:
    """Scenes of ID classes, at places natural to them and at any."""
    stocks = (
        load_stock(course.pictures, course.seed),
        load_stock(course.anywhere, course.seed, draw=scene_anywhere),
    )
    used = [np.flatnonzero(stock.has_id_class) for stock in stocks]
    pixels = np.concatenate([stock.pixels[rows] for stock, rows in zip(stocks, used, strict=True)])
    labels = np.concatenate([stock.labels[rows] for stock, rows in zip(stocks, used, strict=True)])
    places = [stock.scenes[row].place for stock, rows in zip(stocks, used, strict=True) for row in rows]
    kinds = [f"{place}/{label}" for place, label in zip(places, labels, strict=True)]
    _, kind, counts = np.unique(kinds, return_inverse=True, return_counts=True)
    return TrainingSet(pixels, labels, (1 / counts[kind]).cumsum())


def normalised(pixels: Tensor) -> Tensor:
    """Pixels in [0, 1] as the network takes them."""
    mean, std = (torch.tensor(v, device=pixels.device).view(3, 1, 1) for v in (MEAN, STD))
    return (pixels - mean) / std


@torch.no_grad()
def through_autoencoder(autoencoder: Any, pixels: np.ndarray, course: Course, device: torch.device) -> np.ndarray:
    """Pictures, (n, 64, 64, 3) uint8, as the autoencoder gives them back."""
    out = np.empty_like(pixels)
    for start in range(0, len(pixels), _AT_ONCE):
        given = to_tensor(pixels[start : start + _AT_ONCE]).to(device) * 2 - 1
        with course.autocast(device):
            found = autoencoder.decode(autoencoder.encode(given).latent_dist.mode()).sample
        found = ((found.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        out[start : start + _AT_ONCE] = found.permute(0, 2, 3, 1).cpu().numpy()
    return out


def accuracy(classifier: Any, pixels: np.ndarray, labels: np.ndarray, device: torch.device) -> float:
    """Share of the pictures, (n, 64, 64, 3) uint8, that it names rightly."""
    right = 0
    for start in range(0, len(pixels), _AT_ONCE):
        logits = classifier(normalised(to_tensor(pixels[start : start + _AT_ONCE]).to(device)))
        right += int((logits.argmax(1).cpu().numpy() == labels[start : start + _AT_ONCE]).sum())
    return right / len(pixels)


def train(course: ClassifierCourse) -> Path:
    """Runs (or goes on with) a training and returns the folder of the finished model."""
    from diffusers import AutoencoderKL

    device = course.where()
    autoencoder: Any = AutoencoderKL.from_pretrained(course.start / "vae", torch_dtype=torch.float32).to(device).eval()
    learnt = training_set(course)
    learnt.pixels[:: course.coded] = through_autoencoder(autoencoder, learnt.pixels[:: course.coded], course, device)
    fresh = load_split("id-test", course.seed + HELD_OUT, course.fresh)
    fresh_coded = through_autoencoder(autoencoder, fresh.pixels, course, device)
    bare = np.stack([np.asarray(render(replace(scene, main=None, others=()))) for scene in fresh.scenes])
    torch.manual_seed(course.seed)
    classifier = build_classifier().to(device)

    def losses(step: int) -> Mapping[str, Tensor]:
        rng = np.random.default_rng([course.seed, step])
        rows = draw_rows(learnt.weights, course.batch, rng)
        given, _ = jittered(to_tensor(learnt.pixels[rows]), course.shift, rng)
        with course.autocast(device):
            logits = classifier(normalised(given.to(device)))
        return {"class": F.cross_entropy(logits.float(), torch.from_numpy(learnt.labels[rows]).to(device))}

    def measure(kept: nn.Module) -> Mapping[str, float]:
        return {
            "real": accuracy(kept, fresh.pixels, fresh.labels, device),
            "coded": accuracy(kept, fresh_coded, fresh.labels, device),
            "without": accuracy(kept, bare, fresh.labels, device),
        }

    kept = follow(course, "classifier", classifier, losses, measure)
    folder = course.out or FOLDER
    save_classifier(kept, folder)
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
    print(f"the classifier is in {train(tyro.cli(ClassifierCourse, description=__doc__))}")
