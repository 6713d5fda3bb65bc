"""Worker processes, and what becomes of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Event

import pytest

from ood_studio.core import workers
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


def test_workers_end_with_a_process_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "forever.py"
    script.write_text(FOR_EVER)
    parent = subprocess.Popen(
        [sys.executable, script], env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    assert alive(worker)
    parent.kill()  # at once, on every system
    parent.wait(60)
    for _ in range(600):
        if not alive(worker):
            return
        time.sleep(0.1)
    os.kill(worker, signal.SIGTERM)
    raise AssertionError("the worker outlived the process that started it")


def test_nothing_but_the_end_of_the_parent_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is `multiprocessing`'s on every system: a pipe that closes, or on Windows a handle of the process."""
    parent, ended = Parent(), Event()
    monkeypatch.setattr(workers, "parent_process", lambda: parent)
    monkeypatch.setattr(os, "_exit", lambda code: ended.set())
    workers._end_with_parent()
    assert parent.watched.wait(30) and not ended.is_set()
    parent.gone.set()
    assert ended.wait(30)


def test_windows_starts_no_more_than_it_can_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with worker_pool(100) as pool:  # refused by itself above 61
        assert pool._max_workers == 61


class Parent:
    """Stands for the process that started this one."""

    def __init__(self) -> None:
        self.watched, self.gone = Event(), Event()

    def join(self) -> None:
        self.watched.set()
        self.gone.wait(60)


def alive(pid: int) -> bool:
    """Whether there is such a process that has not ended; one that only nobody has asked after yet does not count."""
    if sys.platform == "win32":
        tasks = subprocess.run(["tasklist", "/FI", f"PID eq {pid}"], capture_output=True, text=True, check=True)
        return str(pid) in tasks.stdout
    if sys.platform == "linux":
        with suppress(OSError), open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
        return False
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return shown.stdout.strip()[:1] not in ("", "Z", "X")
