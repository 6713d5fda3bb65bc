"""A scene's elements are what a look at its picture would find."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ood_studio.diorama.people import PEOPLE
from ood_studio.diorama.render import render
from ood_studio.diorama.sample import sample_scene, sample_texture
from ood_studio.diorama.scene import Prop, Scene
from ood_studio.diorama.splits import scenes
from ood_studio.diorama.visible import VISIBLE_PIXELS, possible_elements, visible_areas, visible_elements


def _changed(scene: Scene, without: Scene) -> int:
    """How many pixels differ clearly between two pictures."""
    one, other = (np.asarray(render(each), np.int32) for each in (scene, without))
    return int((np.abs(one - other).max(axis=2) > 4).sum())


def test_areas_are_what_removing_an_element_changes() -> None:
    """Brute force: the picture is drawn with and without all props of a name."""
    checked = hidden = 0
    for scene in scenes("id-test", 11, 60):
        scene = replace(scene, style="flat", light=1.0)
        for name, area in visible_areas(scene).items():
            keep = tuple(prop for prop in scene.props if prop.name != name)
            blocker = scene.blocker if scene.blocker is None or scene.blocker.name != name else None
            changed = _changed(scene, replace(scene, props=keep, blocker=blocker))
            # Shadows and smoothed edges change more than the area; a hidden element leaves a shadow at most.
            assert changed >= 0.55 * area - 2, (scene.seed, name)
            assert changed <= 3.5 * area + 60, (scene.seed, name)
            checked, hidden = checked + 1, hidden + (area < VISIBLE_PIXELS)
    assert checked > 100 and hidden


def _prop(name: str, size: float, x: float = 0.5) -> Prop:
    return Prop(name, x, 0.5, size, False, 0.0)


def test_elements_are_named_once_and_most_visible_first() -> None:
    scene = replace(sample_scene("a", ["apple"], place="farm"), main=None, others=(), blocker=None)
    shown = replace(scene, props=(_prop("bucket", 0.2, 0.2), _prop("tree", 0.5, 0.7), _prop("bucket", 0.2, 0.4)))
    assert visible_elements(shown) == ("tree", "bucket")
    assert visible_elements(replace(scene, props=(_prop("bucket", 0.03),))) == ()
    assert visible_elements(replace(scene, props=(_prop("bucket", 0.2, 2.0),))) == ()


def test_what_is_behind_the_object_or_a_person_is_not_seen() -> None:
    scene = sample_scene("b", ["house"], place="farm", factors=["larger"])
    assert scene.main is not None
    scene = replace(scene, others=(), blocker=None, props=(_prop("bucket", 0.1),))
    main = replace(scene.main, x=0.5, y=0.5, size=1.0)
    assert visible_elements(replace(scene, main=None)) == ("bucket",)
    assert visible_elements(replace(scene, main=main)) == ()
    assert visible_elements(replace(scene, main=None, others=(main,))) == ()
    person = sorted(PEOPLE)[0]
    assert visible_elements(replace(scene, main=None, blocker=_prop(person, 2.0))) == ()
    assert visible_elements(replace(scene, main=main, blocker=_prop("bucket", 0.2))) == ("bucket",)


def test_textures_have_no_elements() -> None:
    assert visible_elements(sample_texture("c")) == ()
    assert possible_elements("") == () and "tree" in possible_elements("farm")
