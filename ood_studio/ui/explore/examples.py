"""Example pictures to begin with."""

from __future__ import annotations

from pathlib import Path

from ood_studio.worlds import galleries

EXAMPLES = 12


def sources() -> list[tuple[str, str]]:
    """Titles and names of the kinds of examples."""
    return [(gallery.title, name) for name, gallery in galleries().items()]


def example_folders() -> list[Path]:
    """Where all examples lie; what is in there anybody may see."""
    return list(dict.fromkeys(gallery.folder() for gallery in galleries().values()))


def pictures_of(kind: str, turn: int) -> list[tuple[str, str]]:
    """Paths and captions of examples of a kind; another turn, other pictures where there are more."""
    return galleries()[kind].take(EXAMPLES, turn, 0, short=True)
