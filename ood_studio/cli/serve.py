"""``python -m ood_studio serve``."""

from __future__ import annotations

from dataclasses import dataclass, field

from ood_studio.cli.command import Command
from ood_studio.ui.serve import Serve, serve


@dataclass(frozen=True)
class ServeApp(Command):
    """Serves the app, by itself on http://127.0.0.1:7860."""

    request: Serve = field(default_factory=Serve)

    def run(self) -> None:
        """Serves until it is interrupted.

        Raises:
            StudioError: if the port is taken, or a package is missing.
        """
        serve(self.request)
