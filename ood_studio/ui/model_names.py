"""Names of models as people type them."""

from __future__ import annotations

from typing import Any


def typed_name(text: Any) -> str:
    """The model's name as typed; whether it may be had is decided with the request (`Studio.allow`)."""
    return str(text or "").strip()
