"""How results are written."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def to_json(value: Any) -> str:
    """Plain values as JSON text."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1)


def one_line(text: str) -> str:
    """Text of a stranger on one line, without what a terminal would obey."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def tables() -> dict[str, Callable[..., str]]:
    """What writes rows as a table, by format."""
    from ood_studio.evaluation.export import to_latex, to_markdown, to_text

    return {"table": to_text, "markdown": to_markdown, "latex": to_latex}
