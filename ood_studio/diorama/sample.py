"""Draws random scenes: which object, where, how, with which of the sixteen visual factors."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from random import Random

from ood_studio.core.errors import StudioError
from ood_studio.diorama.elements import ELEMENTS
from ood_studio.diorama.objects import OBJECTS
from ood_studio.diorama.palette import COLOURS
from ood_studio.diorama.people import PEOPLE
from ood_studio.diorama.places import PLACES
from ood_studio.diorama.scene import FACTORS, PATTERNS, STYLES, Item, Prop, Scene, Surface
from ood_studio.diorama.textures import TEXTURES

FACTOR_SHARE: dict[str, float] = {
    "pose": 0.03,
    "background": 0.06,
    "pattern": 0.22,
    "color": 0.25,
    "smaller": 0.03,
    "shape": 0.03,
    "partial view": 0.03,
    "subcategory": 0.45,
    "texture": 0.03,
    "larger": 0.05,
    "darker": 0.03,
    "object blocking": 0.03,
    "person blocking": 0.01,
    "style": 0.36,
    "brighter": 0.03,
    "multiple objects": 0.06,
}
"""How often each factor holds in a scene for which nothing was asked."""

TRAINING_SHARE: dict[str, float] = {
    "pose": 0.10,
    "background": 0.20,
    "pattern": 0.30,
    "color": 0.40,
    "smaller": 0.10,
    "shape": 0.07,
    "partial view": 0.09,
    "subcategory": 0.45,
    "texture": 0.05,
    "larger": 0.10,
    "darker": 0.06,
    "object blocking": 0.09,
    "person blocking": 0.04,
    "style": 0.48,
    "brighter": 0.06,
    "multiple objects": 0.12,
}
"""The same in the scenes that models are trained on: rarities oftener, so that they are learnt."""

_EXCLUSIVE = (
    ("smaller", "larger"),
    ("darker", "brighter"),
    ("pattern", "texture"),
    ("object blocking", "person blocking"),
)
_BLOCKERS = tuple(name for name, element in ELEMENTS.items() if element.anchor == "ground")
_HIDES_COLOUR = ("sketch", "silhouette")


def sample_scene(
    seed: str,
    names: Sequence[str],
    *,
    others: Sequence[str] | None = None,
    place: str | None = None,
    style: str | None = None,
    factors: Collection[str] | None = None,
    shares: Mapping[str, float] = FACTOR_SHARE,
) -> Scene:
    """A random scene with one of the classes ``names`` as its main object.

    Args:
        seed: any text; the scene is a function of it and of the other arguments.
        names: object classes to choose from.
        others: classes that further objects may have; ``names`` where None.
        place: the place; where None one natural to the object, or not, as the factor ``background`` says.
        style: one of `STYLES`; where None by the factor ``style``.
        factors: exactly which of `FACTORS` hold; where None each holds by chance.
        shares: that chance for each factor.

    Raises:
        StudioError: for an unknown class, factor, style or place, or two factors that exclude one another.
    """
    for name in (*names, *(others or ())):
        _known("object class", name, OBJECTS)
    _known("place", place, PLACES)
    _known("style", style, STYLES)
    rng = Random(seed)
    chosen = _choose_factors(rng, factors, shares)
    cls = OBJECTS[rng.choice(list(names))]
    if place is None:
        strange = [p for p in PLACES if p not in cls.places]
        where = rng.choice(strange if "background" in chosen else cls.places)
    else:
        where = place
    main = _item(rng, cls.name, where, chosen)
    others_drawn: list[Item] = []
    if "multiple objects" in chosen:
        for _ in range(rng.choice((1, 1, 2))):
            name = cls.name if rng.random() < 0.6 else rng.choice(list(others or names))
            smaller = _item(rng, name, where, {"color"} if rng.random() < 0.5 else set())
            side = -1 if main.x > 0.5 else 1
            others_drawn.append(
                _with(
                    smaller,
                    size=min(smaller.size, main.size) * rng.uniform(0.55, 0.75),
                    x=min(0.92, max(0.08, main.x + side * rng.uniform(0.24, 0.42))),
                    place=where,
                )
            )
    blocker = None
    if "object blocking" in chosen or "person blocking" in chosen:
        person = "person blocking" in chosen
        size = main.size * (rng.uniform(0.9, 1.15) if person else rng.uniform(0.5, 0.7))
        blocker = Prop(
            rng.choice(sorted(PEOPLE)) if person else rng.choice(_BLOCKERS),
            main.x + main.size * rng.uniform(0.16, 0.34) * rng.choice((-1, 1)),
            min(0.99, main.y + main.size * 0.55) - size * 0.42,
            size,
            rng.random() < 0.5,
            rng.uniform(-1, 1),
        )
    if style is None:
        style = rng.choice(STYLES[1:]) if "style" in chosen else "flat"
    light = rng.uniform(0.42, 0.6) if "darker" in chosen else rng.uniform(1.6, 2.2) if "brighter" in chosen else 1.0
    recorded = set(chosen)
    recorded.discard("background")
    if where not in cls.places:
        recorded.add("background")
    recorded.discard("style")
    if style != "flat":
        recorded.add("style")
    if len(cls.kinds) < 2:
        recorded.discard("subcategory")
    return Scene(
        seed=seed,
        place=where,
        variant=rng.randrange(8),
        main=main,
        others=tuple(others_drawn),
        props=_props(rng, where),
        blocker=blocker,
        style=style,
        light=round(light, 3),
        factors=tuple(f for f in FACTORS if f in recorded),
    )


def sample_empty(seed: str, place: str | None = None, style: str | None = None) -> Scene:
    """A random place with its context elements and no object in it.

    Raises:
        StudioError: for an unknown place or style.
    """
    _known("place", place, PLACES)
    _known("style", style, STYLES)
    rng = Random(seed)
    where = place or rng.choice(list(PLACES))
    if style is None:
        style = rng.choice(STYLES) if rng.random() < 0.5 else "flat"
    factors = ("style",) if style != "flat" else ()
    return Scene(seed, where, rng.randrange(8), None, props=_props(rng, where), style=style, factors=factors)


def sample_texture(seed: str, name: str | None = None) -> Scene:
    """A random picture of nothing but a texture.

    Raises:
        StudioError: for an unknown texture.
    """
    _known("texture", name, TEXTURES)
    rng = Random(seed)
    first, second = rng.sample(list(COLOURS), 2)
    surface = Surface(name or rng.choice(list(TEXTURES)), first, second)
    return Scene(seed, "", 0, None, surface=surface, light=round(rng.choice((1.0, rng.uniform(0.6, 1.4))), 3))


def shows_colour(scene: Scene) -> bool:
    """Whether an object's colour can be seen in the scene's style."""
    return scene.style not in _HIDES_COLOUR


def _known(what: str, name: str | None, choices: Collection[str]) -> None:
    """Raises a StudioError that names the choices if ``name`` is given and none of them."""
    if name is not None and name not in choices:
        raise StudioError(f"Diorama has no {what} named {name!r}; it has {', '.join(choices)}")


def _choose_factors(rng: Random, asked: Collection[str] | None, shares: Mapping[str, float]) -> set[str]:
    if asked is None:
        chosen = {name for name in FACTORS if rng.random() < shares[name]}
        for one, other in (*_EXCLUSIVE, ("smaller", "partial view")):
            if one in chosen and other in chosen:
                chosen.discard(one)
        return chosen
    for name in sorted(asked):
        _known("visual factor", name, FACTORS)
    for one, other in _EXCLUSIVE:
        if one in asked and other in asked:
            raise StudioError(f"the visual factors {one!r} and {other!r} exclude one another")
    return set(asked)


def _item(rng: Random, name: str, place: str, factors: set[str]) -> Item:
    cls = OBJECTS[name]
    natural = [c for c in COLOURS if c in cls.colours]
    strange = [c for c in COLOURS if c not in cls.colours]
    colour = rng.choice(strange if "color" in factors else natural)
    trim, mark = rng.sample([c for c in COLOURS if c != colour], 2)
    kinds = cls.kinds or ("",)
    kind = rng.choice(kinds[1:]) if "subcategory" in factors and len(kinds) > 1 else kinds[0]
    size = cls.size * rng.uniform(0.88, 1.1)
    if "smaller" in factors:
        size *= rng.uniform(0.5, 0.65)
    elif "larger" in factors:
        size *= rng.uniform(1.3, 1.55)
    angle = rng.choice((rng.uniform(-60, -28), rng.uniform(28, 60), 180.0)) if "pose" in factors else rng.gauss(0, 4)
    stretch = 1.0
    if "shape" in factors:
        stretch = rng.choice((rng.uniform(0.5, 0.65), rng.uniform(1.55, 2.0)))
    item = Item(
        name,
        kind,
        colour,
        trim,
        mark,
        rng.choice(PATTERNS[1:]) if "pattern" in factors else "plain",
        rng.choice(list(TEXTURES)) if "texture" in factors else "",
        rng.uniform(0.34, 0.66),
        0.5,
        round(size, 4),
        round(stretch, 3),
        round(angle, 2),
        rng.random() < 0.5,
        round(rng.uniform(-1, 1), 2),
    )
    item = _with(item, place=place, jitter=rng.uniform(-0.03, 0.05))
    if "partial view" in factors:
        beyond = item.size * rng.uniform(0.22, 0.34)
        x = beyond * 0.4 if rng.random() < 0.5 else 1 - beyond * 0.4
        item = _replace(item, x=round(x, 4))
    return item


def _with(item: Item, *, place: str, size: float | None = None, x: float | None = None, jitter: float = 0.0) -> Item:
    """The item at another size and x, put at the height its stance asks for at the place."""
    size = item.size if size is None else size
    stance = OBJECTS[item.name].stance
    height = size / item.stretch**0.5
    if stance == "stand":
        y = PLACES[place].ground + jitter - height * 0.475
    elif stance == "float":
        y = (0.52 if place == "sea" else PLACES[place].ground - 0.06 - height * 0.36) + jitter
    else:
        y = 0.42 + 2 * jitter
    return _replace(item, x=round(item.x if x is None else x, 4), y=round(y, 4), size=round(size, 4))


def _replace(item: Item, **changes: float) -> Item:
    return Item(**{**item.__dict__, **changes})


def _props(rng: Random, place: str) -> tuple[Prop, ...]:
    """Two to four kinds of context elements that are natural at the place, back to front."""
    fitting = [element for element in ELEMENTS.values() if place in element.places]
    props = []
    horizon = PLACES[place].horizon
    for element in rng.sample(fitting, min(len(fitting), rng.choice((1, 2, 2, 3, 3, 4)))):
        low, high = element.many
        for _ in range(rng.randint(low, high)):
            size = element.size * rng.uniform(0.8, 1.2)
            if element.anchor == "ground":
                depth = rng.random()
                foot = horizon + (0.97 - horizon) * (0.12 + 0.8 * depth)
                size *= 0.7 + 0.45 * depth
                y = foot - size * 0.475
            elif element.anchor == "air":
                y = rng.uniform(0.06, 0.34)
            elif element.anchor == "wall":
                y = rng.uniform(0.16, 0.36)
            else:
                y = rng.uniform(0.15, 0.8)
            props.append(
                Prop(
                    element.name,
                    round(rng.uniform(0.05, 0.95), 4),
                    round(y, 4),
                    round(size, 4),
                    rng.random() < 0.5,
                    round(rng.uniform(-1, 1), 2),
                )
            )
    return tuple(sorted(props, key=lambda p: p.y + p.size / 2))
