"""The register of Diorama's object classes; a family of drawings a file beside this one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ood_studio.diorama.pen import Drawing, Pen

Stance = Literal["stand", "float", "fly"]


@dataclass(frozen=True)
class ObjectClass:
    """One class of objects.

    Attributes:
        name: an ordinary WordNet noun.
        family: its superclass, a WordNet noun too.
        kinds: named subcategories, commonest first; empty where the class has none.
        colours: the natural body colours, commonest first.
        places: the places where it is natural.
        stance: whether it stands on the ground, floats in water, or flies.
        size: its usual height or width (the larger) as a share of the picture.
    """

    name: str
    family: str
    draw: Callable[[Pen, str], None]
    kinds: tuple[str, ...]
    colours: tuple[str, ...]
    places: tuple[str, ...]
    stance: Stance
    size: float

    def drawing(self, kind: str = "", sway: float = 0.0) -> Drawing:
        """The drawing of one kind (the class's first where empty) in one pose; ``sway`` in [-1, 1].

        Raises:
            ValueError: if the class has no such kind.
        """
        kind = kind or (self.kinds[0] if self.kinds else self.name)
        if kind not in (self.kinds or (self.name,)):
            raise ValueError(f"a {self.name} has no kind {kind!r}; its kinds are {', '.join(self.kinds) or 'none'}")
        return _drawing(self.name, kind, round(sway * 2) / 2)


OBJECTS: dict[str, ObjectClass] = {}


def thing(
    name: str,
    family: str,
    *,
    kinds: tuple[str, ...] = (),
    colours: tuple[str, ...],
    places: tuple[str, ...],
    stance: Stance = "stand",
    size: float = 0.55,
) -> Callable[[Callable[[Pen, str], None]], Callable[[Pen, str], None]]:
    """Registers a drawing function ``(pen, kind) -> None`` as an object class."""

    def register(draw: Callable[[Pen, str], None]) -> Callable[[Pen, str], None]:
        if name in OBJECTS:
            raise ValueError(f"two object classes are named {name!r}")
        OBJECTS[name] = ObjectClass(name, family, draw, kinds, colours, places, stance, size)
        return draw

    return register


@lru_cache(maxsize=4096)
def _drawing(name: str, kind: str, sway: float) -> Drawing:
    pen = Pen(sway)
    OBJECTS[name].draw(pen, kind)
    return pen.finish()
