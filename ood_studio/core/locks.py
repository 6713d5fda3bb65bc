"""One at a time at work in a folder, among threads and among processes; a killed one leaves no lock behind."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ood_studio.core.errors import StudioError

LOCK = ".lock"
"""The file in a folder that whoever writes there holds."""

_LOOKS, _LOOK = 4, 0.05  # times, and seconds between them
_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)


@contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Keeps all others who ask for it out of a folder, which is there; on a system without locks nobody is.

    Raises:
        StudioError: naming who is at work there, if somebody is.
        OSError: if the disk refuses.
    """
    held = _take(folder / LOCK)
    try:
        yield
    finally:
        _give_back(folder / LOCK, held)


def has_writer(folder: Path) -> bool:
    """Whether somebody is at work in a folder now."""
    path = folder / LOCK
    if not path.is_file():
        return False
    try:
        held = os.open(path, os.O_RDWR)
    except OSError:  # it has just gone, or is somebody else's
        return path.exists()
    try:
        return not _locked(held)
    finally:
        os.close(held)


def _take(path: Path) -> int:
    while True:
        held = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if not _soon_locked(held):
                raise StudioError(f"{path.parent} is being written{_by(held)}; ask again when that has ended")
            if _is(path, held):  # else the one before has removed this file since it was opened
                with suppress(OSError):  # a full disk costs only the number
                    os.ftruncate(held, 0)
                    os.write(held, str(os.getpid()).encode())
                return held
        except BaseException:
            os.close(held)
            raise
        os.close(held)


def _give_back(path: Path, held: int) -> None:
    if sys.platform != "win32":  # which removes no file that is open
        with suppress(OSError):
            path.unlink()
    os.close(held)


def _is(path: Path, held: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(held))
    except OSError:
        return False


def _by(held: int) -> str:
    with suppress(OSError):
        number = os.read(held, 20).decode(errors="replace")
        if number.isdecimal() and int(number) != os.getpid():
            return f" by another process ({number})"
    return " already"


def _soon_locked(held: int) -> bool:
    """As `_locked`, but whoever only looks (`has_writer`) is waited for."""
    for _ in range(_LOOKS):
        if _locked(held):
            return True
        time.sleep(_LOOK)
    return False


def _locked(held: int) -> bool:
    """Takes the lock of an open file; False where somebody has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(held, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _TAKEN  # else a file system without locks
    return True
