"""Rendered scenes: worked out once, the same with any number of processes, there whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from ood_studio.core.paths import ROOT, cache_dir
from ood_studio.diorama.places import PLACES
from ood_studio.diorama.render import render
from ood_studio.diorama.world import ID_CLASSES, TRAINED_CLASSES
from ood_studio.training import rendering
from ood_studio.training.contexts.truths import truths_of
from ood_studio.training.rendering import Arrays, worked_out_once
from ood_studio.training.scene_cache import SceneCache, box_of, draw_rows, load_scenes, scene_anywhere


def squares(offset: int, start: int, stop: int) -> Arrays:
    numbers = np.arange(start, stop)
    return {"pixels": (numbers + offset) ** 2, "pairs": np.stack([numbers, -numbers], axis=1).astype(np.int16)}


def test_chunks_of_several_processes_come_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "_CHUNK", 8)
    monkeypatch.setattr(rendering, "_FEW", 0)
    found = worked_out_once(tmp_path / "two", 50, partial(squares, 3), title="", workers=2)
    assert isinstance(found["pixels"], np.memmap)
    assert np.array_equal(found["pixels"], (np.arange(50) + 3) ** 2)
    assert found["pairs"].dtype == np.int16 and np.array_equal(found["pairs"][:, 1], -np.arange(50))


def test_what_is_there_is_not_worked_out_again_and_what_failed_leaves_nothing(tmp_path: Path) -> None:
    def broken(start: int, stop: int) -> Arrays:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        worked_out_once(tmp_path / "rows", 5, broken, title="")
    assert not list(tmp_path.iterdir())
    first = worked_out_once(tmp_path / "rows", 5, partial(squares, 0), title="")
    again = worked_out_once(tmp_path / "rows", 5, broken, title="")
    assert all(np.array_equal(first[name], again[name]) for name in first)


@pytest.fixture(scope="module")
def scenes() -> SceneCache:
    return load_scenes(64, 0)


def test_scenes_are_those_of_their_seed(scenes: SceneCache) -> None:
    assert scenes.pixels.shape == (64, 64, 64, 3) and scenes.boxes.shape == (64, 4)
    assert (cache_dir() / "diorama" / f"scenes-{scenes.key}").is_dir()
    for row in (0, 63):
        assert np.array_equal(scenes.pixels[row], np.asarray(render(scenes.scenes[row])))
        assert tuple(scenes.boxes[row]) == box_of(scenes.scenes[row])
        main = scenes.scenes[row].main
        assert scenes.labels[row] == (-1 if main is None else TRAINED_CLASSES.index(main.name))
    empty = scenes.labels < 0
    assert 0 < empty.sum() < 32 and not scenes.boxes[empty].any()
    assert np.array_equal(
        scenes.has_id_class, [s.main is not None and s.main.name in ID_CLASSES for s in scenes.scenes]
    )
    assert load_scenes(64, 1).key != scenes.key != load_scenes(64, 0, draw=scene_anywhere).key


def test_truths_are_in_the_words_of_the_answer(scenes: SceneCache) -> None:
    truths = truths_of(scenes)
    for row, scene in enumerate(scenes.scenes[:16]):
        found = truths.contexts(row)
        assert found.place == scene.place == tuple(PLACES)[truths.places[row]]
        assert found.raw.startswith(f"{scene.place}: ") and set(found.elements) <= {prop.name for prop in scene.props}
        assert truths.patches[row].max(initial=0) == 0 or found.elements


def test_rows_are_drawn_by_their_weights() -> None:
    rows = draw_rows(np.cumsum([1.0, 0.0, 3.0]), 4000, np.random.default_rng(0))
    counts = np.bincount(rows, minlength=3)
    assert counts[1] == 0 and 2850 < counts[2] < 3150


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are known to Unix alone")
def test_rows_that_the_disk_has_no_room_for_end_in_a_sentence(tmp_path: Path) -> None:
    code = f"""
import resource
import numpy as np
from pathlib import Path
from ood_studio.core.errors import StudioError
from ood_studio.training.rendering import worked_out_once
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
chunk = lambda start, stop: {{"pixels": np.zeros((stop - start, 100), np.uint8), "rows": np.arange(start, stop)}}
try:
    worked_out_once(Path({str(tmp_path)!r}) / "rows", 2000, chunk, title="rendering")
except StudioError as error:
    print(error)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120)
    assert done.stdout.startswith("rendering: the rows cannot be kept in"), done.stderr
    assert not list(tmp_path.iterdir())
