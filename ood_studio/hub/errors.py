"""What goes wrong with models: one clear sentence each."""

from __future__ import annotations

from ood_studio.core.errors import StudioError


class BackboneError(StudioError):
    """A backbone could not be loaded or used: its name, the reason, and what is available offline."""
