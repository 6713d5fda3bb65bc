"""Contexts are asked for in checked batches, and a scene's own are what a look at its picture would find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from ood_studio.core.errors import StudioError
from ood_studio.core.progress import Stopped, silent, stoppable
from ood_studio.diorama.people import PEOPLE
from ood_studio.diorama.render import render
from ood_studio.diorama.sample import sample_scene, sample_texture
from ood_studio.diorama.scene import Prop, Scene
from ood_studio.diorama.splits import scenes
from ood_studio.diorama.visible import VISIBLE_PIXELS, possible_elements, visible_areas, visible_elements
from ood_studio.synthesis.contexts import QUESTION, ContextModel, Contexts, parse_typed_contexts, prompt_of


class Parrot(ContextModel):
    """Says how wide each picture is."""

    name, batch = "parrot", 2

    def __init__(self) -> None:
        self.asked: list[tuple[int, str]] = []

    def _answer(self, images: list[Image.Image], question: str, told: Callable[[], None]) -> list[str]:
        self.asked.append((len(images), question))
        assert all(image.mode == "RGB" for image in images)
        told()
        return [f"place{image.width}: cat, tree, fence" for image in images]


def test_pictures_are_described_in_order_and_in_batches() -> None:
    model = Parrot()
    done: list[tuple[int, int]] = []
    pictures = [Image.new(mode, (width, 9)) for mode, width in (("RGB", 1), ("L", 2), ("RGBA", 3))]
    found = model.describe(
        pictures, mains=["cat", "", "dog"], progress=lambda stage, done_, total: done.append((done_, total))
    )
    assert [each.place for each in found] == ["place1", "place2", "place3"]
    assert [each.elements for each in found] == [("tree", "fence"), ("cat", "tree", "fence"), ("cat", "tree", "fence")]
    assert found[0].raw == "place1: cat, tree, fence" and found[0].words == ("place1", "tree", "fence")
    assert model.asked == [(2, QUESTION), (1, QUESTION)]
    assert done == sorted(done) and done[-1] == (3, 3)
    assert model.describe([]) == []


def test_bad_requests_are_refused() -> None:
    model, picture = Parrot(), Image.new("RGB", (8, 8))
    with pytest.raises(StudioError, match="a list of pictures, not a single one"):
        model.describe(picture)  # type: ignore[arg-type]
    for mains in (["cat"], "cat"):
        with pytest.raises(StudioError, match="a main object for each of 2 pictures"):
            model.describe([picture] * 2, mains=mains)
    for question in ("", "  ", "why? " * 200):
        with pytest.raises(StudioError, match="1 to 500 characters"):
            model.describe([picture], question=question)
    assert model.asked == []


def test_describing_stops_when_asked() -> None:
    model, pictures = Parrot(), [Image.new("RGB", (8, 8))] * 6
    with pytest.raises(Stopped, match="describing"):
        model.describe(pictures, progress=stoppable(silent, lambda: len(model.asked) == 2))
    assert len(model.asked) == 2


def test_typed_contexts_need_a_word() -> None:
    assert parse_typed_contexts("tree, Old Oak") == Contexts("tree, Old Oak", ("tree", "Old Oak"))
    with pytest.raises(StudioError, match="type at least one thing"):
        parse_typed_contexts(" ,; ")


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


def test_the_prompt_of_synoods_code_is_a_sentence_cut_at_73_characters() -> None:
    words = ["sea", "seaweed", "a long and winding shore", "shells", "an old and broken mast"]
    assert prompt_of(words) == ", ".join(words)
    assert prompt_of(["sea", "shell"], "synood") == "A photo only remain sea, shell."
    assert prompt_of(words, "synood") == f"A photo only remain {', '.join(words)}."[:73]
