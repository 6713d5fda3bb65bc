"""Diorama's scenes with one thing changed: the same scene, the same seed, and one other value in its description."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from PIL import Image

from ood_studio.data.changeable import Changeable, Thing
from ood_studio.diorama.elements import ELEMENTS
from ood_studio.diorama.objects import OBJECTS
from ood_studio.diorama.palette import COLOURS
from ood_studio.diorama.people import PEOPLE
from ood_studio.diorama.places import PLACES
from ood_studio.diorama.render import PEOPLE_SIZE, render
from ood_studio.diorama.sample import shows_colour
from ood_studio.diorama.scene import FACTORS, PATTERNS, STYLES, Item, Prop, Scene
from ood_studio.diorama.textures import TEXTURES
from ood_studio.diorama.world import LOOK_ALIKES
from ood_studio.worlds.diorama_dataset import describe

NONE = "none"
_DOUBLES = {**dict(LOOK_ALIKES), **{double: known for known, double in LOOK_ALIKES}}
_FEET = {"stand": 0.475, "float": 0.36, "fly": 0.0}  # how far below its middle a thing touches what bears it


class DioramaScene(Changeable):
    """A scene with some things changed.

    Args:
        scene: as it was.
        changes: values by thing.
        size: pixels that it is drawn at.
    """

    def __init__(self, scene: Scene, changes: Mapping[str, str] | None = None, size: int = PEOPLE_SIZE) -> None:
        self.original, self.changes, self.size = scene, dict(changes or {}), size
        self.name = describe(scene)

    def things(self) -> tuple[Thing, ...]:
        """What the scene shows and can be otherwise."""
        found = []
        for each in CONTROLS:
            if each.shown(self.original):
                own = each.own(self.original)
                found.append(
                    Thing(each.name, each.title, tuple(dict.fromkeys((own, *each.values(self.original)))), own)
                )
        return tuple(thing for thing in found if thing.others)

    @cached_property
    def scene(self) -> Scene:
        """As it is now; its ``factors`` are those that hold now."""
        found = self.original
        for each in CONTROLS:
            if each.name in self.changes:
                found = each.apply(found, self.changes[each.name])
        return found if found is self.original else replace(found, factors=factors_of(found))

    def draw(self) -> Image.Image:
        """The scene as a picture."""
        return render(self.scene, self.size)

    def _with(self, changes: Mapping[str, str]) -> DioramaScene:
        return DioramaScene(self.original, changes, self.size)


@dataclass(frozen=True)
class Control:
    """How one thing of a scene is changed.

    Attributes:
        name, title: of the thing.
        shown: whether a scene has it, and shows it.
        own: the value that it has.
        values: what else it may be, by itself.
        apply: the scene with another value; never asked for the value that it has.
    """

    name: str
    title: str
    shown: Callable[[Scene], bool]
    own: Callable[[Scene], str]
    values: Callable[[Scene], tuple[str, ...]]
    apply: Callable[[Scene, str], Scene]


def factors_of(scene: Scene) -> tuple[str, ...]:
    """The visual factors that hold in a scene, read off its description."""
    main = scene.main
    holds = {
        "style": scene.style != "flat",
        "darker": scene.light < 1,
        "brighter": scene.light > 1,
        "multiple objects": bool(scene.others),
        "person blocking": scene.blocker is not None and scene.blocker.name in PEOPLE,
        "object blocking": scene.blocker is not None and scene.blocker.name not in PEOPLE,
    }
    if scene.surface is not None:
        return ()
    if main is not None:
        cls = OBJECTS[main.name]
        holds |= {
            "pose": abs(main.angle) >= 28,
            "background": scene.place not in cls.places,
            "pattern": main.pattern != "plain",
            "color": main.colour not in cls.colours,
            "smaller": main.size < 0.8 * cls.size,
            "larger": main.size > 1.12 * cls.size,
            "shape": not 0.8 < main.stretch < 1.3,
            "partial view": not 0.25 < main.x < 0.75,
            "subcategory": len(cls.kinds) > 1 and main.kind != cls.kinds[0],
            "texture": bool(main.texture),
        }
    return tuple(factor for factor in FACTORS if holds.get(factor, False))


def _main(scene: Scene) -> Item:
    assert scene.main is not None
    return scene.main


def _has_main(scene: Scene) -> bool:
    return scene.main is not None


def _no_surface(scene: Scene) -> bool:
    return scene.surface is None


def _of_main(**changes: object) -> Callable[[Scene], Scene]:
    return lambda scene: replace(scene, main=replace(_main(scene), **changes))  # type: ignore[arg-type]


def _number(value: str) -> float:
    """The number that a value begins with."""
    return float(value.split()[0].rstrip("x"))


def _resized(scene: Scene, size: float, stretch: float) -> Scene:
    """The main object at another size or shape, its feet where they were."""
    main = _main(scene)
    feet = _FEET[OBJECTS[main.name].stance]
    y = main.y + feet * (main.size / main.stretch**0.5 - size / stretch**0.5)
    return _of_main(size=round(size, 4), stretch=stretch, y=round(y, 4))(scene)


def _crop(scene: Scene, value: str) -> Scene:
    beyond = 0.11 * _main(scene).size
    x = {"cut at the left": beyond, "in the middle": 0.5, "cut at the right": 1 - beyond}[value]
    return _of_main(x=round(x, 4))(scene)


def _blocked(scene: Scene, value: str) -> Scene:
    if value == NONE:
        return replace(scene, blocker=None)
    main, person = _main(scene), value in PEOPLE
    size = main.size * (1.0 if person else 0.6)
    side = 1 if main.x < 0.5 else -1
    x, y = main.x + side * 0.25 * main.size, min(0.99, main.y + main.size * 0.55) - size * 0.42
    return replace(scene, blocker=Prop(value, round(x, 4), round(y, 4), round(size, 4), False, 0.0))


def _blockers(scene: Scene) -> tuple[str, ...]:
    natural = (each.name for each in ELEMENTS.values() if each.anchor == "ground" and scene.place in each.places)
    return (NONE, *natural, *PEOPLE)


def _neighbours(scene: Scene) -> str:
    return ", ".join(item.name for item in scene.others) or NONE


def _neighbour_values(scene: Scene) -> tuple[str, ...]:
    name = _main(scene).name
    double = (_DOUBLES[name],) if name in _DOUBLES else ()
    return (NONE, name, f"{name}, {name}", *double)


def _with_neighbours(scene: Scene, value: str) -> Scene:
    main = _main(scene)
    if value == NONE:
        return replace(scene, others=())
    side = -1 if main.x > 0.5 else 1
    items = []
    for name, along in zip(value.split(", "), (0.33, -0.33), strict=False):
        size = round(0.65 * main.size, 4)
        other = replace(main, size=size, x=round(min(0.92, max(0.08, main.x + side * along)), 4), angle=0.0)
        feet = main.y + _FEET[OBJECTS[main.name].stance] * main.size / main.stretch**0.5
        other = replace(other, y=round(feet - _FEET[OBJECTS[name].stance] * size / main.stretch**0.5, 4))
        if name != main.name:
            cls = OBJECTS[name]
            kind = cls.kinds[0] if cls.kinds else ""
            colour = next(each for each in COLOURS if each in cls.colours)
            other = replace(other, name=name, kind=kind, colour=colour, pattern="plain", texture="")
        items.append(other)
    return replace(scene, others=tuple(items))


def _coloured(scene: Scene, value: str) -> Scene:
    if scene.surface is not None:
        return replace(scene, surface=replace(scene.surface, colour=value))
    return _of_main(colour=value)(scene)


def _textured(scene: Scene, value: str) -> Scene:
    if scene.surface is not None:
        return replace(scene, surface=replace(scene.surface, name=value))
    return _of_main(texture="" if value == NONE else value)(scene)


def _drawn(scene: Scene) -> bool:
    """Whether what is on the main object's body can be seen."""
    return _has_main(scene) and scene.style != "silhouette"


