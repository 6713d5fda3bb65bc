"""A `Scene` is the full ground truth of one picture: draw it at any size, caption it, ask it anything."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

STYLES = ("flat", "sketch", "painted", "silhouette", "pixel", "night", "noisy")
PATTERNS = ("plain", "striped", "dotted", "checked", "wavy", "zigzag", "starry")

FACTORS = (
    "pose",
    "background",
    "pattern",
    "color",
    "smaller",
    "shape",
    "partial view",
    "subcategory",
    "texture",
    "larger",
    "darker",
    "object blocking",
    "person blocking",
    "style",
    "brighter",
    "multiple objects",
)
"""The 16 visual factors of ImageNet-X (Idrissi et al., 2023), by their names there."""


@dataclass(frozen=True)
class Item:
    """One object in a picture.

    Lengths are shares of the picture: ``x``, ``y`` the middle of its square, ``size`` the square's side.

    Attributes:
        name: the object class.
        kind: its subcategory; empty where the class has none.
        colour: of its body; ``trim`` and ``mark`` are the colours of lesser parts and of the pattern.
        pattern: one of `PATTERNS`.
        texture: a texture family that fills its body; empty for none.
        stretch: width over height of its square; 1 leaves the shape as it is.
        angle: clockwise turn in degrees.
        sway: articulation in [-1, 1]: legs, tail, leaves.
    """

    name: str
    kind: str
    colour: str
    trim: str
    mark: str
    pattern: str
    texture: str
    x: float
    y: float
    size: float
    stretch: float
    angle: float
    mirrored: bool
    sway: float


@dataclass(frozen=True)
class Prop:
    """A context element, or a person, in a picture; lengths as in `Item`."""

    name: str
    x: float
    y: float
    size: float
    mirrored: bool
    sway: float


@dataclass(frozen=True)
class Surface:
    """A picture that is nothing but a texture: its family and two colours."""

    name: str
    colour: str
    second: str


@dataclass(frozen=True)
class Scene:
    """Everything there is to know about one picture.

    Attributes:
        seed: what it was drawn from; also seeds the noise of its style.
        place: a name from `PLACES`; empty for a `Surface`.
        variant: which of the place's layouts.
        main: the object the picture is of; None for an empty scene or a texture.
        others: further objects, behind the main one.
        props: context elements.
        blocker: an element or a person in front of the main object.
        surface: what there is instead of all that in a texture picture.
        style: one of `STYLES`.
        light: brightness; 1 is normal, below is darker.
        factors: those of `FACTORS` that hold, in that order.
    """

    seed: str
    place: str
    variant: int
    main: Item | None
    others: tuple[Item, ...] = ()
    props: tuple[Prop, ...] = ()
    blocker: Prop | None = None
    surface: Surface | None = None
    style: str = "flat"
    light: float = 1.0
    factors: tuple[str, ...] = ()

    def to_json(self) -> str:
        """One line of JSON that `from_json` reads back."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Scene:
        """The scene that `to_json` wrote.

        Raises:
            ValueError: if the text is not such a scene.
        """
        try:
            raw: dict[str, Any] = json.loads(text)
            return cls(
                **{
                    **raw,
                    "main": None if raw["main"] is None else Item(**raw["main"]),
                    "others": tuple(Item(**r) for r in raw["others"]),
                    "props": tuple(Prop(**r) for r in raw["props"]),
                    "blocker": None if raw["blocker"] is None else Prop(**raw["blocker"]),
                    "surface": None if raw["surface"] is None else Surface(**raw["surface"]),
                    "factors": tuple(raw["factors"]),
                }
            )
        except (TypeError, KeyError, json.JSONDecodeError) as error:
            raise ValueError(f"not a Diorama scene: {error}") from None
