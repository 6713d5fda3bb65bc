"""Scenes with one thing changed: nothing else is another one, and the factors that hold are read off truly."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from ood_studio import worlds
from ood_studio.core.errors import StudioError
from ood_studio.data.changeable import read_changes, with_changes
from ood_studio.data.dataset import reopen
from ood_studio.diorama.scene import FACTORS, Scene
from ood_studio.diorama.splits import SPLITS, scenes
from ood_studio.worlds.diorama_changes import FACTOR_THINGS, DioramaScene, factors_of, with_factor
from ood_studio.worlds.diorama_factors import FactorDataset

MAY = {
    "place": {"place"},
    "colour": {"main.colour", "surface.colour"},
    "pattern": {"main.pattern"},
    "texture": {"main.texture", "surface.name"},
    "pose": {"main.angle"},
    "shape": {"main.stretch", "main.y"},  # the feet stay
    "size": {"main.size", "main.y"},
    "crop": {"main.x"},
    "kind": {"main.kind"},
    "occluder": {"blocker"},
    "neighbours": {"others"},
    "surroundings": {"props"},
    "style": {"style"},
    "light": {"light"},
}
"""What of the description each thing may change."""


def flat(scene: Scene) -> dict[str, object]:
    """A description field by field, without the factors, which say what follows from the others."""
    found: dict[str, object] = {}
    for name, value in asdict(scene).items():
        if name in ("main", "surface") and value is not None:
            found |= {f"{name}.{inner}": each for inner, each in value.items()}
        elif name != "factors":
            found[name] = value
    return found


def test_each_change_is_of_one_thing_and_the_scene_comes_back() -> None:
    seen = set()
    for split in ("id-test", "far-ood-textures", "far-ood-scenes"):
        for original in scenes(split, 3, 8):
            scene = DioramaScene(original, size=32)
            before = flat(original)
            for thing in scene.things():
                seen.add(thing.name)
                for value in thing.others:
                    after = flat(scene.changed(thing.name, value).scene)  # type: ignore[attr-defined]
                    differ = {name for name in before if before[name] != after[name]}
                    assert differ and differ <= MAY[thing.name], (thing, value)
                back = scene.changed(thing.name, thing.others[0]).changed(thing.name, thing.own)
                assert back.scene is original  # type: ignore[attr-defined]
    assert seen == set(MAY)


def test_a_change_is_seen_and_drawn_the_same_every_time() -> None:
    scene = DioramaScene(scenes("id-flat", 3, 1)[0], size=64)
    first = np.asarray(scene.draw())
    for thing in scene.things():
        changed = scene.changed(thing.name, thing.others[-1])
        picture = np.asarray(changed.draw())
        assert (picture != first).any(), thing
        assert (np.asarray(changed.changed(thing.name, thing.own).draw()) == first).all()
        assert (np.asarray(scene.changed(thing.name, thing.others[-1]).draw()) == picture).all()


def test_factors_are_read_off_as_they_were_drawn() -> None:
    for split in SPLITS:
        for scene in scenes(split, 3, 15):
            assert factors_of(scene) == scene.factors


def test_each_factor_can_be_added_alone() -> None:
    assert FACTOR_THINGS.keys() == set(FACTORS)
    added = set()
    for original in scenes("id-flat", 3, 12):
        assert original.factors == ()
        for factor in FACTORS:
            for found in with_factor(DioramaScene(original), factor):
                assert found.scene.factors == (factor,) and found.changes.keys() == {FACTOR_THINGS[factor]}
                added.add(factor)
    assert added == set(FACTORS)


def test_a_set_with_a_factor_tells_which_scenes_it_shows_and_opens_elsewhere() -> None:
    found = FactorDataset("near-ood", 3, 12, "style")
    whole = scenes("near-ood", 3, 12)
    assert found.rows == tuple(row for row, scene in enumerate(whole) if "style" not in scene.factors)
    assert all(found.scene(i).seed == whole[row].seed for i, row in enumerate(found.rows))
    before = np.asarray(found.load(0))
    found.prepare()
    assert (np.asarray(found.load(0)) == before).all()
    again = reopen(found.description())
    assert again.key == found.key and len(again) == len(found)


@pytest.mark.parametrize(
    ("split", "thing", "value", "sentence"),
    [
        ("far-ood-scenes", "pose", "30 degrees", "has no 'pose' that can be changed; it has place"),
        ("far-ood-textures", "style", "night", "has no 'style'"),
        ("id-test", "colour", "plaid", "colour cannot be 'plaid'; it can be"),
    ],
)
def test_what_a_scene_does_not_have_is_said(split: str, thing: str, value: str, sentence: str) -> None:
    with pytest.raises(StudioError, match=sentence):
        DioramaScene(scenes(split, 3, 1)[0]).changed(thing, value)


def test_changes_are_read_as_they_are_typed() -> None:
    assert read_changes(("colour=red", " place = sea ")) == {"colour": "red", "place": "sea"}
    with pytest.raises(StudioError, match="THING=VALUE"):
        read_changes(("colour",))
    scene = DioramaScene(scenes("id-flat", 3, 1)[0])
    both = with_changes(scene, {"style": "night", "light": "0.6x"})
    assert both.said == "Style: night, Light: 0.6x"
    assert with_changes(scene, {"light": "0.6x", "style": "night"}).changes == both.changes
    assert both.as_it_was().changes == {}


def test_worlds_know_the_scenes_of_their_examples_only() -> None:
    (path, _), *_ = worlds.galleries()["id-test"].take(1, 0, 0, short=True)
    found = worlds.scene_of(Path(path))
    assert found is not None and {"colour", "place"} <= {thing.name for thing in found.things()}
    assert worlds.scene_of(Path("holiday.jpg")) is None
    assert worlds.factor_sets().factors == FACTORS
