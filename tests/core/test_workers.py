"""Worker processes, and what becomes of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from ood_studio.core.errors import StudioError
from ood_studio.core.paths import ROOT
from ood_studio.core.workers import worker_pool

FOR_EVER = """
import os, time
from ood_studio.core.workers import worker_pool

if __name__ == "__main__":
    with worker_pool(2) as pool:
        print(*{pool.submit(os.getpid).result()}, flush=True)
        pool.submit(time.sleep, 600).result()
"""


def test_work_is_done_elsewhere() -> None:
    with worker_pool(1) as pool:
        assert list(pool.map(abs, [-1, 2])) == [1, 2]
        assert pool.submit(os.getpid).result() != os.getpid()


def test_a_worker_that_is_killed_ends_in_a_sentence() -> None:
    with (
        pytest.raises(StudioError, match="ended from outside, as systems do where memory is short"),
        worker_pool(1) as pool,
    ):
        pool.submit(os._exit, 9).result()


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text(
        "import __main__\nfrom ood_studio.core.workers import worker_pool\nprint('once')\n"
        "with worker_pool(2) as pool:\n    print(*pool.map(abs, [-1, 2]))\n"
        "print(__main__.__file__ == __file__, __spec__)\n"
    )
    for how in (["plain.py"], ["-m", "plain"]):
        ran = subprocess.run(
            [sys.executable, *how],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=120,
        )
        spec = "None" if how == ["plain.py"] else "ModuleSpec(name='plain'"
        assert ran.stdout.startswith(f"once\n1 2\nTrue {spec}") and ran.stdout.count("once") == 1, ran


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
def test_workers_end_with_a_process_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "forever.py"
    script.write_text(FOR_EVER)
    parent = subprocess.Popen(
        [sys.executable, script], env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    assert alive(worker)
    parent.send_signal(signal.SIGKILL)
    parent.wait(60)
    for _ in range(600):
        if not alive(worker):
            return
        time.sleep(0.1)
    os.kill(worker, signal.SIGKILL)
    raise AssertionError("the worker outlived the process that started it")


def alive(pid: int) -> bool:
    """Whether there is such a process that has not ended."""
    with suppress(OSError), open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] not in "ZX"
    return False
