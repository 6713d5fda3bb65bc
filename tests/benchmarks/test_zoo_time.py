"""How long the whole zoo takes in one command: from nothing, and from stored features. Run with `pytest -s FILE`.

Wall time; on two idle cores it is to be 20 minutes at most from nothing, and 30 seconds from stored features.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from ood_studio.core.kept import KEPT
from ood_studio.studio import Studio, ZooRequest


def test_the_zoo_in_one_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path))
    seconds = {}
    for what in ("from nothing", "from stored features"):
        shutil.rmtree(KEPT["zoo"].place, ignore_errors=True)
        started = time.perf_counter()
        *_, run = Studio(workers=0).zoo_runs(ZooRequest())
        seconds[what] = time.perf_counter() - started
        assert not run.problems
    told = ", ".join(f"{taken:,.0f} s {what}" for what, taken in seconds.items())
    print(f"\n{len(run.measured)} models on {len(run.passport['sets'])} sets: {told}")
