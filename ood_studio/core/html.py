"""HTML for notebooks: tables, bars and galleries of images that read well on light and dark pages.

What notebooks show of a result (``_repr_html_``) is put together from these. Texts are escaped here: whatever is not
`Html` already is shown as it stands.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

MOST = 16
"""Images in a gallery, and lines in a long table; what follows is counted."""
_LONGEST = 224  # pixels of a thumbnail's longer side
_CELL = "padding:.2em .8em;border:0;background:none;color:inherit"


class Html(str):
    """A text that is HTML already."""

    __slots__ = ()


def html(text: object) -> Html:
    """Anything as HTML: a text is escaped."""
    return text if isinstance(text, Html) else Html(escape(str(text)))


def bold(text: object) -> Html:
    """A text in bold type."""
    return Html(f"<b>{html(text)}</b>")


def paragraph(text: object) -> Html:
    """A paragraph."""
    return Html(f'<p style="margin:.4em 0">{html(text)}</p>')


def stacked(*parts: object) -> Html:
    """Parts below each other; a text is a paragraph, and an empty one is left out."""
    shown = (part if isinstance(part, Html) else paragraph(part) for part in parts if part != "")
    return Html(f'<div style="margin:.4em 0">{"".join(shown)}</div>')


def table(head: Sequence[object], lines: Iterable[Sequence[object]], caption: object = "") -> Html:
    """A table; its first column stands to the left, the others to the right."""

    def row(cells: Sequence[object], tag: str) -> str:
        sides = ["left"] + ["right"] * (len(cells) - 1)
        return "".join(
            f'<{tag} style="{_CELL};text-align:{side}">{html(cell)}</{tag}>'
            for cell, side in zip(cells, sides, strict=True)
        )

    about = f'<caption style="text-align:left;color:inherit">{html(caption)}</caption>' if caption else ""
    top = f'<thead style="border-bottom:1px solid #8a8f98"><tr>{row(head, "th")}</tr></thead>'
    body = "".join(f"<tr>{row(line, 'td')}</tr>" for line in lines)
    return Html(f'<table style="border-collapse:collapse;border:0">{about}{top}<tbody>{body}</tbody></table>')


def bar(share: float, colour: str) -> Html:
    """A share in [0, 1] as a bar."""
    width = 100 * min(max(share, 0.0), 1.0)
    inner = f'<span style="display:block;width:{width:.2f}%;height:100%;background:{colour}"></span>'
    box = "display:inline-block;width:10em;height:.7em;background:rgba(138,143,152,.2)"
    return Html(f'<span role="img" aria-label="{width:.0f} %" style="{box}">{inner}</span>')


def gallery(images: Iterable[tuple[Image.Image | None, object]], more: int = 0) -> Html:
    """Images with their captions side by side; of one that is None only the caption.

    Args:
        images: small ones are best: they become part of the page.
        more: how many there are besides ``images``.
    """
    frame = f"display:inline-block;vertical-align:top;margin:.2em .4em .6em 0;max-width:{_LONGEST}px"
    figures = []
    for image, caption in images:
        shown = "" if image is None else f'<img src="{data_url(image)}" alt="{html(caption)}" style="max-width:100%">'
        below = f'<figcaption style="font-size:85%">{html(caption)}</figcaption>'
        figures.append(f'<figure style="{frame}">{shown}{below}</figure>')
    rest = paragraph(f"and {more:,} more") if more else ""
    return Html(f"<div>{''.join(figures)}{rest}</div>")


def data_url(image: Image.Image, longest: int = _LONGEST) -> str:
    """A thumbnail as PNG inside its own address."""
    small = image.convert("RGB")
    small.thumbnail((longest, longest))
    file = io.BytesIO()
    small.save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
