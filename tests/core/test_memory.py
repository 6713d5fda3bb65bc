"""What was freed is given back."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ood_studio.core.memory import steady_memory
from ood_studio.core.paths import ROOT

CODE = """
import sys
from ood_studio.core.memory import steady_memory
steady = sys.argv[1] == "steady" and steady_memory()
del_large, small = [], []
for _ in range(3):
    for i in range(40):
        del_large.append(bytearray(b"x") * (6 << 20))
        small.append([bytes(600) for _ in range(50)])
    del_large.clear()
status = open("/proc/self/status").read()
print(steady, next(int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmRSS")))
"""


@pytest.mark.skipif(not steady_memory(), reason="the C library cannot be told")
def test_large_pieces_are_the_systems_again_when_they_are_freed() -> None:
    held = {}
    for how in ("steady", "usual"):
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", CODE, how], env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        steady, megabytes = done.stdout.split()
        assert steady == str(how == "steady")
        held[how] = int(megabytes)
    assert held["steady"] < held["usual"] / 2, held
