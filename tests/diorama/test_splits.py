"""Splits: the right classes, functions of (name, seed, count), drawn once and whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ood_studio.core.errors import StudioError
from ood_studio.core.paths import ROOT
from ood_studio.diorama import splits
from ood_studio.diorama.objects import OBJECTS
from ood_studio.diorama.render import render
from ood_studio.diorama.scene import FACTORS, STYLES, Scene
from ood_studio.diorama.splits import SPLITS, load_split, scenes
from ood_studio.diorama.world import ID_CLASSES, LOOK_ALIKES, NEAR_CLASSES, TRAINED_CLASSES, UNSEEN_CLASSES


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OOD_STUDIO_CACHE", str(tmp_path))
    return tmp_path / "diorama"


def classes(name: str, count: int = 250) -> set[str]:
    return {scene.main.name for scene in scenes(name, 0, count) if scene.main is not None}


def test_every_split_has_its_classes() -> None:
    outside = set(TRAINED_CLASSES) - set(ID_CLASSES)
    assert classes("id-train") == classes("id-test") == set(ID_CLASSES)
    assert classes("near-ood", 600) == set(NEAR_CLASSES)
    assert classes("unseen-ood") == set(UNSEEN_CLASSES)
    assert classes("spurious") <= outside
    assert classes("hard-10") == {known for known, _ in LOOK_ALIKES[:10]}
    assert classes("hard-20") == {double for _, double in LOOK_ALIKES}
    assert classes("far-ood-textures") == classes("far-ood-scenes") == set()
    assert all(scene.surface is not None for scene in scenes("far-ood-textures", 0, 20))
    assert all(scene.place and scene.props for scene in scenes("far-ood-scenes", 0, 20))


def test_no_id_object_stands_in_an_ood_picture() -> None:
    for name in ("near-ood", "spurious", "hard-20", "unseen-ood"):
        assert SPLITS[name].inside is False
        for scene in scenes(name, 1, 200):
            assert not {item.name for item in (scene.main, *scene.others) if item} & set(ID_CLASSES)


def test_styles_and_factors() -> None:
    for style in STYLES:
        assert all(scene.style == style for scene in scenes(f"id-{style}", 0, 5))
    for factor in FACTORS:
        name = f"factor-{factor.replace(' ', '-')}"
        assert all(scene.factors == (factor,) for scene in scenes(name, 0, 10))
        assert classes(name, 20) <= set(ID_CLASSES)


def test_spurious_borrows_a_place_of_id_objects() -> None:
    homes = {place for name in ID_CLASSES for place in OBJECTS[name].places}
    for scene in scenes("spurious", 0, 100):
        assert scene.main is not None
        assert scene.place in homes - set(OBJECTS[scene.main.name].places)
        assert "background" in scene.factors


@pytest.mark.parametrize("name", SPLITS)
def test_a_longer_split_begins_with_the_shorter(name: str) -> None:
    long = scenes(name, 3, 12)
    assert scenes(name, 3, 5) == long[:5]
    assert scenes(name, 3, 7, start=5) == long[5:]
    assert scenes(name, 4, 5) != long[:5]
    assert len(set(long)) == 12


def test_train_and_test_share_no_scene() -> None:
    train = {scene.main for scene in scenes("id-train", 0, 300)}
    assert not train & {scene.main for scene in scenes("id-test", 0, 300)}


def test_loading_draws_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splits, "_CHUNK", 16)
    heard: list[tuple[int, int]] = []
    first = load_split("near-ood", 7, 40, workers=1, progress=lambda stage, done, of: heard.append((done, of)))
    assert heard == [(16, 40), (32, 40), (40, 40)]
    assert first.pixels.shape == (40, 64, 64, 3)
    assert first.pixels.dtype == np.uint8
    assert first.scenes == scenes("near-ood", 7, 40)
    assert (first.labels == -1).all()
    for i in (0, 39):
        assert np.array_equal(first.pixels[i], np.asarray(render(first.scenes[i])))

    def fail(scene: Scene) -> None:
        raise AssertionError("drawn although it is cached")

    monkeypatch.setattr(splits, "render", fail)
    again = load_split("near-ood", 7, 40, workers=1)
    assert np.array_equal(first.pixels, again.pixels)
    with pytest.raises(AssertionError, match="although"):
        load_split("near-ood", 8, 40, workers=1)
    assert len(list(cache.iterdir())) == 1


def test_labels(cache: Path) -> None:
    drawn = load_split("id-test", 0, 12, workers=1)
    assert drawn.labels.dtype == np.int64
    assert [ID_CLASSES[i] for i in drawn.labels] == [scene.main and scene.main.name for scene in drawn.scenes]


def test_an_interrupted_rendering_is_not_taken_for_a_whole_one(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(stage: str, done: int, of: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(splits, "_CHUNK", 4)
    with pytest.raises(KeyboardInterrupt):
        load_split("id-test", 0, 6, workers=1, progress=stop)
    assert list(cache.iterdir()) == []
    whole = load_split("id-test", 0, 6, workers=1)
    assert np.array_equal(whole.pixels[5], np.asarray(render(whole.scenes[5])))


def test_a_killed_rendering_is_not_taken_for_a_whole_one(cache: Path) -> None:
    code = (
        "import os\n"
        "from ood_studio.diorama import splits\n"
        "splits._CHUNK = 4\n"
        "splits.load_split('id-test', 0, 10, workers=1, progress=lambda stage, done, of: os._exit(9))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 9
    assert [path.suffix for path in cache.iterdir()] == [".tmp"]
    whole = load_split("id-test", 0, 10, workers=1)
    assert np.array_equal(whole.pixels[9], np.asarray(render(whole.scenes[9])))


def test_bad_names_and_counts(cache: Path) -> None:
    with pytest.raises(StudioError, match=r"no split named 'imagenet'; it has id-train, id-test, near-ood, far-ood"):
        load_split("imagenet")
    for count in (0, -3):
        with pytest.raises(StudioError, match=f"at least 1 picture, not {count}"):
            load_split("id-test", 0, count)
    assert not cache.exists()
