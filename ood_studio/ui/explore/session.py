"""What belongs to one user of the tab."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ood_studio.core.errors import StudioError
from ood_studio.data.changeable import Changeable
from ood_studio.data.keyed_images import ImageFiles, KeyedFile
from ood_studio.evaluation.flips import Flips
from ood_studio.studio import ExploreRequest, ExploreResult

MOST_PICTURES = 500


class Files(ImageFiles):
    """Pictures of all users, each decoded and hashed once: what they take in memory is bounded for all together.

    A user's session names its own files only, and gradio gives each upload a name that nobody can guess.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> Files:
        return self


@dataclass(frozen=True, eq=False)
class Redrawn:
    """A picture that is looked at with something changed.

    Attributes:
        name, path: of the picture as it was.
        picture: what is changed of it.
    """

    name: str
    path: str
    picture: Changeable


@dataclass(frozen=True, eq=False)
class Flipping:
    """What was found to flip a verdict.

    Attributes:
        path: of the picture as it was.
        request, score: whose verdict, and under which choice.
        found: so far.
    """

    path: str
    request: ExploreRequest
    score: str
    found: Flips


@dataclass
class Session:
    """What belongs to one user; it changes in place.

    Attributes:
        pictures: (name, path) of those that are explored, in order; ``opened`` is the place of the large one.
        request, result: what was asked and what came of it; of the pictures as they were then.
        heat, score: how it is looked at: whether the map is laid over the picture, and which score's histogram is seen.
        examples: paths of the examples offered; ``turn`` counts how often others were asked for, of ``kind``.
        redrawn: pictures with something changed, by their paths; ``thing`` is what is chosen to be changed.
        flipping: what flips the verdict, of the picture and choice that it names.
        files: opens pictures.
    """

    pictures: list[tuple[str, str]] = field(default_factory=list)
    opened: int = 0
    request: ExploreRequest | None = None
    result: ExploreResult | None = None
    heat: bool = False
    score: str = ""
    examples: list[str] = field(default_factory=list)
    kind: str = ""
    turn: int = 0
    redrawn: dict[str, Redrawn] = field(default_factory=dict)
    thing: str = ""
    flipping: Flipping | None = None
    files: Files = field(default_factory=Files)

    def take(self, name: str, path: str) -> None:
        """Opens a picture, and adds it where it is not yet among the session's."""
        held = [p for _, p in self.pictures]
        if path in held:
            self.opened = held.index(path)
            return
        self.pictures = [*self.pictures, (name, path)]
        self.opened = len(held)

    def keep(self, paths: list[str]) -> list[str]:
        """Takes what a gallery holds now; gives the sentences for those that are no pictures and are left out."""
        known = {path: name for name, path in self.pictures}
        kept: list[tuple[str, str]] = []
        problems: list[str] = []
        for path in paths:
            name = known.get(path, Path(path).name)
            try:
                if path not in known:
                    self.files.open(path, name=name)
                kept.append((name, path))
            except StudioError as error:
                problems.append(str(error))
        if len(kept) > MOST_PICTURES:
            problems.append(f"At most {MOST_PICTURES} pictures at a time; the first {MOST_PICTURES} are kept.")
            kept = kept[:MOST_PICTURES]
        fresh = [i for i, (_, path) in enumerate(kept) if path not in known]
        self.pictures = kept
        self.opened = fresh[0] if fresh else min(self.opened, max(0, len(kept) - 1))
        return problems

    def clear(self) -> None:
        """Forgets the pictures and what came of them."""
        self.pictures, self.opened, self.result, self.request = [], 0, None, None
        self.redrawn, self.flipping = {}, None

    def decode(self) -> tuple[list[tuple[str, KeyedFile]], list[str]]:
        """The pictures, and the sentences for those that have gone or broken since, which are taken out."""
        decoded, kept, problems = [], [], []
        for name, path in self.pictures:
            try:
                decoded.append((name, self.files.later(path, name=name)))
                kept.append((name, path))
            except StudioError as error:
                problems.append(str(error))
        self.pictures, self.opened = kept, min(self.opened, max(0, len(kept) - 1))
        return decoded, problems
