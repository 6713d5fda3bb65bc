"""OOD Studio: ``python app.py`` serves the app on http://127.0.0.1:7860; ``python app.py --help`` lists the flags."""

from __future__ import annotations

import sys

from ood_studio.__main__ import run

if __name__ == "__main__":
    sys.exit(run(["serve", *sys.argv[1:]]))
