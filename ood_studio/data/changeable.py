"""Pictures of which one thing can be changed while all else stays: what counterfactual questions are asked of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

from PIL import Image

from ood_studio.core.errors import StudioError


@dataclass(frozen=True)
class Thing:
    """One thing that can be changed.

    Attributes:
        name: as on the command line and in links; ``title`` for people.
        values: what it can be, the value that it has among them.
        own: the value that it has in the picture as it was.
    """

    name: str
    title: str
    values: tuple[str, ...]
    own: str

    @property
    def others(self) -> tuple[str, ...]:
        """The values that would be a change."""
        return tuple(value for value in self.values if value != self.own)


class Changeable(ABC):
    """A picture as it was, and what of it is changed; immutable.

    Attributes:
        name: for people.
        changes: values by thing, in the order of the things; empty for the picture as it was.
    """

    name: str
    changes: Mapping[str, str]

    @abstractmethod
    def things(self) -> tuple[Thing, ...]:
        """What can be changed; ``own`` is how the picture was, whatever is changed now."""

    @abstractmethod
    def draw(self) -> Image.Image:
        """The picture as it is now, in RGB and at the size of the picture as it was; the same every time."""

    @abstractmethod
    def _with(self, changes: Mapping[str, str]) -> Changeable:
        """The picture as it was with these things changed, and no others."""

    @cached_property
    def _known(self) -> dict[str, Thing]:
        return {thing.name: thing for thing in self.things()}

    @final
    def changed(self, thing: str, value: str) -> Changeable:
        """The same picture with one thing changed; with its own value, that thing is as it was.

        Raises:
            StudioError: naming what there is, for a thing that this picture does not have, or a value that is none.
        """
        known = self._known
        if thing not in known:
            raise StudioError(f"{self.name} has no {thing!r} that can be changed; it has {', '.join(known)}")
        if value not in known[thing].values:
            raise StudioError(f"{thing} cannot be {value!r}; it can be {', '.join(known[thing].values)}")
        wanted = {**self.changes, thing: value}
        return self._with(
            {name: wanted[name] for name in known if wanted.get(name, known[name].own) != known[name].own}
        )

    @final
    def as_it_was(self) -> Changeable:
        """The picture without any change."""
        return self._with({})

    @property
    def said(self) -> str:
        """What is changed, such as "Colour: red, Place: sea"; empty where nothing is."""
        return ", ".join(f"{self._known[name].title}: {value}" for name, value in self.changes.items())


def read_changes(texts: Sequence[str]) -> dict[str, str]:
    """Changes as they are typed, ``THING=VALUE`` each.

    Raises:
        StudioError: for a text that is no change.
    """
    found = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.strip() or not value.strip():
            raise StudioError(f"a change must be given as THING=VALUE, such as colour=red, not {text!r}")
        found[name.strip()] = value.strip()
    return found


def with_changes(picture: Changeable, changes: Mapping[str, str]) -> Changeable:
    """A picture with several things changed.

    Raises:
        StudioError: as `Changeable.changed`.
    """
    for thing, value in changes.items():
        picture = picture.changed(thing, value)
    return picture
