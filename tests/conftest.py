"""Shared by every room: a cache of the tests' own, few threads, no calls home."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

# Set before anything reads them: gradio asks when it is imported.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

# A busy machine is slow, not wrong.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The cache of this run, empty at its start: no test reads or changes the cache of the person at work."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OOD_STUDIO_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def torch_threads() -> None:
    """Small models on small batches lose time to more threads than this."""
    import torch

    torch.set_num_threads(min(2, os.cpu_count() or 1))
