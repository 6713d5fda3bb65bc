"""OOD Studio: ``python app.py`` serves the app on http://127.0.0.1:7860; ``python app.py --help`` lists the flags."""

from __future__ import annotations

import sys

import tyro

from ood_studio.core.errors import StudioError
from ood_studio.ui.serve import Serve, serve


def main() -> None:
    """Entry point."""
    options = tyro.cli(Serve, description=__doc__)
    try:
        serve(options)
    except StudioError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
