"""What can be taken away: the table in four formats, the figures as one page."""

from __future__ import annotations

from html import escape
from pathlib import Path

from plotly.offline import get_plotlyjs

from ood_studio.evaluation import export
from ood_studio.ui.compare import views
from ood_studio.ui.compare.names import scorer_title
from ood_studio.ui.compare.session import Session
from ood_studio.ui.downloads import text_file

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><script>{script}</script>
<style>body {{ font: 17px system-ui, sans-serif; max-width: 1100px; margin: 2rem auto; padding: 0 1rem; }}</style>
</head><body><h1>{title}</h1><p>{about}</p><pre>{command}</pre>
{figures}</body></html>
"""


def tables(mine: Session) -> dict[str, Path]:
    """Files of the rows, by format."""
    texts = {
        "csv": ("csv", export.to_csv),
        "latex": ("tex", export.to_latex),
        "markdown": ("md", export.to_markdown),
        "json": ("json", export.to_json),
    }
    return {name: text_file(f"compare.{suffix}", write(mine.rows())) for name, (suffix, write) in texts.items()}


def page(mine: Session, command: str) -> Path:
    """One page with the figures of a view that needs nothing from elsewhere, plotly.js being in it."""
    figures = {
        "ROC curves": views.roc(mine),
        f"Scores by {scorer_title(mine.scorer)}": views.histogram(mine),
        "All sets": views.bars(mine),
        "Precision and recall": views.precision(mine),
        f"{scorer_title(mine.scorer)} against {scorer_title(mine.other)}": views.scatter(mine),
    }
    drawn = "\n".join(
        f"<h2>{escape(title)}</h2>{figure.to_html(include_plotlyjs=False, full_html=False)}"
        for title, figure in figures.items()
    )
    assert mine.result is not None
    about = f"Suite {mine.result.suite}, {mine.result.id} against {mine.ood}, backbone {mine.result.backbone}"
    text = _PAGE.format(
        title="OOD Studio: comparison",
        script=get_plotlyjs(),
        about=escape(about),
        command=escape(command),
        figures=drawn,
    )
    return text_file("compare.html", text)
