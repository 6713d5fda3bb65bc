"""Every adapter by name, those of plug-ins (``ood_studio.adapters``) among them."""

from __future__ import annotations

import inspect
import re
from dataclasses import is_dataclass
from typing import Any, TypeGuard, cast

from ood_studio.adapters.base import Adapter
from ood_studio.core.errors import StudioError
from ood_studio.core.parameters import with_settings
from ood_studio.core.plugins import Registry


def _is_adapter(thing: object) -> TypeGuard[type[Adapter]]:
    return isinstance(thing, type) and issubclass(thing, Adapter) and not inspect.isabstract(thing)


def _check(adapter: type[Adapter]) -> None:
    name, title = getattr(adapter, "name", None), getattr(adapter, "title", None)
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise StudioError(f"the name of an adapter has small letters, digits and hyphens, not {name!r}")
    if not isinstance(title, str) or not title:
        raise StudioError(f"the adapter {name} has no title")
    if not is_dataclass(adapter) or not cast(Any, adapter).__dataclass_params__.frozen:
        raise StudioError(f"the adapter {name} is no frozen dataclass")
    try:
        adapter()
    except TypeError as error:
        raise StudioError(f"the parameters of the adapter {name} need defaults ({error})") from error


ADAPTERS: Registry[type[Adapter]] = Registry(
    "adapters", "adapter", takes=_is_adapter, name=lambda adapter: adapter.name, check=_check
)
"""Every adapter by name: what `python -m ood_studio adapt` can fit, and the contract tests run over."""


def parse_adapter(text: str) -> Adapter:
    """An adapter from its name and hyper-parameters, such as ``probe:shots=10:epochs=50``.

    Raises:
        StudioError: for an unknown name or parameter, or a value that it cannot have.
    """
    return with_settings(adapter_of(text.partition(":")[0])(), text)


def adapter_of(name: str) -> type[Adapter]:
    """The adapter of that name.

    Raises:
        StudioError: listing those that there are.
    """
    if name not in ADAPTERS:
        raise StudioError(f"there is no adapter {name!r}; expected one of {', '.join(ADAPTERS)}")
    return ADAPTERS[name]
