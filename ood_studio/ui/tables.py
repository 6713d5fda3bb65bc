"""Tables of figures as HTML."""

from __future__ import annotations

from collections.abc import Sequence


def figures_table(caption: str, columns: Sequence[str], body: str, *, kind: str = "") -> str:
    """A table that scrolls where it is wider than its place.

    Args:
        caption, columns: HTML.
        body: its rows, HTML.
        kind: further class of the table.
    """
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    classes = f"studio-scores {kind}".rstrip()
    return (
        f'<div class="studio-scroll"><table class="{classes}"><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
