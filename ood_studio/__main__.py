"""``python -m ood_studio``, and ``ood-studio`` where it is installed."""

from __future__ import annotations

import sys
from io import TextIOWrapper

from ood_studio.cli.main import main


def run() -> int:
    """Runs the command that the process was started with; gives its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # Windows' own encodings lack half of what labels may hold
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    return main()


if __name__ == "__main__":
    sys.exit(run())
