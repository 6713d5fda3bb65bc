"""Rendering: the same bytes everywhere, the same picture at every size, clear errors."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from ood_studio.core.paths import ROOT
from ood_studio.diorama.render import main_mask, render
from ood_studio.diorama.scene import STYLES, Scene
from ood_studio.diorama.splits import scenes

MIXED = (*(f"id-{style}" for style in STYLES), "far-ood-textures", "far-ood-scenes", "spurious", "factor-texture")
SAMPLE = tuple(scenes(name, 5, 1)[0] for name in MIXED)

_DRAW_ELSEWHERE = f"""
import hashlib
from ood_studio.diorama.render import render
from ood_studio.diorama.splits import scenes
digest = hashlib.sha256()
for name in {MIXED[::-1]}:
    scene = scenes(name, 5, 1)[0]
    digest.update(scene.to_json().encode() + render(scene).tobytes())
print(digest.hexdigest())
"""


def test_another_process_draws_the_same_bytes() -> None:
    digest = hashlib.sha256()
    for scene in reversed(SAMPLE):
        digest.update(scene.to_json().encode() + render(scene).tobytes())
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    command = [sys.executable, "-c", _DRAW_ELSEWHERE]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment)
    assert run.stdout.strip() == digest.hexdigest()


def test_drawing_again_gives_the_same_bytes() -> None:
    first = [render(scene).tobytes() for scene in SAMPLE]
    for scene in scenes("near-ood", 1, 20):
        render(scene)
    assert [render(scene).tobytes() for scene in SAMPLE] == first


@pytest.mark.parametrize(
    ("split", "most"),
    [  # mean absolute difference of bytes; painted strokes are a few pixels wide at any size
        ("id-flat", 6),
        ("id-sketch", 10),
        ("id-painted", 14),
        ("id-silhouette", 4),
        ("id-pixel", 8),
        ("id-night", 4),
        ("far-ood-textures", 4),
    ],
)
def test_a_scene_is_the_same_picture_at_every_size(split: str, most: float) -> None:
    small, large = [], []
    for scene in scenes(split, 3, 3):
        small.append(np.asarray(render(scene, 64), np.float64))
        large.append(np.asarray(render(scene, 256).resize((64, 64), Image.Resampling.BOX), np.float64))
    other = [*small[1:], small[0]]
    differences = np.abs(np.array(small) - np.array(large)).mean(axis=(1, 2, 3))
    assert differences.max() < most
    assert differences.max() < np.abs(np.array(small) - np.array(other)).mean(axis=(1, 2, 3)).min() / 2


def test_styles_differ() -> None:
    scene = scenes("id-flat", 9, 1)[0]
    pictures = {render(replace(scene, style=style)).tobytes() for style in STYLES}
    assert len(pictures) == len(STYLES)


def test_mask_is_where_the_object_is() -> None:
    scene = scenes("id-flat", 11, 1)[0]
    assert scene.main is not None
    alone = replace(scene, others=(), blocker=None)
    with_it = np.asarray(render(alone), np.int64)
    without = np.asarray(render(replace(alone, main=None)), np.int64)
    changed = np.abs(with_it - without).max(axis=2) > 24
    mask = main_mask(scene)
    assert mask.any()
    assert changed[mask].mean() > 0.75
    assert changed[~mask].mean() < 0.15  # its shadow
    assert not main_mask(replace(scene, main=None)).any()


@pytest.mark.parametrize("size", [8, 15, 2049, 4096])
def test_refuses_absurd_sizes(size: int) -> None:
    with pytest.raises(ValueError, match=f"16 to 2048 pixels wide, not {size}"):
        render(SAMPLE[0], size)


def test_refuses_what_diorama_does_not_have() -> None:
    scene = scenes("id-flat", 0, 1)[0]
    assert scene.main is not None
    strange: list[Scene] = [
        replace(scene, place="moon"),
        replace(scene, main=replace(scene.main, name="moon")),
        replace(scene, main=replace(scene.main, kind="moon")),
        replace(scene, main=replace(scene.main, colour="moon")),
        replace(scene, main=replace(scene.main, pattern="moon")),
        replace(scene, main=replace(scene.main, texture="moon")),
        replace(scene, style="moon"),
    ]
    for one in strange:
        with pytest.raises(ValueError, match="moon"):
            render(one)
