"""The app in a process of its own, for scripts that watch what it does and holds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ood_studio.core.paths import ROOT
from tests.ui.conftest import free_port

_PATIENCE = 300.0  # seconds until it answers


@dataclass(frozen=True)
class Served:
    """A served app.

    Attributes:
        process: of the server.
        address: where it answers; empty where it ended before it did.
        log: what it wrote.
    """

    process: subprocess.Popen[bytes]
    address: str
    log: Path

    def held(self) -> float:
        """MB of memory now (Linux)."""
        return self._status("VmRSS")

    def most(self) -> float:
        """MB of memory at most until now (Linux)."""
        return self._status("VmHWM")

    def _status(self, name: str) -> float:
        try:
            found = re.search(rf"{name}:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text())
        except OSError:
            return float("nan")
        return int(found[1]) / 1000 if found else float("nan")


@contextmanager
def served(
    log: Path, environment: Mapping[str, str], *arguments: str, begin: Callable[[], None] | None = None
) -> Iterator[Served]:
    """Starts the app and waits until it answers, or has ended; ends it afterwards.

    Args:
        log: file for what it writes.
        environment: beside this process's own.
        arguments: behind ``app.py --port``.
        begin: what the process calls at its start.
    """
    command = [sys.executable, "app.py", "--port", str(free_port()), *arguments]
    with open(log, "w") as file:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, preexec_fn=begin, stdout=file, stderr=file
        )
    try:
        until, address = time.monotonic() + _PATIENCE, ""
        while not address and process.poll() is None and time.monotonic() < until:
            time.sleep(0.5)
            lines = log.read_text(errors="replace").splitlines()
            address = next((line.split()[-1] for line in lines if "local URL" in line), "")
        yield Served(process, address, log)
    finally:
        process.terminate()
        process.wait(120)
