"""What belongs to one user of the tab."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ood_studio.studio import ExploreResult

MOST_PICTURES = 500


@dataclass
class Session:
    """What belongs to one user: their pictures, the last result, which picture is open."""

    pictures: list[tuple[str, str]] = field(default_factory=list)  # name, path
    reference: str = ""  # folder of their own ID reference pictures
    result: ExploreResult | None = None
    opened: int = 0
    example_seed: int = 0
    examples: list[str] = field(default_factory=list)


def with_picture(mine: Session, name: str, path: str) -> Session:
    """The session with a picture opened, and added where it is not yet among the session's."""
    held = [p for _, p in mine.pictures]
    if path in held:
        return replace(mine, opened=held.index(path))
    return replace(mine, pictures=[*mine.pictures, (name, path)], opened=len(held))