CONTROLS: tuple[Control, ...] = (
    Control(
        "place", "Place", _no_surface, lambda s: s.place, lambda s: tuple(PLACES), lambda s, v: replace(s, place=v)
    ),
    Control(
        "colour",
        "Colour",
        lambda s: s.surface is not None or (_has_main(s) and shows_colour(s)),
        lambda s: s.surface.colour if s.surface is not None else _main(s).colour,
        lambda s: tuple(COLOURS),
        _coloured,
    ),
    Control(
        "pattern",
        "Pattern",
        lambda s: _drawn(s) and not _main(s).texture,
        lambda s: _main(s).pattern,
        lambda s: PATTERNS,
        lambda s, v: _of_main(pattern=v)(s),
    ),
    Control(
        "texture",
        "Texture",
        lambda s: s.surface is not None or _drawn(s),
        lambda s: s.surface.name if s.surface is not None else _main(s).texture or NONE,
        lambda s: (*TEXTURES,) if s.surface is not None else (NONE, *TEXTURES),
        _textured,
    ),
    Control(
        "pose",
        "Pose",
        _has_main,
        lambda s: f"{_main(s).angle + 0.0:g} degrees",
        lambda s: tuple(f"{angle} degrees" for angle in (0, 30, 45, 60, 180, -60, -45, -30)),
        lambda s, v: _of_main(angle=_number(v))(s),
    ),
    Control(
        "shape",
        "Shape",
        _has_main,
        lambda s: f"{_main(s).stretch:g}x as wide",
        lambda s: tuple(f"{stretch:g}x as wide" for stretch in (0.5, 0.65, 1, 1.55, 2)),
        lambda s, v: _resized(s, _main(s).size, _number(v)),
    ),
    Control(
        "size",
        "Size",
        _has_main,
        lambda s: f"{_main(s).size / OBJECTS[_main(s).name].size:.2f}x",
        lambda s: tuple(f"{factor:.2f}x" for factor in (0.5, 0.65, 1, 1.3, 1.55)),
        lambda s, v: _resized(s, _number(v) * OBJECTS[_main(s).name].size, _main(s).stretch),
    ),
    Control(
        "crop",
        "Crop",
        _has_main,
        lambda s: f"at {_main(s).x:.1%} of the width",
        lambda s: ("cut at the left", "in the middle", "cut at the right"),
        _crop,
    ),
    Control(
        "kind",
        "Subcategory",
        _has_main,
        lambda s: _main(s).kind,
        lambda s: OBJECTS[_main(s).name].kinds,
        lambda s, v: _of_main(kind=v)(s),
    ),
    Control("occluder", "Occluder", _has_main, lambda s: s.blocker.name if s.blocker else NONE, _blockers, _blocked),
    Control("neighbours", "Neighbours", _has_main, _neighbours, _neighbour_values, _with_neighbours),
    Control(
        "surroundings",
        "Surroundings",
        lambda s: bool(s.props),
        lambda s: ", ".join(dict.fromkeys(prop.name for prop in s.props)),
        lambda s: (NONE,),
        lambda s, v: replace(s, props=()),
    ),
    Control("style", "Style", _no_surface, lambda s: s.style, lambda s: STYLES, lambda s, v: replace(s, style=v)),
    Control(
        "light",
        "Light",
        lambda s: True,
        lambda s: f"{s.light:g}x",
        lambda s: tuple(f"{light:g}x" for light in (0.42, 0.6, 1, 1.6, 2.2)),
        lambda s, v: replace(s, light=_number(v)),
    ),
)
"""What can be changed of a scene, in the order in which several changes are made.

The place changes the backdrop alone: everything in it stays where it was. Size and shape leave the feet where they
were. A crop moves the main object to an edge, over which a part of it then reaches."""

FACTOR_THINGS: dict[str, str] = {
    "pose": "pose",
    "background": "place",
    "pattern": "pattern",
    "color": "colour",
    "smaller": "size",
    "shape": "shape",
    "partial view": "crop",
    "subcategory": "kind",
    "texture": "texture",
    "larger": "size",
    "darker": "light",
    "object blocking": "occluder",
    "person blocking": "occluder",
    "style": "style",
    "brighter": "light",
    "multiple objects": "neighbours",
}
"""Which thing brings each visual factor about."""


def with_factor(scene: DioramaScene, factor: str) -> tuple[DioramaScene, ...]:
    """Every change of one thing after which a factor holds that did not hold, and all others are as they were."""
    wanted = {*factors_of(scene.scene), factor}
    if factor in factors_of(scene.scene):
        return ()
    thing = next((each for each in scene.things() if each.name == FACTOR_THINGS[factor]), None)
    found = [] if thing is None else [scene._with({thing.name: value}) for value in thing.others]
    return tuple(each for each in found if set(factors_of(each.scene)) == wanted)
