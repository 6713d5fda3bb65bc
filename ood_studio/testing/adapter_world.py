"""A small world to try adapters in: a backbone of random weights, five labels, and images near their labels."""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from ood_studio.adapters import Material
from ood_studio.backbones import Backbone, ImageFeatures, PromptedTexts
from ood_studio.data.dataset import Dataset
from ood_studio.scorers import Reference, Space, select_features

LABELS = ("ant", "bee", "cat", "dog", "eel")
NEGATIVES = tuple(f"thing {number}" for number in range(24))
_DIM, _WIDTH, _SIZE, _IMAGES = 12, 20, 6, 40
_WORD = 7  # width of a word's vector


class SmallBackbone(Backbone):
    """Two linear maps of the pixels, and texts that are vectors drawn by their letters.

    Args:
        seed: of the weights: another seed is another model.
    """

    name, dim, image_size, logit_scale, has_patches = "small", _DIM, _SIZE, 20.0, False
    device, dtype = torch.device("cpu"), torch.float32

    def __init__(self, seed: int = 0) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.fingerprint = f"small-{seed}"
        self._visual = torch.randn(3 * _SIZE * _SIZE, _WIDTH, generator=generator)
        self._joint = torch.randn(_WIDTH, _DIM, generator=generator)

    @property
    def input_shape(self) -> tuple[int, int]:
        return (_SIZE, _SIZE)

    def _transform(self, image: Image.Image) -> Tensor:
        small = image.resize((_SIZE, _SIZE), Image.Resampling.BILINEAR)
        return torch.from_numpy(np.array(small)).permute(2, 0, 1).float() / 255

    def _encode_image(self, pixels: Tensor) -> ImageFeatures:
        visual = torch.tanh((pixels - 0.5).flatten(1) @ self._visual)
        return ImageFeatures(functional.normalize(visual @ self._joint, dim=1), visual, None)

    def _encode_text(self, texts: list[str]) -> Tensor:
        return torch.stack([_letters(text) for text in texts])

    def _word_vectors(self, words: str) -> Tensor:
        return torch.stack([_letters(word)[:_WORD] for word in words.split()])

    def _prompted(self, texts: list[str], length: int) -> PromptedTexts:
        return SmallPrompts(texts, length)


class SmallPrompts(PromptedTexts):
    """Texts t behind vectors w become tanh(W mean(w) + t), W drawn by the number of vectors."""

    def __init__(self, texts: list[str], length: int) -> None:
        self.length, self.width = length, _WORD
        self.text = torch.stack([_letters(text) for text in texts])
        self.mix = torch.randn(_DIM, _WORD, generator=torch.Generator().manual_seed(length))

    def __len__(self) -> int:
        return len(self.text)

    def _encode(self, context: Tensor) -> Tensor:
        return torch.tanh(self.mix.to(context) @ context.mean(dim=0) + self.text.to(context))


class SmallImages(Dataset):
    """Coloured noise; the images of a label share their colours."""

    def __init__(self, count: int = _IMAGES, seed: int = 0) -> None:
        self._seed = seed
        self.name, self.key, self.classes = "small images", f"small/{count}/{seed}", LABELS
        self.labels = np.arange(count, dtype=np.int64) % len(LABELS)

    def __len__(self) -> int:
        assert self.labels is not None
        return len(self.labels)

    def load(self, index: int) -> Image.Image:
        """An image of twice the size that the backbone takes."""
        colours = np.random.default_rng([self._seed, index % len(LABELS)]).integers(0, 256, (2, 2, 3))
        noise = np.random.default_rng([self._seed, 99, index]).integers(-60, 60, (2 * _SIZE, 2 * _SIZE, 3))
        shown = np.kron(colours, np.ones((_SIZE, _SIZE, 1), dtype=np.int64)) + noise
        return Image.fromarray(shown.clip(0, 255).astype(np.uint8))

    def caption(self, index: int) -> str:
        """Its number."""
        return f"image {index}"


def small_material(seed: int = 0) -> Material:
    """Every part that an adapter can ask for."""
    backbone, images = SmallBackbone(), SmallImages(seed=seed)
    with torch.no_grad():
        found = backbone.encode_image(_pixels(seed))
    assert found.joint is not None and images.labels is not None
    mixed = found.joint + 0.8 * found.joint.roll(1, 0)
    return Material(
        labels=LABELS,
        key=f"small/{seed}",
        about="a small world",
        class_text=_label_text(backbone, found.joint, torch.from_numpy(images.labels)),
        pseudo_text=_label_text(backbone, found.joint, torch.from_numpy(images.labels)),
        negative_labels=NEGATIVES,
        negative_text=backbone.encode_text(NEGATIVES),
        joint=found.joint,
        visual=found.visual,
        targets=torch.from_numpy(images.labels),
        synthetic=functional.normalize(mixed, dim=1),
        images=images,
        rows=np.arange(len(images)),
    )


@cache
def _pixels(seed: int) -> Tensor:
    """All images of the small world, drawn once: a contract asks for them some hundred times."""
    images = SmallImages(seed=seed)
    return SmallBackbone().preprocess([images.load(row) for row in range(len(images))])


def small_reference(backbone: Backbone, space: Space) -> Reference:
    """What scorers of a space learn from in that world, before anything is adapted."""
    material = small_material()
    return Reference(
        material.class_text,
        material.negative_text,
        images=select_features(space, material.joint, material.visual, None),
        labels=material.targets,
        logit_scale=backbone.logit_scale,
    )


def _label_text(backbone: Backbone, joint: Tensor, classes: Tensor) -> Tensor:
    """(labels, dim) text features near the images of their labels."""
    middles = torch.stack([joint[classes == index].mean(dim=0) for index in range(len(LABELS))])
    return functional.normalize(functional.normalize(middles, dim=1) + 0.3 * backbone.encode_text(LABELS), dim=1)


def _letters(text: str) -> Tensor:
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")
    return torch.randn(_DIM, generator=torch.Generator().manual_seed(seed))
