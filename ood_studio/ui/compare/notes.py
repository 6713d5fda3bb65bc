"""What was left out of a comparison, each with its reason: scorers, pictures, sets."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from ood_studio.core.unicode import listed
from ood_studio.evaluation.result import BenchResult
from ood_studio.ui.compare.names import scorer_title


def notes_html(result: BenchResult | None) -> str:
    """The list; empty where nothing was left out. Over a table it is folded, so that the table stays in sight."""
    items = [*_left_out(result)] if result is not None else []
    if result is None or not items:
        return ""
    text = f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"
    if result.rows:
        count = "One note" if len(items) == 1 else f"{len(items):,} notes"
        text = f"<details><summary>{count}: {items[0]}</summary>{text}</details>"
    return f'<section class="studio-notes" role="status" aria-label="Left out">{text}</section>'


def _left_out(result: BenchResult) -> Iterator[str]:
    for note in result.notes:
        yield escape(note)
    for key, reason in result.unavailable.items():
        yield f"<b>{escape(scorer_title(key))}</b> could not run: {escape(reason)}"
    for name, problems in result.problems.items():
        if problems:
            count = f"{len(problems):,} pictures could" if len(problems) > 1 else "one picture could"
            left = "are" if len(problems) > 1 else "is"
            shown = [f"{path} ({reason})" for path, reason in problems.items()]
            yield f"<b>{escape(name)}</b>: {count} not be read and {left} left out: {escape(listed(shown))}"
