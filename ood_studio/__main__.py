"""``python -m ood_studio``, and ``ood-studio`` where it is installed."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from io import TextIOWrapper

_INTERRUPTED = 130  # as a shell has it


def run(argv: Sequence[str] | None = None) -> int:
    """Runs a command as a process of its own; gives its exit code.

    Args:
        argv: the arguments after the program's name; those that the process was started with where None.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # Windows' own encodings lack half of what labels may hold
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    # Whoever ends the process from outside gets the same tidy end as somebody at the keyboard.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from ood_studio.cli.main import main  # takes seconds, in which somebody may think better of it
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return _INTERRUPTED
    return main(argv)


if __name__ == "__main__":
    sys.exit(run())
