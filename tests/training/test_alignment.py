"""Training data and the last training stage: what is drawn is varied, withheld classes stay withheld, weights load."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from ood_studio.diorama.captions import concepts
from ood_studio.diorama.palette import COLOURS
from ood_studio.diorama.places import PLACES
from ood_studio.diorama.scene import FACTORS, Scene
from ood_studio.diorama.textures import TEXTURES
from ood_studio.diorama.world import ID_CLASSES, TRAINED_CLASSES, UNSEEN_CLASSES
from ood_studio.training import alignment, clip
from ood_studio.training.alignment import Alignment, AlignmentBatches, align
from ood_studio.training.clip import Batches, Training, distractor_words
from ood_studio.training.data import Pictures, all_concepts, load_pictures, training_scene
from ood_studio.training.tokenizer import train_tokenizer

SMALL = Alignment(steps=2, batch=20, captions=6, others=10, distractors=4, threads=1)


@pytest.fixture(scope="module")
def scenes() -> tuple[Scene, ...]:
    return tuple(training_scene(f"test/{i}") for i in range(4000))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Pictures, AlignmentBatches]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OOD_STUDIO_CACHE", str(tmp_path_factory.mktemp("cache")))
        english = distractor_words()
        tokenizer = train_tokenizer(english)
        pictures = load_pictures(120, 3, tokenizer, workers=1)
        prompts = Batches(pictures, tokenizer, english, Training())
        yield pictures, AlignmentBatches(pictures, prompts, SMALL)


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
    assert not set(UNSEEN_CLASSES) & {word for scene in scenes for word in concepts(scene)}
    assert not set(UNSEEN_CLASSES) & {*all_concepts(), *distractor_words()}


def test_batches_weigh_the_main_object_most(drawn: tuple[Pictures, AlignmentBatches]) -> None:
    _, batches = drawn
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


@pytest.mark.parametrize("model", ["vit", "conv"])
def test_a_stage_ends_in_a_model_that_loads(
    model: str, drawn: tuple[Pictures, AlignmentBatches], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import open_clip

    monkeypatch.setattr(alignment, "load_pictures", lambda *_: drawn[0])
    threads = torch.get_num_threads()
    try:
        folder = align(
            Alignment(model, 2, batch=20, captions=6, others=10, distractors=4, threads=1, out=tmp_path)  # type: ignore[arg-type]
        )
    finally:
        torch.set_num_threads(threads)
    clip = open_clip.create_model(f"local-dir:{folder}").eval()
    with torch.inference_mode():
        vectors = clip.encode_image(torch.rand(2, 3, 64, 64))
    assert vectors.shape == (2, 128)
    assert np.isfinite(vectors.numpy()).all()


def test_the_training_command_ends_with_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[Alignment] = []
    monkeypatch.setattr(clip, "train", lambda training: tmp_path)
    monkeypatch.setattr(alignment, "align", asked.append)
    monkeypatch.setattr("sys.argv", ["clip", "--model", "conv", "--seed", "3"])
    clip.main()
    assert asked == [Alignment("conv", seed=3, start=tmp_path, out=tmp_path)]
    monkeypatch.setattr("sys.argv", ["clip", "--no-align"])
    clip.main()
    assert len(asked) == 1
