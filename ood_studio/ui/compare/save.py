"""What can be taken away: the table in four formats, the figures as one page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from plotly.offline import get_plotlyjs

from ood_studio.evaluation import export
from ood_studio.evaluation.rows import Row
from ood_studio.ui.compare import views
from ood_studio.ui.compare.names import scorer_title
from ood_studio.ui.compare.session import Session
from ood_studio.ui.downloads import text_file

FORMATS = {
    "csv": ("CSV", "csv", export.to_csv),
    "latex": ("LaTeX", "tex", export.to_latex),
    "markdown": ("Markdown", "md", export.to_markdown),
    "json": ("JSON", "json", export.to_json),
}
"""Formats of a table: the title, the ending of its file, and what writes it."""

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><script>{script}</script>
<style>body {{ font: 17px system-ui, sans-serif; max-width: 1100px; margin: 2rem auto; padding: 0 1rem; }}</style>
</head><body><h1>{title}</h1><p>{about}</p><pre>{command}</pre>
{figures}</body></html>
"""


def tables(rows: Sequence[Row], stem: str) -> dict[str, Path]:
    """Files of the rows, by format."""
    return {name: text_file(f"{stem}.{suffix}", write(rows)) for name, (_, suffix, write) in FORMATS.items()}


def page(mine: Session, command: str) -> Path:
    """One page with the figures of a view that needs nothing from elsewhere, plotly.js being in it."""
    assert mine.result is not None
    first, second = scorer_title(mine.view.scorer), scorer_title(mine.view.against)
    figures = {"All sets": views.bars(mine)}
    if mine.scored:
        figures |= {
            "ROC curves": views.roc(mine),
            f"Scores by {first}": views.histogram(mine),
            "Precision and recall": views.precision(mine),
            f"{first} against {second}": views.scatter(mine),
        }
    drawn = "\n".join(
        f"<h2>{escape(title)}</h2>{figure.to_html(include_plotlyjs=False, full_html=False)}"
        for title, figure in figures.items()
    )
    about = f"Suite {mine.result.suite}, {mine.result.id} against {mine.view.set}, backbone {mine.result.backbone}"
    text = _PAGE.format(
        title="OOD Studio: comparison",
        script=get_plotlyjs(),
        about=escape(about),
        command=escape(command),
        figures=drawn,
    )
    return text_file("compare.html", text)
