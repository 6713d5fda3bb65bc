"""Requests as commands for a terminal, and what is typed there as values: `python -m ood_studio bench --count 50`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Any, cast

from ood_studio.core.parameters import Parameter, leaves, names, value_at
from ood_studio.core.plugins import files

PROGRAM = "python -m ood_studio"


def flag(name: str, value: bool = True) -> str:
    """The flag of a parameter by its name, such as ``--train-count``; the one that turns it off where False."""
    return f"{'--' if value else '--no-'}{name.replace('_', '-')}"


def command_line(command: str, request: Any, *arguments: str) -> str:
    """The command that asks for the same as a request: a flag for each parameter that is not as it is by itself.

    It names the plug-in files that this process uses too.

    Args:
        command: its name, such as ``bench``.
        request: of the kind that the command takes.
        arguments: what comes before the flags, such as the names of pictures.
    """
    kind = cast(type, type(request))
    usual, known = kind(), leaves(kind)
    parts = [*PROGRAM.split(), command, *arguments]
    for path, name in names(kind).items():
        value = value_at(request, path)
        if value != value_at(usual, path):
            parts += _typed(known[path], name, value)
    return shlex.join([*parts, *(part for file in files() for part in ("--plugin", file))])


def value_typed(parameter: Parameter, texts: Sequence[str], what: str) -> Any:
    """The value of a parameter from what was typed after its flag.

    Several values are separated by spaces or by commas; a comma that belongs to a value is written ``\\,``.

    Args:
        what: what messages call the parameter.

    Raises:
        StudioError: for a text that is no such value.
    """
    if not parameter.many:
        (text,) = texts
        return parameter.parse_one(text, what)
    parts = (part.replace(r"\,", ",").strip() for text in texts for part in re.split(r"(?<!\\),", text))
    return tuple(parameter.parse_one(part, what) for part in parts if part)


def _typed(parameter: Parameter, name: str, value: Any) -> list[str]:
    """A parameter's flag with its value."""
    if parameter.kind is bool and not parameter.many:
        return [flag(name, value)]
    texts = [parameter.text(value)]
    if parameter.many:
        texts = [parameter.text((each,)).replace(",", r"\,") for each in value]
    if any(text.startswith("-") for text in texts):  # it must not be taken for a flag
        return [f"{flag(name)}={','.join(texts)}"]
    return [flag(name), *texts]
