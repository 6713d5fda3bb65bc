"""The zoo of the bundled models as it was measured for this package: what is there before anything is computed."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ood_studio.core.errors import StudioError
from ood_studio.core.paths import ASSETS
from ood_studio.evaluation.zoo.run import ZooRun

RESULTS = "assets/zoo/results.json"
"""Below the root of a repository; ``python -m ood_studio.training.reports zoo`` makes it."""


def bundled_run() -> ZooRun | None:
    """The run that came with the package; None where there is none, or another version wrote it."""
    path = ASSETS / "zoo" / "results.json"
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, StudioError):
        return None


@lru_cache(maxsize=2)
def _read(path: Path, _: int) -> ZooRun:
    return ZooRun.from_json(path.read_text(encoding="utf-8"))
