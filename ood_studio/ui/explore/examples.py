"""Example pictures to begin with."""

from __future__ import annotations

from pathlib import Path

from ood_studio.worlds import galleries

EXAMPLES = 12


def sources() -> list[str]:
    """Kinds of examples."""
    return [gallery.title for gallery in galleries().values()]


def example_folders() -> list[Path]:
    """Where all examples lie; what is in there anybody may see."""
    return list(dict.fromkeys(gallery.folder() for gallery in galleries().values()))


def pictures_of(kind: str, round_: int) -> list[tuple[str, str]]:
    """Paths and captions of examples of a kind; another round, other pictures where there are more."""
    (gallery,) = (each for each in galleries().values() if each.title == kind)
    return gallery.take(EXAMPLES, round_, 0, short=True)
