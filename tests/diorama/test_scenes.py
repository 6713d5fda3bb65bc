"""Scenes and captions: every factor acts and is recorded, every caption is true."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ood_studio.core.errors import StudioError
from ood_studio.diorama.captions import caption, concepts
from ood_studio.diorama.elements import ELEMENTS
from ood_studio.diorama.objects import OBJECTS
from ood_studio.diorama.people import PEOPLE
from ood_studio.diorama.render import main_mask, render
from ood_studio.diorama.sample import FACTOR_SHARE, TRAINING_SHARE, sample_empty, sample_scene, sample_texture
from ood_studio.diorama.scene import FACTORS, Item, Scene
from ood_studio.diorama.world import ID_CLASSES, adjectives, nouns

SEEDS = tuple(f"factor/{i}" for i in range(12))


def any_scene(seed: str) -> Scene:
    """Scenes of every sort."""
    sort = Random(f"{seed}, sort").random()  # not the numbers that the samplers draw
    if sort < 0.1:
        return sample_empty(seed)
    return sample_texture(seed) if sort < 0.2 else sample_scene(seed, list(OBJECTS))


def with_factors(*factors: str) -> list[tuple[Scene, Item]]:
    names = [name for name in ID_CLASSES if len(OBJECTS[name].kinds) > 1]
    drawn = []
    for seed in SEEDS:
        style = "night" if "style" in factors else "flat"
        scene = sample_scene(seed, names, factors=factors, style=style)
        assert scene.main is not None
        assert set(scene.factors) == set(factors)
        drawn.append((scene, scene.main))
    return drawn


def brightness(scene: Scene) -> float:
    return float(np.asarray(render(scene, 32)).mean())


@given(st.integers(0, 10**9))
@settings(max_examples=60, deadline=None)
def test_json_round_trip(seed: int) -> None:
    scene = any_scene(f"json/{seed}")
    line = scene.to_json()
    assert "\n" not in line
    assert Scene.from_json(line) == scene
    assert Scene.from_json(line).to_json() == line


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"seed": 1}', "null"])
def test_from_json_refuses_other_texts(text: str) -> None:
    with pytest.raises(ValueError, match="not a Diorama scene"):
        Scene.from_json(text)


def test_scenes_depend_on_their_seed_alone() -> None:
    assert sample_scene("a", ID_CLASSES) == sample_scene("a", ID_CLASSES)
    assert sample_scene("a", ID_CLASSES) != sample_scene("b", ID_CLASSES)


# -- the sixteen factors ----------------------------------------------------------------------------------------------
def test_without_factors_everything_is_usual() -> None:
    for scene, main in with_factors():
        cls = OBJECTS[main.name]
        assert main.colour in cls.colours
        assert scene.place in cls.places
        assert main.kind == cls.kinds[0]
        assert (main.pattern, main.texture, main.stretch, scene.light, scene.style) == ("plain", "", 1.0, 1.0, "flat")
        assert abs(main.angle) < 20
        assert not scene.others
        assert scene.blocker is None


def test_pose() -> None:
    assert all(28 <= abs(main.angle) <= 180 for _, main in with_factors("pose"))


def test_background() -> None:
    assert all(scene.place not in OBJECTS[main.name].places for scene, main in with_factors("background"))


def test_background_is_recorded_of_a_place_that_was_asked_for() -> None:
    strange = sample_scene("x", ["whale"], place="desert", factors=())
    assert strange.factors == ("background",)
    assert sample_scene("x", ["whale"], place="sea", factors=("background",)).factors == ()


def test_pattern() -> None:
    for scene, main in with_factors("pattern"):
        assert main.pattern != "plain"
        plain = replace(scene, main=replace(main, pattern="plain"))
        assert render(plain).tobytes() != render(scene).tobytes()


def test_colour() -> None:
    for scene, main in with_factors("color"):
        assert main.colour not in OBJECTS[main.name].colours
        natural = replace(scene, main=replace(main, colour=OBJECTS[main.name].colours[0]))
        assert render(natural).tobytes() != render(scene).tobytes()


def test_texture() -> None:
    for scene, main in with_factors("texture"):
        assert main.texture
        assert render(replace(scene, main=replace(main, texture=""))).tobytes() != render(scene).tobytes()


def test_size() -> None:
    for factor, sign in (("smaller", -1), ("larger", 1)):
        for scene, main in with_factors(factor):
            usual = replace(scene, main=replace(main, size=OBJECTS[main.name].size))
            assert sign * (int(main_mask(scene).sum()) - int(main_mask(usual).sum())) > 0


def test_shape() -> None:
    for scene, main in with_factors("shape"):
        assert main.stretch < 0.7 or main.stretch > 1.5
        usual = replace(scene, main=replace(main, stretch=1.0))
        assert not np.array_equal(main_mask(scene), main_mask(usual))


def test_partial_view() -> None:
    for scene, _ in with_factors("partial view"):
        mask = main_mask(scene)
        assert mask[:, 0].any() or mask[:, -1].any()


def test_subcategory() -> None:
    assert all(main.kind in OBJECTS[main.name].kinds[1:] for _, main in with_factors("subcategory"))
    assert sample_scene("x", ["snail"], factors=("subcategory",)).factors == ()


def test_light() -> None:
    for factor, sign in (("darker", -1), ("brighter", 1)):
        for scene, _ in with_factors(factor):
            assert sign * (brightness(scene) - brightness(replace(scene, light=1.0))) > 10
            assert {"darker": "dark", "brighter": "bright"}[factor] in concepts(scene)


def test_blocking() -> None:
    for factor, choices in (("object blocking", ELEMENTS), ("person blocking", PEOPLE)):
        hidden = []
        for scene, _ in with_factors(factor):
            assert scene.blocker is not None
            assert scene.blocker.name in choices
            before = np.asarray(render(replace(scene, blocker=None)), np.int64)
            covered = np.abs(np.asarray(render(scene), np.int64) - before).max(axis=2) > 0
            hidden.append((covered & main_mask(scene)).sum() / main_mask(scene).sum())
        assert np.mean(hidden) > 0.05
        assert ("person" in concepts(scene)) == (factor == "person blocking")


def test_style() -> None:
    assert all(scene.style == "night" for scene, _ in with_factors("style"))
    assert {sample_scene(seed, ID_CLASSES, factors=("style",)).style for seed in SEEDS} > {"sketch"}


def test_multiple_objects() -> None:
    for scene, main in with_factors("multiple objects"):
        assert 1 <= len(scene.others) <= 2
        assert all(other.size < main.size for other in scene.others)
        assert render(replace(scene, others=())).tobytes() != render(scene).tobytes()


@pytest.mark.parametrize("shares", [FACTOR_SHARE, TRAINING_SHARE], ids=["usual", "training"])
def test_every_factor_happens_by_chance(shares: dict[str, float]) -> None:
    drawn = [sample_scene(f"chance/{i}", ID_CLASSES, shares=shares) for i in range(1000)]
    for factor in FACTORS:
        expected, times = shares[factor] * len(drawn), sum(factor in scene.factors for scene in drawn)
        # factors that exclude one another take a little from each other, and some classes have no subcategories
        assert 0.6 * expected - 4 * expected**0.5 < times < expected + 4 * expected**0.5, factor
        assert times > 0
    assert all(scene.factors == tuple(f for f in FACTORS if f in scene.factors) for scene in drawn)


@pytest.mark.parametrize(
    "pair",
    [
        ("smaller", "larger"),
        ("darker", "brighter"),
        ("pattern", "texture"),
        ("object blocking", "person blocking"),
    ],
)
def test_factors_that_exclude_one_another(pair: tuple[str, str]) -> None:
    with pytest.raises(StudioError, match=f"'{pair[0]}' and '{pair[1]}' exclude one another"):
        sample_scene("x", ID_CLASSES, factors=pair)
    for i in range(300):
        assert not set(pair) <= set(sample_scene(f"pair/{i}", ID_CLASSES).factors)


def test_unknown_names() -> None:
    with pytest.raises(StudioError, match="no visual factor named 'colour'; it has pose, background"):
        sample_scene("x", ID_CLASSES, factors=("colour",))
    with pytest.raises(StudioError, match="no place named 'moon'; it has sea, beach"):
        sample_scene("x", ID_CLASSES, place="moon")
    with pytest.raises(StudioError, match="no style named 'cubist'; it has flat, sketch"):
        sample_scene("x", ID_CLASSES, style="cubist")
    with pytest.raises(StudioError, match="no object class named 'unicorn'; it has "):
        sample_scene("x", ["cat", "unicorn"])
    with pytest.raises(StudioError, match="no place named 'moon'"):
        sample_empty("x", place="moon")
    with pytest.raises(StudioError, match="no texture named 'fog'"):
        sample_texture("x", "fog")


# -- captions ---------------------------------------------------------------------------------------------------------
def test_captions_are_true() -> None:
    known = {*OBJECTS, *nouns(), *adjectives(), *(kind for cls in OBJECTS.values() for kind in cls.kinds)}
    forms = {word: (word, ELEMENTS[word].plural if word in ELEMENTS else word) for word in known}
    lengths = set()
    for i in range(1500):
        scene = any_scene(f"caption/{i}")
        true = concepts(scene)
        assert true <= known
        rng = Random(i)
        for _ in range(4):
            said = caption(scene, rng)
            assert said.concepts
            assert said.concepts <= true, (said, true)
            for word in said.concepts - {scene.place}:
                assert any(form in said.text for form in forms[word]), said
            lengths.add(len(said.text.split()))
    assert min(lengths) == 1
    assert max(lengths) >= 12


def test_captions_say_no_more_than_they_record() -> None:
    """No class, kind, colour, pattern or texture stands in a caption that does not count it as stated."""
    words = {*OBJECTS, *(kind for cls in OBJECTS.values() for kind in cls.kinds), *adjectives()}
    for i in range(600):
        scene = any_scene(f"more/{i}")
        said = caption(scene, Random(i))
        stated = {part for concept in said.concepts for part in concept.split()}
        assert words & set(re.findall(r"\w+", said.text)) <= stated, said


def test_hidden_colours_are_not_told() -> None:
    for style in ("sketch", "silhouette"):
        scene = sample_scene("x", ["cat"], style=style, factors=("pattern", "style"))
        assert scene.main is not None
        assert scene.main.colour not in concepts(scene)
        assert (scene.main.pattern in concepts(scene)) == (style == "sketch")


def test_captions_name_superclasses_kinds_and_elements() -> None:
    scene = sample_scene("named/1", ["cat"], factors=("subcategory", "pattern"))
    assert scene.main is not None
    told = set().union(*(caption(scene, Random(i)).concepts for i in range(300)))
    assert {"cat", "animal", scene.main.kind, scene.main.pattern, scene.main.colour, scene.place} <= told
    assert {prop.name for prop in scene.props} <= told
