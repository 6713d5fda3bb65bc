"""A folder has one writer among threads and processes; of a killed one no lock is left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ood_studio.core.errors import StudioError
from ood_studio.core.locks import LOCK, has_writer, sole_writer
from ood_studio.core.paths import ROOT


def test_the_next_writer_is_told_and_may_write_afterwards(tmp_path: Path) -> None:
    assert not has_writer(tmp_path) and not has_writer(tmp_path / "nowhere")
    for _ in range(2):
        with sole_writer(tmp_path):
            assert has_writer(tmp_path)
            with pytest.raises(StudioError, match="is being written already"), sole_writer(tmp_path):
                pytest.fail("two at work")
            assert has_writer(tmp_path)  # who was refused has not taken it away
        assert not has_writer(tmp_path)
    with pytest.raises(FileNotFoundError), sole_writer(tmp_path / "nowhere"):
        pytest.fail("no folder")


def test_another_process_is_named_and_a_killed_one_forgotten(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from ood_studio.core.locks import sole_writer
with sole_writer(Path({str(tmp_path)!r})):
    print("there", flush=True)
    sys.stdin.read()
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, **pipes) as writer:  # type: ignore[call-overload]
        assert writer.stdout.readline().strip() == b"there"
        by = (
            "" if sys.platform == "win32" else rf" by another process \({writer.pid}\)"
        )  # its file cannot be read there
        with pytest.raises(StudioError, match=f"is being written{by}"), sole_writer(tmp_path):
            pytest.fail("two at work")
        writer.kill()
        writer.wait()
    assert (tmp_path / LOCK).is_file() and not has_writer(tmp_path)
    with sole_writer(tmp_path):
        assert has_writer(tmp_path)
