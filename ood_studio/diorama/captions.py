"""What can truly be said of a scene: its concepts, and captions that name some of them.

A *concept* is one word or phrase ("fish", "sea creature", "striped", "desert"). Every caption carries the set of
concepts that it states, so that "this caption is true of that picture" is a subset test and never a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from ood_studio.diorama.elements import ELEMENTS
from ood_studio.diorama.objects import OBJECTS
from ood_studio.diorama.people import PEOPLE
from ood_studio.diorama.places import PLACES
from ood_studio.diorama.sample import shows_colour
from ood_studio.diorama.scene import Item, Prop, Scene

NOUN_TEMPLATES = (
    "the nice {}",
    "a photo of a {}",
    "a photo of a {}.",
    "a {}",
    "a picture of a {}",
    "a blurry photo of a {}.",
    "a photo of many {}.",
    "a photo of the large {}.",
    "a photo of the small {}.",
    "this is a {}",
    "a good photo of the {}",
    "an image of {}",
    "a drawing of a {}",
    "{}",
)
ADJECTIVE_TEMPLATES = ("this is a {} photo", "a {} photo", "something {}", "a {} picture", "{}")
_SCENE_TEMPLATES = ("a photo {}", "a picture {}", "{}", "a scene {}")


@dataclass(frozen=True)
class Caption:
    """A text and the concepts that it states."""

    text: str
    concepts: frozenset[str]


def concepts(scene: Scene) -> frozenset[str]:
    """Everything that can truly be said of the scene, in the world's own words."""
    if scene.surface is not None:
        return frozenset((scene.surface.name, scene.surface.colour, scene.surface.second))
    true = {scene.place, *(p.name for p in (*scene.props, *_blockers(scene)) if p.name not in PEOPLE)}
    if any(p.name in PEOPLE for p in _blockers(scene)):
        true.add("person")
    if scene.light < 0.8 or scene.style == "night":
        true.add("dark")
    if scene.light > 1.25:
        true.add("bright")
    for item in (scene.main, *scene.others):
        if item is not None:
            true.update((item.name, *item_adjectives(scene, item), OBJECTS[item.name].family))
            if item.kind:
                true.add(item.kind)
    return frozenset(true)


def item_adjectives(scene: Scene, item: Item) -> tuple[str, ...]:
    """The adjectives that hold of one object as it can be seen in the scene."""
    words = []
    if shows_colour(scene):
        words.append(item.colour)
    if item.pattern != "plain" and scene.style != "silhouette":
        words.append(item.pattern)
    if item is scene.main:
        words += [w for w, f in (("big", "larger"), ("tiny", "smaller"), ("tilted", "pose")) if f in scene.factors]
    return tuple(words)


def caption(scene: Scene, rng: Random) -> Caption:
    """A random true caption of the scene, from a single word to a whole sentence."""
    if scene.surface is not None:
        return _surface_caption(scene, rng)
    kind = rng.random()
    elements = [p.name for p in scene.props]
    if kind < 0.08 and elements:
        return _say(rng.choice(NOUN_TEMPLATES), rng.choice(elements))
    if kind < 0.18 or scene.main is None:
        if rng.random() < 0.5:
            return _say(rng.choice(NOUN_TEMPLATES), scene.place)
        where = Caption(PLACES[scene.place].where, frozenset((scene.place,)))
        where = _with_elements(where, elements, rng)
        return Caption(rng.choice(_SCENE_TEMPLATES).format(where.text), where.concepts)
    item = scene.main
    adjectives = item_adjectives(scene, item)
    if kind < 0.27 and adjectives:
        return _say(rng.choice(ADJECTIVE_TEMPLATES), rng.choice(adjectives))
    noun = _noun(item, rng)
    if kind < 0.58:
        return _say(rng.choice(NOUN_TEMPLATES), noun)
    chosen = [word for word in adjectives if rng.random() < 0.6]
    said = Caption(" ".join((*sorted(chosen, key=adjectives.index, reverse=True), noun)), frozenset((*chosen, noun)))
    if rng.random() < 0.7:
        said = Caption(f"{said.text} {PLACES[scene.place].where}", said.concepts | {scene.place})
        said = _with_elements(said, elements, rng)
    elif "person blocking" in scene.factors and rng.random() < 0.5:
        said = Caption(f"{said.text} behind a person", said.concepts | {"person"})
    opening = rng.choice(("a photo of a ", "a ", "the nice ", "a picture of a ", "this is a "))
    text = opening + said.text
    return Caption(re.sub(r"\ba a", "an a", text) if rng.random() < 0.5 else text, said.concepts)


def _noun(item: Item, rng: Random) -> str:
    share = rng.random()
    if share < 0.1:
        return OBJECTS[item.name].family
    return item.kind if share < 0.28 and item.kind else item.name


def _say(template: str, concept: str) -> Caption:
    return Caption(template.format(concept), frozenset((concept,)))


def _with_elements(said: Caption, elements: list[str], rng: Random) -> Caption:
    if not elements or rng.random() < 0.45:
        return said
    name = rng.choice(elements)
    word = ELEMENTS[name].plural if elements.count(name) > 1 else f"a {name}"
    return Caption(f"{said.text} with {word}", said.concepts | {name})


def _surface_caption(scene: Scene, rng: Random) -> Caption:
    surface = scene.surface
    assert surface is not None
    if rng.random() < 0.5:
        return _say(rng.choice(NOUN_TEMPLATES), surface.name)
    colour = rng.choice((surface.colour, surface.second))
    if rng.random() < 0.4:
        return _say(rng.choice(ADJECTIVE_TEMPLATES), colour)
    text = rng.choice(("a photo of a {} {}", "a {} {} texture", "the {} {} surface")).format(colour, surface.name)
    return Caption(text, frozenset((colour, surface.name)))


def _blockers(scene: Scene) -> tuple[Prop, ...]:
    return () if scene.blocker is None else (scene.blocker,)
