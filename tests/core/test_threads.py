"""Threads that suit the work."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
import torch

from ood_studio.core.threads import one_thread


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def elsewhere() -> int:
    """How many threads torch uses in a thread that never computed before."""
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    return found[0]


def test_small_work_runs_on_one_thread_and_others_keep_theirs() -> None:
    with one_thread():
        assert torch.get_num_threads() == 1 and elsewhere() == 2
        with one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2 == elsewhere()
    with one_thread(small=False):
        assert torch.get_num_threads() == 2
    with pytest.raises(ZeroDivisionError), one_thread():
        raise ZeroDivisionError
    assert torch.get_num_threads() == 2


@pytest.mark.skipif(sys.platform != "linux", reason="the library that shares torch's work says what it heard on Linux")
def test_threads_that_wait_sleep_unless_told_otherwise() -> None:
    def heard(code: str, **more: str) -> str:
        plain = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
        environment = plain | {"OMP_DISPLAY_ENV": "true"} | more
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        return done.stdout + done.stderr

    assert "OMP_WAIT_POLICY = 'PASSIVE'" in heard("import ood_studio, torch; torch.rand(9)")
    told = heard("import os, ood_studio; print(os.environ['OMP_WAIT_POLICY'])", OMP_WAIT_POLICY="active")
    assert told.strip() == "active"
