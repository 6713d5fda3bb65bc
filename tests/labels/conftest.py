"""A text tower that is only a hash: enough for everything in this room."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from ood_studio.backbones.base import Backbone, ImageFeatures
from ood_studio.features import texts as text_features


class FakeBackbone(Backbone):
    """Each text has its own direction; counts what it is asked for, and can be held up."""

    name, image_size, logit_scale, has_patches = "fake", 4, 100.0, False
    device, dtype = torch.device("cpu"), torch.float32

    def __init__(self, dim: int = 8, fingerprint: str = "fake-1") -> None:
        self.dim, self.fingerprint = dim, fingerprint
        self.asked: list[str] = []
        self.hold = threading.Event()
        self.hold.set()

    @property
    def input_shape(self) -> tuple[int, int]:
        return 4, 4

    def _transform(self, image: Image.Image) -> Tensor:
        raise NotImplementedError

    def _encode_image(self, pixels: Tensor) -> ImageFeatures:
        raise NotImplementedError

    def _encode_text(self, texts: list[str]) -> Tensor:
        assert self.hold.wait(10)
        self.asked += texts
        return torch.stack([self.vector(text) for text in texts])

    def vector(self, text: str) -> Tensor:
        """(dim,), unit norm."""
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")
        return F.normalize(torch.randn(self.dim, generator=torch.Generator().manual_seed(seed)), dim=0)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has an empty cache, in memory and on disk."""
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path / "cache"))
    text_features.forget()
    return tmp_path / "cache"


@pytest.fixture
def backbone() -> FakeBackbone:
    """A fresh fake."""
    return FakeBackbone()


@pytest.fixture
def again() -> Callable[..., FakeBackbone]:
    """Makes a fake as in a new process: nothing in memory, the same or another backbone."""

    def make(fingerprint: str = "fake-1", dim: int = 8) -> FakeBackbone:
        text_features.forget()
        return FakeBackbone(dim, fingerprint)

    return make
