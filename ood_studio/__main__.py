"""``python -m ood_studio``."""

from __future__ import annotations

import sys
from io import TextIOWrapper

from ood_studio.cli.main import main

if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # Windows' own encodings lack half of what labels may hold
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(main())
