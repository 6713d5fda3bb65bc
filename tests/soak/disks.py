"""Disks that refuse: small ones that fill up, and ones that cannot be written, for scripts that try them out."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_READABLE = stat.S_IRUSR | stat.S_IXUSR


@dataclass(frozen=True)
class Disk:
    """A folder for a process that is to meet a disk that refuses.

    Attributes:
        place: the folder.
        how: in which way it refuses, for people.
        begin: what the process calls at its start (``preexec_fn``).
    """

    place: Path
    how: str
    begin: Callable[[], None] | None = None


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Disk]:
    """A disk of so many megabytes where this account may mount one, else a limit of so many on every file."""
    with _mounted(place, f"size={megabytes}m") as mounted:
        if mounted:
            yield Disk(place, f"a disk of {megabytes} MB")
        else:
            size = megabytes * 2**20
            limit = f"files of at most {megabytes} MB"
            yield Disk(place, limit, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))


@contextmanager
def locked_disk(place: Path) -> Iterator[Disk]:
    """A disk that is mounted read-only where this account may do so, else a folder that it may not write."""
    with _mounted(place, "ro") as mounted:
        if mounted:
            yield Disk(place, "a disk that is read-only")
            return
        place.chmod(_READABLE)
        try:
            yield Disk(place, "a folder that may not be written")
        finally:
            place.chmod(_READABLE | stat.S_IWUSR)


@contextmanager
def _mounted(place: Path, options: str) -> Iterator[bool]:
    place.mkdir(parents=True)
    may = sys.platform == "linux" and os.getuid() == 0
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    mounted = may and subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(place)], check=True)
