"""Texts from outside: compared in one normal form, shown and written whatever bytes they were made of."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

_LONE = re.compile("[\ud800-\udfff]")  # what Python puts for bytes of a file name that are no UTF-8
_NAMED = 3  # things listed by name


def normal_form(text: str) -> str:
    """The form in which labels, class folders and words are compared: NFC, lower case, underscores and runs of white
    space as one space, trimmed. Idempotent."""
    lower = unicodedata.normalize("NFC", text).replace("_", " ").lower()
    return " ".join(unicodedata.normalize("NFC", lower).split())


def readable(name: str) -> str:
    """A file's name for people and files of text: bytes that are no UTF-8 become ``\\xNN``, so that no two names of
    other bytes look the same."""
    return _LONE.sub(_escaped, name)


def one_line(text: str) -> str:
    """Text of a stranger on one line, without what a terminal would obey."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def json_text(value: Any, **how: Any) -> str:
    """Plain values as JSON, its letters as they are; names of files that are not UTF-8 are read back as they were.

    Args:
        how: further arguments of `json.dumps`.

    Raises:
        ValueError: for numbers that are not finite, which JSON does not have.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, **how)
    return _LONE.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)


def listed(names: Sequence[str], most: int = _NAMED) -> str:
    """The first names and how many more there are, such as ``a, b, c and 5 more``."""
    shown = ", ".join(map(readable, names[:most]))
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


def sentence(remark: str) -> str:
    """A remark with its full stop."""
    return remark if remark.endswith(".") else f"{remark}."


def _escaped(sign: re.Match[str]) -> str:
    number = ord(sign[0])
    return f"\\x{number - 0xDC00:02x}" if 0xDC80 <= number <= 0xDCFF else f"\\u{number:04x}"
