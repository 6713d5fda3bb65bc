"""Shared by every room: a cache of each process's own, few threads, no calls home; the long files first."""

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
    """The cache of this run, empty at its start: no test reads or changes the cache of the person at work.

    Gradio's copies lie beside it: an app that ends takes away those of its own, which have the same names everywhere.
    """
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OOD_STUDIO_CACHE", str(folder))
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("shown")))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def torch_threads() -> None:
    """Small models on small batches lose time to more threads than this; processes side by side have one each."""
    import torch

    torch.set_num_threads(1 if "PYTEST_XDIST_WORKER" in os.environ else min(2, os.cpu_count() or 1))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first, so that processes side by side end together: those that drive a browser, then
    those that start processes or train. A list, so that a whole file stays in one process (``--dist loadfile``)."""
    items.sort(key=lambda item: _order(item.path))


def _order(path: Path) -> int:
    """Where a file stands among the others; of equals the order stays as it is."""
    if path.parent.name == "ui":
        return 0 if path.stem.endswith("_browser") else 1
    return 2 if path.parent.name in ("tests", "training", "cli", "studio") else 3
