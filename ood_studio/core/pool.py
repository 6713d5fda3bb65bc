"""The former name of the keyed cache."""

from __future__ import annotations

from ood_studio.core.cache import KeyedCache as Pool

__all__ = ["Pool"]
