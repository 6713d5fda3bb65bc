"""Names of models as people type them."""

from __future__ import annotations

import os
from typing import Any

from ood_studio.core.errors import StudioError
from ood_studio.hub.names import names_folder


def backbone_name(text: Any) -> str:
    """The model's name as typed.

    Raises:
        StudioError: for one that a public server does not load.
    """
    name = str(text or "").strip()
    if os.environ.get("SPACE_ID") and names_folder(name):
        raise StudioError("a Space loads no model from its own folders; give open_clip:NAME/TAG or open_clip:hf-hub:ID")
    return name
