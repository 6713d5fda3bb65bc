"""What Diorama-CLIP learns from: scenes are varied, withheld classes stay withheld, batches say what is true."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

import pytest
import torch

from ood_studio.diorama.captions import caption, concepts
from ood_studio.diorama.objects import OBJECTS
from ood_studio.diorama.palette import COLOURS
from ood_studio.diorama.places import PLACES
from ood_studio.diorama.scene import FACTORS, Scene
from ood_studio.diorama.textures import TEXTURES
from ood_studio.diorama.world import ID_CLASSES, TRAINED_CLASSES, UNSEEN_CLASSES
from ood_studio.training.alignment import AlignmentBatches, AlignmentRecipe
from ood_studio.training.captioned_scenes import all_concepts, load_captioned, training_scene
from ood_studio.training.clip.texts import Prompts, distractor_words
from tests.training.conftest import few_words

SMALL = AlignmentRecipe(steps=2, batch=20, captions=6, others=10, distractors=4)


@pytest.fixture(scope="module")
def scenes() -> tuple[Scene, ...]:
    return tuple(training_scene(f"test/{i}") for i in range(4000))


@pytest.fixture(scope="module")
def batches() -> AlignmentBatches:
    english, tokenizer = few_words()
    return AlignmentBatches(load_captioned(120, 3, tokenizer), Prompts(tokenizer, english, 0), SMALL)


def test_what_kind_of_scene_it_is_says_nothing_else_about_it(scenes: tuple[Scene, ...]) -> None:
    empty = [s for s in scenes if s.main is None and s.surface is None]
    surfaces = [s.surface for s in scenes if s.surface is not None]
    assert {s.place for s in empty} == set(PLACES)
    assert {s.name for s in surfaces} == set(TEXTURES)
    assert {s.colour for s in surfaces} == {s.second for s in surfaces} == set(COLOURS)
    for inside in (True, False):
        shown = [s for s in scenes if s.main is not None and (s.main.name in ID_CLASSES) is inside]
        assert {factor for s in shown for factor in s.factors} == set(FACTORS)
    assert {s.main.name for s in scenes if s.main} == set(TRAINED_CLASSES)


def test_unseen_classes_stay_unseen(scenes: tuple[Scene, ...]) -> None:
    unseen = {*UNSEEN_CLASSES, *(kind for name in UNSEEN_CLASSES for kind in OBJECTS[name].kinds)}
    shown = {word for scene in scenes for word in concepts(scene)}
    said = (caption(scene, Random(i)).text for i, scene in enumerate(scenes[::4]))
    told = {word for text in said for word in re.findall(r"\w+", text)}
    assert shown <= set(all_concepts())
    assert not unseen & (shown | told | {*all_concepts(), *distractor_words()})


def test_batches_weigh_the_main_object_most(batches: AlignmentBatches) -> None:
    batch = batches.draw(0)
    texts = SMALL.captions + len(TRAINED_CLASSES) + SMALL.others + SMALL.distractors
    assert batch["tokens"].shape[0] == texts
    assert batch["pixels"].shape == (SMALL.batch, 3, 64, 64)
    assert batch["positive"].shape == (SMALL.batch, texts)
    classes = batch["positive"][:, SMALL.captions :][:, : len(TRAINED_CLASSES)]
    bare = round(SMALL.batch * SMALL.bare)
    assert not classes[:bare].any()
    assert ((classes[bare:] == SMALL.main_noun).sum(dim=1) == 1).all()
    assert not batch["positive"][:, -SMALL.distractors :].any()
    again, other = batches.draw(0), batches.draw(1)
    assert all(torch.equal(batch[name], again[name]) for name in batch)
    assert not torch.equal(batch["pixels"], other["pixels"])


def test_a_batch_has_no_more_texts_than_there_are(batches: AlignmentBatches) -> None:
    few = AlignmentBatches(batches._scenes, batches._prompts, replace(SMALL, batch=4, others=100_000))
    assert few.draw(0)["positive"].shape == (4, 4 + len(all_concepts()) + SMALL.distractors)
