"""Markdown, and the only writer of measured figures into `FIGURES`, `README` and the models' cards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ood_studio.core.errors import StudioError
from ood_studio.core.files import write_text
from ood_studio.hub.bundled import BundledModel


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table."""
    return [_row(heads), "|" + "---|" * len(heads), *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


FIGURES, README = "docs/figures.md", "README.md"
"""Where figures stand between markers, below the root of a repository: all of them, and the few that everybody sees."""


@dataclass(frozen=True)
class Documents:
    """The figures of a repository and the cards of its bundled models.

    Attributes:
        root: the folder of `README`, `FIGURES` and ``assets/``.
    """

    root: Path

    def section(self, name: str, text: str, page: str = FIGURES) -> None:
        """Puts a text between its two markers in a page, and prints it; a file that is not there begins with it.

        Raises:
            StudioError: where the file has no such markers.
            OSError: if the disk refuses.
        """
        start, end = f"<!-- {name}:start -->", f"<!-- {name}:end -->"
        path = self.root / page
        content = path.read_text(encoding="utf-8") if path.exists() else f"{start}\n{end}\n"
        head, _, rest = content.partition(start)
        _, found, tail = rest.partition(end)
        if not found:
            raise StudioError(f"{path} has no place for these figures: {start} and {end} are missing")
        write_text(path, f"{head}{start}\n{text}\n{end}{tail}")
        print(text)

    def card(self, model: BundledModel, text: str) -> None:
        """Writes the card of a model.

        Raises:
            OSError: if the disk refuses.
        """
        write_text(self.root / "assets" / model.folder_name / "README.md", text)
