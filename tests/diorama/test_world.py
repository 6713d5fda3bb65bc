"""What Diorama has: enough of everything, ordinary words, no name twice, sound drawings."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from ood_studio.diorama import world
from ood_studio.diorama.elements import ELEMENTS
from ood_studio.diorama.objects import OBJECTS
from ood_studio.diorama.palette import COLOURS, FIXED_MATERIALS, LEVELS, PLACE_MATERIALS, ink
from ood_studio.diorama.patterns import pattern_mask
from ood_studio.diorama.pen import Drawing
from ood_studio.diorama.people import PEOPLE, person_drawing
from ood_studio.diorama.places import PLACES, VARIANTS
from ood_studio.diorama.scene import FACTORS, PATTERNS, STYLES
from ood_studio.diorama.textures import TEXTURES, texture
from ood_studio.worlds.wordnet import load_wordnet

FAMILIES = sorted({cls.family for cls in OBJECTS.values()})
KINDS = [kind for cls in OBJECTS.values() for kind in cls.kinds]
SWAYS = (-1.0, -0.5, 0.0, 0.5, 1.0)


def inks_of(*materials: str) -> set[int]:
    return {ink(name + level) for name in materials for level in LEVELS}


FIXED_INKS = inks_of(*FIXED_MATERIALS)


def assert_sound(drawing: Drawing, allowed: set[int], reach: float) -> None:
    assert len(drawing.inks) == len(drawing.ends) > 0
    assert drawing.ends[-1] == len(drawing.points)
    assert np.diff((0, *drawing.ends)).min() >= 3, "a polygon with fewer than three corners"
    assert np.isfinite(drawing.points).all()
    assert np.abs(drawing.points).max() <= reach
    assert set(drawing.inks) <= allowed


def test_there_is_enough_of_everything() -> None:
    assert len(OBJECTS) >= 60
    assert len(FAMILIES) >= 10
    assert sum(len(cls.kinds) >= 2 for cls in OBJECTS.values()) >= 20
    assert len(PLACES) >= 12
    assert len(COLOURS) == 12
    assert len(world.PATTERN_WORDS) == 6
    assert len(ELEMENTS) >= 24
    assert len(TEXTURES) >= 12
    assert set(STYLES) == {"flat", "sketch", "painted", "silhouette", "pixel", "night", "noisy"}
    assert len(set(FACTORS)) == 16


def test_names_are_ordinary_wordnet_words() -> None:
    lemmas = load_wordnet()
    nouns = {entry.lemma for entry in lemmas if entry.pos == "n"}
    described = {entry.lemma for entry in lemmas if entry.pos == "a"}
    assert [w for w in (*OBJECTS, *FAMILIES, *KINDS, *PLACES, *ELEMENTS, *TEXTURES, *PEOPLE) if w not in nouns] == []
    # WordNet has turquoise as a noun only; as a colour it is an adjective to everyone else.
    assert [w for w in world.adjectives() if w not in described] == ["turquoise"]
    assert "turquoise" in nouns


def test_no_name_is_given_twice() -> None:
    everything = (*OBJECTS, *FAMILIES, *KINDS, *PLACES, *ELEMENTS, *TEXTURES, *PEOPLE, *world.adjectives(), "person")
    # "zigzag" is a pattern on objects and a texture of its own: the same concept, and the same word.
    assert [name for name, times in Counter(everything).items() if times > 1] == ["zigzag"]


def test_roles_of_the_classes() -> None:
    inside, unseen = set(world.ID_CLASSES), set(world.UNSEEN_CLASSES)
    assert len(inside) == len(world.ID_CLASSES) == 20
    assert len(unseen) >= 6
    assert not inside & unseen
    assert set(world.TRAINED_CLASSES) == set(OBJECTS) - unseen
    assert world.TRAINED_CLASSES[:20] == world.ID_CLASSES
    families = {OBJECTS[name].family for name in inside}
    assert {OBJECTS[name].family for name in world.NEAR_CLASSES} == families
    assert not set(world.NEAR_CLASSES) & (inside | unseen)
    assert [known for known, _ in world.LOOK_ALIKES] == list(world.ID_CLASSES)
    assert {double for _, double in world.LOOK_ALIKES} <= set(world.TRAINED_CLASSES) - inside


def test_withheld_words_are_in_no_vocabulary() -> None:
    withheld = {*world.UNSEEN_CLASSES, *(kind for name in world.UNSEEN_CLASSES for kind in OBJECTS[name].kinds)}
    words = {part for phrase in (*world.nouns(), *world.adjectives()) for part in phrase.split()}
    assert not withheld & words


@pytest.mark.parametrize("name", PLACES)
def test_places(name: str) -> None:
    spot = PLACES[name]
    assert sum(name in element.places for element in ELEMENTS.values()) >= 3
    assert spot.where.split()[0] in ("in", "at", "by", "on")
    assert 0 < spot.ground < 1
    assert 0 < spot.horizon <= 1
    allowed = FIXED_INKS | inks_of(*PLACE_MATERIALS)
    layouts = [spot.drawing(variant) for variant in range(VARIANTS)]
    for drawing in layouts:
        assert_sound(drawing, allowed, 3.0)
    assert len({drawing.points.tobytes() for drawing in layouts}) == VARIANTS
    assert spot.drawing(VARIANTS) is layouts[0]


@pytest.mark.parametrize("name", OBJECTS)
def test_objects(name: str) -> None:
    cls = OBJECTS[name]
    assert 2 <= len(cls.places) == len(set(cls.places) & set(PLACES))
    assert 2 <= len(cls.colours) == len(set(cls.colours) & set(COLOURS))
    assert 0.3 <= cls.size <= 0.9
    allowed = FIXED_INKS | inks_of("body", "trim")  # "mark" is what patterns turn "body" to
    shapes, poses = set(), set()
    for kind in cls.kinds or ("",):
        for sway in SWAYS:
            drawing = cls.drawing(kind, sway)
            assert_sound(drawing, allowed, 1.25)
            assert inks_of("body") & set(drawing.inks), "nothing of it takes the scene's colour"
        left, top, right, bottom = cls.drawing(kind).bounds()
        assert max(right - left, bottom - top) > 1.6, "it does not fill its square"
        if cls.stance == "stand":
            assert bottom == pytest.approx(0.95, abs=0.1)
        shapes.add(cls.drawing(kind).points.tobytes())
        poses |= {cls.drawing(kind, sway).points.tobytes() for sway in SWAYS}
    assert len(shapes) == max(1, len(cls.kinds)), "two kinds look the same"
    assert len(poses) > len(shapes), "it has no pose"
    with pytest.raises(ValueError, match=rf"a {name} has no kind 'unicorn'"):
        cls.drawing("unicorn")


@pytest.mark.parametrize("name", ELEMENTS)
def test_elements(name: str) -> None:
    element = ELEMENTS[name]
    assert element.places
    assert set(element.places) <= set(PLACES)
    assert 1 <= element.many[0] <= element.many[1]
    for sway in SWAYS:
        drawing = element.drawing(sway)
        assert_sound(drawing, FIXED_INKS, 1.1)
        if element.anchor == "ground":
            assert drawing.bounds()[3] == pytest.approx(0.95)


@pytest.mark.parametrize("name", PEOPLE)
def test_people(name: str) -> None:
    assert_sound(person_drawing(name), FIXED_INKS, 1.6)
    assert person_drawing(name).bounds()[3] >= 1.0, "a person runs out of the picture below"


@pytest.mark.parametrize("name", TEXTURES)
def test_textures(name: str) -> None:
    field = texture(name, 7, 64)
    assert field.shape == (64, 64)
    assert field.dtype == np.float32
    assert 0 <= field.min() < field.max() <= 1
    assert field.std() > 0.08
    assert np.array_equal(field, texture(name, 7, 64))
    assert not np.array_equal(field, texture(name, 8, 64))


def test_patterns_mark_a_part() -> None:
    v, u = np.mgrid[-1:1:200j, -1:1:200j]
    masks = {name: pattern_mask(name, u, v) for name in world.PATTERN_WORDS}
    for mask in masks.values():
        assert 0.15 < mask.mean() < 0.6
    assert len({mask.tobytes() for mask in masks.values()}) == len(PATTERNS) - 1
    with pytest.raises(ValueError, match="plain"):
        pattern_mask("plain", u, v)
