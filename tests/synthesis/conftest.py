"""Tiny checkpoints, made once."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from ood_studio.core.cache import KeyedCache
from ood_studio.synthesis.classifier_models import load_classifier
from ood_studio.synthesis.guides import EnergyGuide
from ood_studio.synthesis.inpainting import Inpainter
from ood_studio.synthesis.inpainting_models import load_inpainter
from tests.synthesis.tiny import SIZE, save_classifier, save_inpainting


@pytest.fixture(scope="session", autouse=True)
def few_threads() -> None:
    """Tiny models are slower with many threads."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny inpainting model."""
    return save_inpainting(tmp_path_factory.mktemp("inpainting"))


@pytest.fixture(scope="session")
def inpainter(checkpoint: Path) -> Inpainter:
    return load_inpainter(f"local-dir:{checkpoint}", device="cpu", pool=KeyedCache())


@pytest.fixture(scope="session")
def energy_guide(tmp_path_factory: pytest.TempPathFactory) -> EnergyGuide:
    folder = save_classifier(tmp_path_factory.mktemp("classifier"))
    return EnergyGuide(load_classifier(f"timm:local-dir:{folder}", device="cpu"))


@pytest.fixture(scope="session")
def pixels() -> Tensor:
    """Three pictures of smooth colour."""
    coarse = torch.rand(3, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    return torch.nn.functional.interpolate(coarse, SIZE, mode="bilinear").clamp(0, 1)


@pytest.fixture(scope="session")
def half_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the same model in half precision."""
    return save_inpainting(tmp_path_factory.mktemp("half"), half=True)
